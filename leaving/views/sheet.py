"""The clearance sheet: one's own, and a graduate's for those who may see the graduate."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from leaving.documents import certificate_data, certificate_pdf, public_link
from leaving.models import Certificate, Graduate
from leaving.selectors.questionnaires import due_from
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.roster import deferrals_of
from leaving.selectors.sheets import SheetView, has_graduate_record, other_records, own_graduate, sheet_of
from leaving.selectors.supervision import postgraduates_of_secretary, stands_in
from portal.accounts.access import access, signed_in
from portal.audit.services import record
from portal.documents.typst import qr_data_uri


@access(has_graduate_record)
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """The graduate's own sheet (C2); while a questionnaire is due, that stands in its place (C1)."""
    graduate = own_graduate(request.user)
    if graduate is None:
        raise Http404
    return _sheet(request, graduate, own=True)


@access(signed_in)
@require_GET
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The sheet of a graduate within reach; opening somebody else's is recorded (P5)."""
    graduate = _visible(request, uid)
    own = graduate.user_id == request.user.pk
    if not own:
        assert request.user.is_authenticated
        record("sheet.viewed", actor=request.user, target=graduate)
    return _sheet(request, graduate, own=own)


@access(signed_in)
@require_GET
def certificate(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The certificate of leaving to read in the page: browsers inside WeChat block downloads (C9)."""
    graduate = _visible(request, uid)
    found = _certificate_of(graduate)
    _record_use(request, graduate)
    context = {
        "graduate": graduate,
        "certificate": certificate_data(found),
        "qr": qr_data_uri(public_link(found)),
    }
    return render(request, "leaving/certificate_detail.html", context)


@access(signed_in)
@require_GET
def certificate_file(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The certificate of leaving as PDF."""
    graduate = _visible(request, uid)
    found = _certificate_of(graduate)
    _record_use(request, graduate)
    response = HttpResponse(certificate_pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def _record_use(request: HttpRequest, graduate: Graduate) -> None:
    """That somebody else looks at a certificate (P5)."""
    if graduate.user_id != request.user.pk:
        assert request.user.is_authenticated
        record("certificate.viewed", actor=request.user, target=graduate)


def _visible(request: HttpRequest, uid: uuid.UUID) -> Graduate:
    return get_object_or_404(graduates_visible_to(request.user).select_related("cohort"), uid=uid)


def _certificate_of(graduate: Graduate) -> Certificate:
    view: SheetView | None = sheet_of(graduate)
    if view is None or view.certificate is None:
        raise Http404
    return view.certificate


def _sheet(request: HttpRequest, graduate: Graduate, *, own: bool) -> HttpResponse:
    deputy = (
        stands_in.allows(request.user)
        and postgraduates_of_secretary(request.user).filter(pk=graduate.pk).exists()
    )
    due = due_from(graduate)
    context = {
        "graduate": graduate,
        "view": None if own and due else sheet_of(graduate, named=not own),
        "own": own,
        "deputy": deputy,
        "questionnaire": due,
        "deferrals": deferrals_of(graduate),
        "others": other_records(graduate) if own else [],
    }
    return render(request, "leaving/sheet_detail.html", context)
