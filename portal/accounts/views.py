"""Signing in and out, activating an account, choosing a password and a language (P3)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from portal.accounts import cas, services
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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the way to the campus' single sign-on, where there is one."""
        way = ""
        if settings.CAS_URL:
            target = self.get_redirect_url()
            way = reverse("accounts:cas") + (f"?{urlencode({'next': target})}" if target else "")
        return super().get_context_data(single_sign_on=way, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if settings.LANGUAGE_COOKIE_NAME not in self.request.COOKIES:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, form.get_user().language, max_age=365 * 86400, samesite="Lax"
            )
        return response


class SignOut(auth_views.LogoutView):
    """Who came by the single sign-on signs out there, too; else the next click would sign them in again."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        came_by_it = settings.CAS_URL and request.session.get(cas.SESSION_MARK)
        response = super().post(request, *args, **kwargs)
        if came_by_it:
            return redirect(cas.logout_url(request.build_absolute_uri(reverse("start"))))
        return response


login = access(public)(SignIn.as_view())
logout = access(public)(SignOut.as_view())


@access(public)
@csrf_exempt  # the sign-on server posts that a ticket has ended; only it knows the ticket
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def single_sign_on(request: HttpRequest) -> HttpResponse:
    """To the campus' sign-on and back with a ticket; a number nobody knows gets a page that says what to do (P3)."""
    if not settings.CAS_URL:
        raise Http404
    if request.method == "POST":
        cas.end_session_of(request.POST.get("logoutRequest", ""))
        return HttpResponse(status=204)
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = ""
    query = f"?{urlencode({'next': target})}" if target else ""
    service = request.build_absolute_uri(reverse("accounts:cas") + query)
    ticket = request.GET.get("ticket", "")
    if not ticket:
        return redirect(cas.login_url(service))
    try:
        number = cas.number_of(ticket, service=service)
    except cas.Unreachable:
        return render(request, "accounts/cas_unreachable.html", status=503)
    if number is None:
        messages.error(request, _("The sign-in has expired or was used already. Please sign in again."))
        return redirect("accounts:login")
    user = cas.account_of(number)
    if user is None:
        context = {"number": number, "elsewhere": cas.logout_url(service)}
        return render(request, "accounts/cas_unknown.html", context, status=403)
    sign_in(request, user, backend=MODEL_BACKEND)
    cas.remember_ticket(ticket, request.session)
    return redirect(target or "start")


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
