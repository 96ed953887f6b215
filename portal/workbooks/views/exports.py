"""Exports: what was taken out, asking for one, its progress, its file (A4, P5)."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.errors import Refused, refusal_told
from portal.keyset import keyset_page
from portal.workbooks import exports, selectors
from portal.workbooks.choices import ExportState
from portal.workbooks.forms import ExportForm
from portal.workbooks.models import ExportJob
from portal.workbooks.services.exports import cancel_export, download, request_export
from portal.workbooks.services.reasons import reason
from portal.workbooks.services.sheets import MEDIA_TYPES
from portal.workbooks.views.pages import attachment, shown_parameters, titled

PAGE = 50


@access(selectors.may_see_exports)
@require_GET
def export_list(request: HttpRequest) -> HttpResponse:
    """Who took out what, and what for."""
    user = user_of(request)
    rows = selectors.exports_visible_to(user).select_related("actor")
    page = keyset_page(rows, key=["-id"], parameters=request.GET.dict(), size=PAGE)
    context = {
        "page": page,
        "rows": [titled(job, exports.kinds()) for job in page.rows],
        "may_export": bool(selectors.exports_for(user)),
    }
    return render(request, "workbooks/export_list.html", context)


@access(selectors.may_export)
@require_GET
def export_choose(request: HttpRequest) -> HttpResponse:
    """The kinds of export that this person may take out."""
    return render(request, "workbooks/export_choose.html", {"kinds": selectors.exports_for(user_of(request))})


@access(selectors.may_export)
@require_http_methods(["GET", "HEAD", "POST"])
def export_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for an export: columns, format, purpose."""
    user = user_of(request)
    export = exports.kinds().get(kind)
    if export is None or not export.may_export(user):
        raise Http404
    form = ExportForm(request.POST or None, kind=export, user=user, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            job = request_export(
                kind=kind,
                actor=user,
                purpose=form.cleaned_data["purpose"],
                columns=form.cleaned_data.get("columns", []),
                file_format=form.cleaned_data["file_format"],
                parameters=form.parameters(),
            )
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            return redirect("workbooks:export-detail", job.uid)
    return render(request, "workbooks/export_new.html", {"form": form, "kind": export})


@access(selectors.may_see_exports)
@never_cache
@require_GET
def export_detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One export: how far it is, and its file while that is kept."""
    return render(request, "workbooks/export_detail.html", _context(request, uid))


@access(selectors.may_see_exports)
@never_cache
@require_GET
def export_progress(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The moving part of the page."""
    return render(request, "workbooks/_export.html", _context(request, uid))


@access(selectors.may_see_exports)
@require_POST
def export_download(request: HttpRequest, uid: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """The file. A POST, because it is recorded: no link checker or prefetch takes data out."""
    user = user_of(request)
    job = _own_job(user, uid)
    try:
        content = download(job=job, actor=user)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return _to(job)
    name = f"{titled(job, exports.kinds()).title} {timezone.localtime(job.created_at):%Y-%m-%d}.{job.file_format}"  # type: ignore[attr-defined]
    return StreamingHttpResponse(
        content,
        content_type=MEDIA_TYPES[job.file_format],
        headers={"Content-Disposition": attachment(name), "Content-Length": str(job.file_size)},
    )


@access(selectors.may_see_exports)
@require_POST
def export_cancel(request: HttpRequest, uid: uuid.UUID) -> HttpResponseRedirect:
    """Stop it."""
    user = user_of(request)
    job = _own_job(user, uid)
    with refusal_told(request):
        if not cancel_export(job=job, actor=user):
            messages.info(request, _("The export is being stopped."))
    return _to(job)


def _context(request: HttpRequest, uid: uuid.UUID) -> dict[str, object]:
    user = user_of(request)
    job = titled(_job(user, uid), exports.kinds())
    kind = exports.kinds().get(job.kind)
    language = get_language() or "zh-hans"
    headers = {column.key: column.header(language) for column in kind.columns} if kind else {}
    return {
        "job": job,
        "own": job.actor_id == user.pk,
        "progress": selectors.progress_of(job),
        "parameters": shown_parameters(job),
        "columns": [headers.get(key, key) for key in job.columns],
        "reason": reason(job),
        "running": job.state == ExportState.REQUESTED,
    }


def _job(user: User, uid: uuid.UUID) -> ExportJob:
    return get_object_or_404(selectors.exports_visible_to(user).select_related("actor"), uid=uid)


def _own_job(user: User, uid: uuid.UUID) -> ExportJob:
    job = _job(user, uid)
    if job.actor_id != user.pk:
        raise PermissionDenied
    return job


def _to(job: ExportJob) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("workbooks:export-detail", args=[job.uid]))
