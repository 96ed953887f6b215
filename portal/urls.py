from django.contrib import admin
from django.urls import include, path

from portal.accounts.views import language
from portal.views import health, manual, manual_pdf, start

urlpatterns = [
    path("", start, name="start"),
    path("", include("leaving.urls")),
    path("", include("alumni.urls")),
    path("", include("liaisons.urls")),
    path("imports/", include("portal.workbooks.urls")),
    path("messages/", include("portal.notify.urls")),
    path("accounts/", include("portal.accounts.urls")),
    path("language/", language, name="set_language"),
    path("manuals/<slug:who>/", manual, name="manual"),
    path("manuals/<slug:who>.<slug:language>.pdf", manual_pdf, name="manual-pdf"),
    path("healthz", health, name="healthz"),
    path("admin/", admin.site.urls),
]
