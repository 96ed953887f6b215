"""Signing in and out, activating an account, choosing a password and a language (P3)."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from portal.accounts import services
from portal.accounts.access import access, public, signed_in
from portal.accounts.forms import ActivationForm, SetPasswordForm, SignInForm
from portal.errors import Refused

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(auth_views.LoginView):
    """The page where everybody signs in; django-axes limits the tries."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        return self.get_redirect_url() or str(super().get_success_url())

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, form.get_user().language, max_age=365 * 86400, samesite="Lax"
            )
        return response


login = access(public)(SignIn.as_view())
logout = access(public)(auth_views.LogoutView.as_view())


@access(public)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Number and code, once; then the password is set."""
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.redeem_code(
                username=form.cleaned_data["username"], code=form.cleaned_data["code"]
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            sign_in(request, user, backend=MODEL_BACKEND)
            return redirect("accounts:set-password")
    return render(request, "accounts/activate.html", {"form": form})


@access(signed_in)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """The first password after activation, and every later one."""
    assert request.user.is_authenticated
    form = SetPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.set_password(user=request.user, password=form.cleaned_data["password"])
        update_session_auth_hash(request, request.user)
        messages.success(request, _("Your password is set."))
        return redirect("start")
    return render(request, "accounts/set_password.html", {"form": form})


@access(public)
@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switches the language of the pages, and of what is written to this person."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        services.change_language(user=request.user, language=chosen)
    return set_language(request)
