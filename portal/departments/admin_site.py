"""The admin site: the portal's sign-in, and an entry rule on each of its views."""

from collections.abc import Iterable
from functools import partial, wraps
from types import MethodType
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.access import access, admin_staff, public


class PortalAdminSite(admin.AdminSite):
    site_header = _("Administration")
    site_title = _("Leaving portal")
    index_title = _("Set up and look after the portal")

    @property
    def urls(self) -> Any:
        patterns, app_name, name = super().urls
        _declare(patterns)
        return patterns, app_name, name

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for all, with one set of limits."""
        target = request.GET.get("next", reverse("admin:index"))
        return redirect(f"{reverse('accounts:login')}?next={target}")


def _declare(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Gives every view of the admin its entry rule; the admin asks for `is_staff` again by itself."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _declare(pattern.url_patterns)
        else:
            view = pattern.callback
            pattern.callback = access(public if pattern.name == "login" else admin_staff)(
                wraps(view)(partial(view)) if isinstance(view, MethodType) else view
            )
