"""Imports: what was handed in, handing in, one import with its progress and faults, yes and no to it (G3)."""

import uuid
from collections.abc import Sequence
from io import BytesIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal import files
from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.errors import Refused, refusal_told
from portal.keyset import keyset_page
from portal.workbooks import runs, selectors
from portal.workbooks.choices import BatchState
from portal.workbooks.forms import ImportForm
from portal.workbooks.models import ImportBatch
from portal.workbooks.services import faults, imports
from portal.workbooks.services.reasons import reason
from portal.workbooks.services.sheets import MEDIA_TYPES
from portal.workbooks.views.pages import attachment, shown_parameters, titled
from portal.workbooks.writing.template import write_template

PAGE = 50


@access(selectors.may_see_imports)
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """Who handed in what, when, and what became of it."""
    user = user_of(request)
    rows = selectors.batches_visible_to(user).select_related("actor")
    page = keyset_page(rows, key=["-id"], parameters=request.GET.dict(), size=PAGE)
    context = {
        "page": page,
        "rows": [titled(batch, runs.kinds()) for batch in page.rows],
        "may_hand_in": bool(selectors.kinds_for(user)),
    }
    return render(request, "workbooks/import_list.html", context)


@access(selectors.may_hand_in)
@require_GET
def import_choose(request: HttpRequest) -> HttpResponse:
    """The kinds of workbook that this person may hand in, with their templates."""
    return render(request, "workbooks/import_choose.html", {"kinds": selectors.kinds_for(user_of(request))})


@access(selectors.may_hand_in)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Hand in a workbook of one kind."""
    user = user_of(request)
    workbook = _kind_for(user, kind)
    form = ImportForm(request.POST or None, request.FILES or None, workbook=workbook, user=user)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch = imports.receive_workbook(
                kind=kind, file=upload.file, file_name=upload.name, actor=user, parameters=form.parameters()
            )
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            return redirect("workbooks:import-detail", batch.uid)
    return render(
        request,
        "workbooks/import_new.html",
        {"form": form, "workbook": workbook, "columns": _columns(workbook)},
    )


@access(selectors.may_hand_in)
@require_GET
def import_template(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """The empty workbook of a kind, in Chinese or English (G4)."""
    user = user_of(request)
    workbook = _kind_for(user, kind)
    if language not in ("zh-hans", "en"):
        raise Http404
    out = BytesIO()
    with override(language):
        title = str(workbook.title)
        write_template(out, workbook.template_columns(user), language=language, title=title)
    return HttpResponse(
        out.getvalue(),
        content_type=MEDIA_TYPES["xlsx"],
        headers={"Content-Disposition": attachment(f"{title}.xlsx")},
    )


@access(selectors.may_see_imports)
@never_cache
@require_GET
def import_detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One import: how far it is, what it would do or did, what is to be mended."""
    return render(request, "workbooks/import_detail.html", _context(request, uid))


