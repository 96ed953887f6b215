"""Codes for a class, the reset of one account, and the published first sign-in (P3, P7)."""

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth import login as sign_in
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leaving.models import Graduate
from leaving.selectors.activation import accounts_keeper, classes_to_activate_by, graduates_to_activate_by
from leaving.services import activation as services
from portal.accounts.access import access, public
from portal.errors import Refused


class FirstSignInForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("Student number"), max_length=64)
    last_six = forms.CharField(
        label=gettext_lazy("Last six characters of the identity number"),
        min_length=6,
        max_length=6,
        help_text=gettext_lazy("An X at the end may be typed as x."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    second_fact = forms.CharField(
        label=gettext_lazy("Examination number"),
        max_length=32,
        help_text=gettext_lazy(
            "The number of the entrance examination; if there is none, the mobile number on file."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@access(accounts_keeper)
@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """The classes whose accounts one looks after, and how many still wait for their activation."""
    assert request.user.is_authenticated
    return render(
        request, "leaving/activation_classes.html", {"classes": classes_to_activate_by(request.user)}
    )


@access(accounts_keeper)
@never_cache
@require_POST
def codes(request: HttpRequest, uid: str) -> HttpResponse:
    """New codes for all of a class who have no password yet, on a page to print and cut."""
    assert request.user.is_authenticated
    school_class = classes_to_activate_by(request.user).filter(uid=uid).first()
    if school_class is None:
        raise Http404
    rows = services.hand_out_codes(
        graduates=Graduate.objects.filter(school_class=school_class), actor=request.user
    )
    return render(request, "leaving/activation_codes.html", {"school_class": school_class, "rows": rows})


@access(accounts_keeper)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, uid: str) -> HttpResponse:
    """A new code for one graduate, with the reason."""
    assert request.user.is_authenticated
    graduate = get_object_or_404(graduates_to_activate_by(request.user), uid=uid)
    code = error = None
    if request.method == "POST":
        try:
            code = services.reset_account(
                graduate=graduate, actor=request.user, reason=request.POST.get("reason", "")
            )
        except Refused as refused:
            error = str(refused)
    return render(
        request,
        "leaving/activation_reset.html",
        {"graduate": graduate, "code": code, "error": error},
        status=400 if error else 200,
    )


@access(public)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_sign_in(request: HttpRequest) -> HttpResponse:
    """The published way in; 404 outside its window."""
    if not services.first_sign_in_is_open():
        raise Http404
    form = FirstSignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = authenticate(request, **form.cleaned_data)
        if user is not None:
            sign_in(request, user, backend="django.contrib.auth.backends.ModelBackend")
            messages.success(request, _("Welcome. Now choose a password of your own."))
            return redirect("accounts:set-password")
        form.add_error(
            None,
            _(
                "These do not fit, or the account was activated before. Your counsellor can give you a new activation code."
            ),
        )
    return render(request, "leaving/activation_first.html", {"form": form})
