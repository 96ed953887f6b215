from django.urls import path

from portal.workbooks.views import exports, imports

app_name = "workbooks"
urlpatterns = [
    path("", imports.import_list, name="import-list"),
    path("new/", imports.import_choose, name="import-choose"),
    path("new/<slug:kind>/", imports.import_new, name="import-new"),
    path("templates/<slug:kind>/<slug:language>/", imports.import_template, name="import-template"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/new/", exports.export_choose, name="export-choose"),
    path("exports/new/<slug:kind>/", exports.export_new, name="export-new"),
    path("exports/<uuid:uid>/", exports.export_detail, name="export-detail"),
    path("exports/<uuid:uid>/progress/", exports.export_progress, name="export-progress"),
    path("exports/<uuid:uid>/download/", exports.export_download, name="export-download"),
    path("exports/<uuid:uid>/cancel/", exports.export_cancel, name="export-cancel"),
    path("<uuid:uid>/", imports.import_detail, name="import-detail"),
    path("<uuid:uid>/progress/", imports.import_progress, name="import-progress"),
    path("<uuid:uid>/faults/", imports.import_faults, name="import-faults"),
    path("<uuid:uid>/errors.xlsx", imports.import_errors, name="import-errors"),
    path("<uuid:uid>/confirm/", imports.import_confirm, name="import-confirm"),
    path("<uuid:uid>/cancel/", imports.import_cancel, name="import-cancel"),
    path("<uuid:uid>/retry/", imports.import_retry, name="import-retry"),
]
