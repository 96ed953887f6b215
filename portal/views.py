"""The start page, the manuals and the health check."""

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import manuals
from portal.accounts.access import access, public


@access(public)
def start(request: HttpRequest) -> HttpResponse:
    """What the portal is, or, signed in, what this person can do now."""
    return render(request, "portal/start.html")


@access(public)
@require_safe
def manual(request: HttpRequest, who: str) -> HttpResponse:
    """A manual in the reader's language (C11). Open to all: who cannot sign in needs it most."""
    found = _manual(who)
    return render(request, "portal/manual.html", {"manual": found, "others": manuals.shelf()})


@access(public)
@require_safe
def manual_pdf(request: HttpRequest, who: str, language: str) -> HttpResponse:
    """The same as PDF, in a language that the address names."""
    found = _manual(who, language)
    tag = f'"{found.digest()}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600"}
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{who}-{language}.pdf"'
    return HttpResponse(found.pdf(), content_type="application/pdf", headers=headers)


def _manual(who: str, language: str = "") -> manuals.Manual:
    try:
        return manuals.manual(who, language)
    except KeyError:
        raise Http404 from None


@access(public)
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; for load balancers and supervisors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
