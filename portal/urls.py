from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from portal.accounts.access import access, public
from portal.views import health, start

urlpatterns = [
    path("", start, name="start"),
    path("", include("leaving.urls")),
    path("", include("alumni.urls")),
    path("", include("liaisons.urls")),
    path("imports/", include("portal.workbooks.urls")),
    path("accounts/", include("portal.accounts.urls")),
    path("language/", access(public)(set_language), name="set_language"),
    path("healthz", health, name="healthz"),
    path("admin/", admin.site.urls),
]
