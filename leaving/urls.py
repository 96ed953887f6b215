from django.urls import path

from leaving.views import activation, api, certificates, clearance, graduates, sheet, supervision

app_name = "leaving"
urlpatterns = [
    path("sheet/", sheet.own, name="sheet-own"),
    path("sheet/<uuid:uid>/", sheet.detail, name="sheet-detail"),
    path("sheet/<uuid:uid>/certificate/", sheet.certificate, name="certificate-detail"),
    path("sheet/<uuid:uid>/certificate.pdf", sheet.certificate_file, name="certificate-file"),
    path("sheet/<uuid:uid>/supervisor/", supervision.reassign, name="supervisor-reassign"),
    path("clearance/", clearance.queue, name="clearance-queue"),
    path("clearance/decide/", clearance.decide_queue, name="clearance-decide"),
    path("clearance/students/", clearance.students, name="clearance-students"),
    path("clearance/students/decide/", clearance.decide_students, name="clearance-students-decide"),
    path("clearance/reviews/", clearance.reviews, name="clearance-reviews"),
    path("clearance/reviews/decide/", clearance.decide_reviews, name="clearance-reviews-decide"),
    path("clearance/reviews/supervisor/", supervision.reassign_ticked, name="supervisor-reassign-ticked"),
    path("clearance/decisions/<uuid:uid>/undo/", clearance.undo, name="clearance-undo"),
    path("api/v1/", api.index, name="api-index"),
    path("api/v1/openapi.json", api.openapi, name="api-document"),
    path("api/v1/obligations/", api.obligations, name="api-obligations"),
    path("api/v1/obligations/deliveries/<uuid:uid>/", api.delivery, name="api-delivery"),
    path("certificates/", certificates.check, name="certificate-check"),
    path("certificates/<slug:code>/", certificates.confirm, name="certificate-confirm"),
    path("graduates/", graduates.listing, name="graduate-list"),
    path("graduates/completeness/", graduates.complete, name="graduate-completeness"),
    path("graduates/<uuid:uid>/", graduates.detail, name="graduate-detail"),
    path("graduates/<uuid:uid>/reveal/", graduates.reveal, name="graduate-reveal"),
    path("activation/", activation.classes, name="activation-classes"),
    path("activation/first/", activation.first_sign_in, name="activation-first"),
    path("activation/classes/<uuid:uid>/", activation.codes, name="activation-codes"),
    path("activation/graduates/<uuid:uid>/", activation.reset, name="activation-reset"),
]
