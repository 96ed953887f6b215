from django.urls import path

from leaving.views import activation, certificates, clearance, graduates, handin, items, sheet, supervision

app_name = "leaving"
urlpatterns = [
    path("sheet/", sheet.own, name="sheet-own"),
    path("sheet/<uuid:uid>/", sheet.detail, name="sheet-detail"),
    path("sheet/<uuid:uid>/certificate/", sheet.certificate, name="certificate-detail"),
    path("sheet/<uuid:uid>/certificate.pdf", sheet.certificate_file, name="certificate-file"),
    path("sheet/<uuid:uid>/supervisor/", supervision.reassign, name="supervisor-reassign"),
    path("sheet/<uuid:uid>/items/<int:number>/", handin.own_item, name="sheet-item"),
    path("sheet/<uuid:uid>/items/<int:number>/form/", handin.fill_in, name="sheet-item-form"),
    path("sheet/<uuid:uid>/items/<int:number>/form/hand-in/", handin.hand_in, name="sheet-item-hand-in"),
    path("sheet/<uuid:uid>/items/<int:number>/look-again/", handin.look_again, name="sheet-item-look-again"),
    path("sheet/<uuid:uid>/items/<int:number>/evidence/", handin.add_evidence, name="evidence-add"),
    path("evidence/<uuid:uid>/", handin.evidence_file, name="evidence-file"),
    path("evidence/<uuid:uid>/withdraw/", handin.withdraw_evidence, name="evidence-withdraw"),
    path("clearance/items/<uuid:uid>/<int:number>/", items.detail, name="clearance-item"),
    path("clearance/items/<uuid:uid>/<int:number>/decide/", items.decide_item, name="clearance-item-decide"),
    path("clearance/", clearance.queue, name="clearance-queue"),
    path("clearance/decide/", clearance.decide_queue, name="clearance-decide"),
    path("clearance/students/", clearance.students, name="clearance-students"),
    path("clearance/students/decide/", clearance.decide_students, name="clearance-students-decide"),
    path("clearance/reviews/", clearance.reviews, name="clearance-reviews"),
    path("clearance/reviews/decide/", clearance.decide_reviews, name="clearance-reviews-decide"),
    path("clearance/reviews/supervisor/", supervision.reassign_ticked, name="supervisor-reassign-ticked"),
    path("clearance/decisions/<uuid:uid>/undo/", clearance.undo, name="clearance-undo"),
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
