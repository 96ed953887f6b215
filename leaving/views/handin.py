"""One item of one's own sheet: what to do, evidence, the form it asks for, and “please look again” (C8)."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from leaving.choices import AsksFor
from leaving.forms import papers, plans
from leaving.forms.handin import EvidenceForm, KindForm, LookAgainForm
from leaving.handin_documents import paper_pdf
from leaving.models import ClearanceItem, Evidence, Graduate
from leaving.selectors.handin import HandedIn, evidence_for, form_for, item_of, list_of
from leaving.selectors.questionnaires import due_from
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.sheets import Line, sheet_of
from leaving.services import handin
from portal.accounts.access import access, signed_in, user_of
from portal.audit.services import record
from portal.errors import Refused
from portal.files import FileMissing
from portal.uploads.checking import MEDIA_TYPES


@access(signed_in)
@require_safe
def own_item(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """An item as its graduate sees it. Who decides it goes to the clerk's page."""
    graduate, item, _list = reached(request, uid, number)
    if graduate.user_id != request.user.pk:
        return redirect("leaving:clearance-item", uid=uid, number=number)
    if due_from(graduate):  # while a questionnaire is due, it stands in the sheet's place (C1)
        return redirect("leaving:sheet-own")
    return _own_page(request, graduate, item)


