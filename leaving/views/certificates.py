"""Checking a certificate of leaving: open to everyone, and showing no more than it must (C9)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leaving.forms.clearance import CodeForm
from leaving.selectors.certificates import normalised_code, public_certificate
from portal.accounts.access import access, public


@access(public)
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """A form for a code that somebody has on paper."""
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_bound and form.is_valid():
        code = form.cleaned_data["code"]
        if public_certificate(code):
            return redirect("leaving:certificate-confirm", code=code)
        form.add_error(
            "code",
            _("This university has issued no certificate with this code. Compare each sign with the paper."),
        )
    return render(request, "leaving/certificate_check.html", {"form": form})


@access(public)
@require_GET
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Says that a certificate stands, or that it was revoked."""
    certificate = public_certificate(normalised_code(code))
    if certificate is None:
        raise Http404
    response = render(request, "leaving/certificate_confirm.html", {"certificate": certificate})
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response
