"""The project's own app (templates, components) and the admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"


class PortalAdminConfig(AdminConfig):
    default_site = "portal.departments.admin_site.PortalAdminSite"