@access(selectors.may_see_imports)
@never_cache
@require_GET
def import_progress(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The moving part of the page."""
    return render(request, "workbooks/_import.html", _context(request, uid))


@access(selectors.may_see_imports)
@require_GET
def import_faults(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Every single fault, in the order of the sheet; `?code=` and `?column=` keep one kind of them."""
    user = user_of(request)
    batch = _batch(user, uid)
    found = faults.stored(batch)
    if code := request.GET.get("code"):
        found = found.filter(code=code, column=request.GET.get("column", ""))
    page = keyset_page(found, key=["row", "id"], parameters=request.GET.dict(), size=100)
    told = list(faults.told(batch, runs.kind_named(batch.kind), page.rows))
    context = {
        "batch": titled(batch, runs.kinds()),
        "page": page,
        "faults": told,
        "own": batch.actor_id == user.pk,
        "code": code,
    }
    return render(request, "workbooks/import_faults.html", context)


@access(selectors.may_see_imports)
@require_GET
def import_errors(request: HttpRequest, uid: uuid.UUID) -> StreamingHttpResponse:
    """The rows as they were handed in, with what to mend: for the person who handed them in."""
    batch = _own_batch(user_of(request), uid)
    if batch.errors_uid is None:
        raise Http404
    to_mend = _("to mend")
    name = f"{batch.file_name.removesuffix('.xlsx')} {to_mend}.xlsx"
    return StreamingHttpResponse(
        files.chunks(batch.errors_uid),
        content_type=MEDIA_TYPES["xlsx"],
        headers={"Content-Disposition": attachment(name)},
    )


@access(selectors.may_see_imports)
@require_POST
def import_confirm(request: HttpRequest, uid: uuid.UUID) -> HttpResponseRedirect:
    """Yes: apply what was shown."""
    user = user_of(request)
    batch = _own_batch(user, uid)
    with refusal_told(request):
        imports.confirm_batch(batch=batch, actor=user)
    return _to(batch)


@access(selectors.may_see_imports)
@require_POST
def import_cancel(request: HttpRequest, uid: uuid.UUID) -> HttpResponseRedirect:
    """No: stop it."""
    user = user_of(request)
    batch = _own_batch(user, uid)
    with refusal_told(request):
        if not imports.cancel_batch(batch=batch, actor=user):
            messages.info(request, _("The import is being stopped."))
    return _to(batch)


@access(selectors.may_see_imports)
@require_POST
def import_retry(request: HttpRequest, uid: uuid.UUID) -> HttpResponseRedirect:
    """Try a failed import again."""
    user = user_of(request)
    batch = _own_batch(user, uid)
    with refusal_told(request):
        imports.retry_batch(batch=batch, actor=user)
    return _to(batch)


def _context(request: HttpRequest, uid: uuid.UUID) -> dict[str, object]:
    user = user_of(request)
    batch = titled(_batch(user, uid), runs.kinds())
    own = batch.actor_id == user.pk
    progress = selectors.progress_of(batch)
    refused_rows = batch.state == BatchState.REFUSED and batch.faults
    twins = ImportBatch.objects.filter(
        file_digest=batch.file_digest, kind=batch.kind, state=BatchState.APPLIED
    )
    return {
        "batch": batch,
        "own": own,
        "progress": progress,
        "step": _step(batch),
        "parameters": shown_parameters(batch),
        "reason": reason(batch),
        "differences": _differences(batch),
        "folded": faults.folded(batch, runs.kind_named(batch.kind)) if refused_rows else [],
        "applied_before": twins.exclude(pk=batch.pk).first() if batch.state == BatchState.CHECKED else None,
        "links": runs.kind_named(batch.kind).links(batch, user) if batch.state == BatchState.APPLIED else [],
        "may_retry": own and batch.state == BatchState.FAILED and batch.file_uid is not None,
    }


def _differences(batch: ImportBatch) -> Sequence[runs.Difference]:
    """What would change or changed, row by row, where the kind tells it."""
    workbook = runs.kinds().get(batch.kind)
    return workbook.told_difference(batch.difference) if workbook and batch.difference else ()


def _step(batch: ImportBatch) -> int:
    """How many of the four steps (received, checked, confirmed, applied) are done."""
    done = {BatchState.CHECKED: 2, BatchState.CONFIRMED: 3, BatchState.APPLIED: 4}
    return done.get(BatchState(batch.state), 1)


def _columns(workbook: runs.Workbook) -> list[dict[str, object]]:
    return [
        {
            "zh": column.header_zh,
            "en": column.header_en,
            "required": column.required,
            "example": column.example_zh,
            "help": column.help,
            "choices": "、".join(choice.zh for choice in column.choices),
        }
        for column in workbook.columns
    ]


def _kind_for(user: User, kind: str) -> runs.Workbook:
    workbook = runs.kinds().get(kind)
    if workbook is None or not workbook.may_hand_in(user):
        raise Http404
    return workbook


def _batch(user: User, uid: uuid.UUID) -> ImportBatch:
    return get_object_or_404(selectors.batches_visible_to(user).select_related("actor"), uid=uid)


def _own_batch(user: User, uid: uuid.UUID) -> ImportBatch:
    """Outside of what one sees it does not exist; who sees another person's import may still not touch it."""
    batch = _batch(user, uid)
    if batch.actor_id != user.pk:
        raise PermissionDenied
    return batch


def _to(batch: ImportBatch) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("workbooks:import-detail", args=[batch.uid]))
