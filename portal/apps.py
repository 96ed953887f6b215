"""The project's own app (templates, components), the admin site, and names for the admin of what others wrote."""

from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"


class PortalAdminConfig(AdminConfig):
    default_site = "portal.departments.admin_site.PortalAdminSite"


class SignInProtectionConfig(AxesConfig):  # type: ignore[misc]
    verbose_name = _("Sign-in protection")