@access(signed_in)
@require_POST
def add_evidence(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """Adds a file: the graduate, or a clerk who decides the item on the graduate's behalf."""
    graduate, item, _list = reached(request, uid, number)
    if graduate.user_id == request.user.pk and due_from(graduate):
        raise Http404
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        for error in form.errors.get("file", []):
            messages.error(request, str(error))
        return redirect(page_of(request, graduate), uid=uid, number=number)
    upload = _upload(form.cleaned_data["file"])
    assert upload is not None
    _carried_out(
        request,
        lambda: handin.add_evidence(item=item, upload=upload, actor=user_of(request)),
        _("The file is added."),
    )
    return redirect(page_of(request, graduate), uid=uid, number=number)


@access(signed_in)
@require_GET
def evidence_file(request: HttpRequest, uid: uuid.UUID) -> HttpResponse | FileResponse:
    """The content, to the graduate and to who decides the item. Pictures and PDF only, and nothing a browser could run."""
    evidence = _evidence(request, uid)
    try:
        content = handin.open_evidence(evidence=evidence, actor=user_of(request))
    except FileMissing:
        raise Http404 from None
    return FileResponse(
        content,
        filename=evidence.name,
        content_type=MEDIA_TYPES[evidence.kind],
        headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
    )


@access(signed_in)
@require_GET
def form_file(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """A form as it was handed in, as PDF: to be printed, signed and kept in the archive. Recorded like opening evidence (P5)."""
    form = form_for(request.user, uid)
    if form is None:
        _refuse_item(request, forms__uid=uid, forms__handed_in_at__isnull=False)
        raise Http404
    graduate = form.item.sheet.graduate
    if graduate.user_id != request.user.pk:
        record("form.printed", actor=user_of(request), target=form, details={"item": form.item_id})
    response = HttpResponse(paper_pdf(form), content_type="application/pdf")
    name = f"{graduate.student_no}-{form.kind}-{form.version}.pdf"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@access(signed_in)
@require_POST
def withdraw_evidence(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Takes a file back on which nothing has been decided yet."""
    evidence = _evidence(request, uid)
    graduate = evidence.item.sheet.graduate
    _carried_out(
        request,
        lambda: handin.withdraw_evidence(evidence=evidence, actor=user_of(request)),
        _("The file is withdrawn."),
    )
    return redirect(page_of(request, graduate), uid=graduate.uid, number=evidence.item.checkpoint.number)


@access(signed_in)
@require_POST
def look_again(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """Asks the clerk to look again."""
    graduate, item = _own(request, uid, number)
    form = LookAgainForm(request.POST, request.FILES)
    if form.is_valid():
        upload = _upload(form.cleaned_data["evidence"])
        text = form.cleaned_data["text"]
        try:
            handin.look_again(item=item, text=text, actor=user_of(request), upload=upload)
        except Refused as refused:
            form.add_error("evidence" if refused.code.startswith("upload_") else None, str(refused))
        else:
            messages.success(request, _("Sent. The item is back with those who decide it."))
            return redirect("leaving:sheet-item", uid=uid, number=number)
    return _own_page(request, graduate, item, look=form)


@access(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def fill_in(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """The form that the item asks for. A POST keeps it as a draft: nothing is required yet."""
    graduate, item = _own(request, uid, number)
    handed = _line(graduate, item).handed
    if not handed.may_fill_in:
        return redirect("leaving:sheet-item", uid=uid, number=number)
    kind = _kind(request, graduate, handed)
    if kind is None:
        return _choose(request, graduate, item)
    paper = _paper(request, handed, kind, draft=request.method == "POST")
    if request.method == "POST" and paper.is_valid():
        if _saved(request, item, paper, handin.save_form):
            messages.success(request, _("Saved. It is not handed in yet."))
            return redirect("leaving:sheet-item-form", uid=uid, number=number)
        handed = _line(graduate, item).handed
    return _form_page(request, handed, paper, kind)


@access(signed_in)
@require_POST
def hand_in(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """Hands the form in as a whole."""
    graduate, item = _own(request, uid, number)
    handed = _line(graduate, item).handed
    kind = _kind(request, graduate, handed)
    if not handed.may_fill_in:
        return redirect("leaving:sheet-item", uid=uid, number=number)
    if kind is None:
        return _choose(request, graduate, item)
    paper = _paper(request, handed, kind, draft=False)
    if paper.is_valid() and _saved(request, item, paper, handin.hand_in_form):
        messages.success(request, _("Handed in. You see here what becomes of it."))
        return redirect("leaving:sheet-item", uid=uid, number=number)
    return _form_page(request, _line(graduate, item).handed, paper, kind)


# --- who is at which item --------------------------------------------------------------------------------------------


def reached(request: HttpRequest, uid: uuid.UUID, number: int) -> tuple[Graduate, ClearanceItem, str]:
    """The item, to its graduate and to who decides it, with the list in which; who may see the graduate only is told so (403)."""
    graduate = get_object_or_404(Graduate.objects.select_related("cohort"), uid=uid)
    item = item_of(graduate, number)
    if item is None:
        raise Http404
    own = graduate.user_id == request.user.pk
    in_list = "" if own else list_of(request.user, item)
    if not own and not in_list:
        refuse(request, graduate)
    return graduate, item, in_list


def refuse(request: HttpRequest, graduate: Graduate) -> None:
    """403 for who may see the graduate, 404 for everybody else."""
    if graduates_visible_to(request.user).filter(pk=graduate.pk).exists():
        raise PermissionDenied
    raise Http404


def page_of(request: HttpRequest, graduate: Graduate) -> str:
    """The name of the page on which this person sees an item of this graduate."""
    own = graduate.user_id == request.user.pk
    return "leaving:sheet-item" if own else "leaving:clearance-item"


def _own(request: HttpRequest, uid: uuid.UUID, number: int) -> tuple[Graduate, ClearanceItem]:
    graduate, item, _list = reached(request, uid, number)
    if graduate.user_id != request.user.pk:
        raise PermissionDenied
    if due_from(graduate):  # there is no sheet yet (C1)
        raise Http404
    return graduate, item


def _evidence(request: HttpRequest, uid: uuid.UUID) -> Evidence:
    found = evidence_for(request.user, uid)
    if found is None:
        _refuse_item(request, evidence__uid=uid, evidence__withdrawn_at=None, evidence__expired_at=None)
        raise Http404
    return found


def _refuse_item(request: HttpRequest, **thing: object) -> None:
    """Says no to whoever may see the graduate on whose item the thing is; nothing happens where there is no such thing."""
    item = ClearanceItem.objects.select_related("sheet__graduate").filter(**thing).first()
    if item is not None:
        refuse(request, item.sheet.graduate)


def _line(graduate: Graduate, item: ClearanceItem) -> Line:
    view = sheet_of(graduate)
    assert view is not None
    return view.line(item)


# --- pages -----------------------------------------------------------------------------------------------------------


def _own_page(
    request: HttpRequest, graduate: Graduate, item: ClearanceItem, look: LookAgainForm | None = None
) -> HttpResponse:
    line = _line(graduate, item)
    context = {
        "graduate": graduate,
        "line": line,
        "handed": line.handed,
        "latest": line.handed.latest and papers.shown(line.handed.latest.form),
        "own": True,
        "evidence_form": EvidenceForm(),
        "keep_days": settings.HANDED_IN_KEEP_DAYS,
        "look_form": look or LookAgainForm(),
    }
    return render(request, "leaving/item_own.html", context, status=400 if look else 200)


def _choose(request: HttpRequest, graduate: Graduate, item: ClearanceItem) -> HttpResponse:
    line = _line(graduate, item)
    before = line.handed.forms[0].data.get("kind") if line.handed.forms else None
    chosen = request.GET.get("kind")  # without one, nothing was chosen wrongly yet
    form = KindForm({"kind": chosen} if chosen else None, graduate=graduate, initial={"kind": before})
    context = {"graduate": graduate, "line": line, "form": form}
    return render(request, "leaving/item_form_kind.html", context)


def _form_page(request: HttpRequest, handed: HandedIn, paper: papers.Paper, kind: str) -> HttpResponse:
    graduate = handed.item.sheet.graduate
    context = {
        "graduate": graduate,
        "line": _line(graduate, handed.item),
        "handed": handed,
        "paper": paper,
        "kind": kind,
        "kind_name": plans.PLANS[kind].kind.label if kind in plans.PLANS else "",
    }
    return render(request, "leaving/item_form.html", context, status=400 if request.method == "POST" else 200)


def _kind(request: HttpRequest, graduate: Graduate, handed: HandedIn) -> str | None:
    """What the plan is about: as chosen now, or as it was; None: to be chosen first. Other forms have one kind, ''."""
    if handed.item.checkpoint.asks_for != AsksFor.EMPLOYMENT:
        return ""
    asked = request.POST.get("kind", request.GET.get("kind"))
    before = handed.forms[0].data.get("kind") if handed.forms else None
    kind = before if asked is None else asked
    form = KindForm({"kind": kind or ""}, graduate=graduate)
    return kind if form.is_valid() else None


def _paper(request: HttpRequest, handed: HandedIn, kind: str, *, draft: bool) -> papers.Paper:
    """The form, filled with what was posted, or with the last version, or with what the record knows."""
    post, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    before: dict[str, Any] = handed.forms[0].data if handed.forms else {}
    if not kind:
        return papers.registration(post=post, initial=before, draft=draft)
    known = plans.PLANS[kind].from_record(handed.item.sheet.graduate)
    return papers.plan(
        kind,
        post=post,
        files=files,
        initial={**known, **before},
        draft=draft,
        takes_evidence=handed.may_add_file and handed.item.checkpoint.takes_evidence,
    )


def _saved(
    request: HttpRequest, item: ClearanceItem, paper: papers.Paper, verb: Callable[..., object]
) -> bool:
    """Keeps the file that came along, then the entries; what is refused stands at the form."""
    upload = _upload(paper.form.cleaned_data.get("evidence"))
    try:
        if upload:
            handin.add_evidence(item=item, upload=upload, actor=user_of(request))
        verb(item=item, data=paper.entries(), actor=user_of(request))
    except Refused as refused:
        at_file = "evidence" in paper.form.fields and refused.code.startswith(("upload_", "evidence_"))
        paper.form.add_error("evidence" if at_file else None, str(refused))
        return False
    return True


def _upload(file: "UploadedFile[Any] | None") -> handin.Upload | None:
    return handin.Upload(file, file.name or "") if file else None  # type: ignore[arg-type]


def _carried_out(request: HttpRequest, verb: Callable[[], object], done: str) -> None:
    try:
        verb()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
