"""Deny by default, and nobody goes on with a password that others know."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from portal.accounts.access import Rule


class DenyByDefault:
    """Refuses every view that does not declare who may enter, and everybody whom its rule does not let in.

    Who is not signed in is sent to the sign-in page; who is, gets the 404 of a page that does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Here, not where a view is entered: the page of what does not exist asks as much.
        if request.user.is_authenticated:
            request.user.remembered = {}
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        rule: Rule | None = getattr(view, "access", None)
        if rule is None:
            raise ImproperlyConfigured(
                f"{view.__module__}.{getattr(view, '__name__', view)} does not say who may enter."
            )
        if rule.allows(request.user):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise Http404


class PasswordMustBeSet:
    """Whoever signed in with a code or a password that was handed out goes to set an own one first (P3)."""

    allowed = ("accounts:set-password", "accounts:logout", "set_language", "healthz")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        inside = match is not None and match.view_name not in self.allowed
        if inside and request.user.is_authenticated and request.user.must_set_password:
            return redirect(reverse("accounts:set-password"))
        return None
