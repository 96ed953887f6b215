"""The admin site: the portal's sign-in, and an entry rule on each of its views."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from portal.accounts.access import access, admin_staff, public


class PortalAdminSite(admin.AdminSite):
    site_header = _("Administration")
    site_title = _("Leaving portal")
    index_title = _("Set up and look after the portal")

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Callable[..., HttpResponseBase]:
        return access(admin_staff)(super().admin_view(view, cacheable))

    @property
    def urls(self) -> Any:
        patterns, app_name, name = super().urls
        for pattern in patterns:  # the few views that admin_view does not wrap
            callback = getattr(pattern, "callback", None)
            if callback is not None and not hasattr(callback, "access"):
                pattern.callback = access(public if pattern.name in {"login", "jsi18n"} else admin_staff)(callback)
        return patterns, app_name, name

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in for all, with one set of limits."""
        target = request.GET.get("next", reverse("admin:index"))
        return redirect(f"{reverse('accounts:login')}?next={target}")
