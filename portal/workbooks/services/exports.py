"""The life of an export: asked for with a purpose, prepared in the background, downloaded for a day (A4, P5)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import files
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import Refused
from portal.workbooks.choices import ExportState
from portal.workbooks.exports import ExportKind, kind_named
from portal.workbooks.models import ExportJob
from portal.workbooks.services import leases
from portal.workbooks.services.sheets import write_sheet

TASK = "portal.workbooks.tasks.process_export"


def request_export(
    *,
    kind: str,
    actor: User,
    purpose: str,
    columns: Sequence[str] = (),
    file_format: str = "xlsx",
    parameters: Mapping[str, Any] | None = None,
    foreground: bool = False,
) -> ExportJob:
    """Have an export prepared; returns the job. No columns means all of them. Audited as `exports.requested`.

    Raises Refused: unknown kind, not allowed, no purpose, unknown column or format.
    """
    export = kind_named(kind)
    if not actor.is_active or not export.may_export(actor):
        raise Refused("not_allowed", _("You may not take out these data."))
    if not purpose.strip():
        raise Refused("purpose_missing", _("Say what you need the data for. The purpose is recorded."))
    if file_format not in ("xlsx", "csv"):
        raise Refused("format_unknown", _("An export is an .xlsx or a .csv file."))
    chosen = _columns(export, columns)
    given = {name: value for name, value in (parameters or {}).items() if value not in (None, "")}
    for name in given.keys() - set(export.parameters):
        raise Refused(
            "parameter_unknown",
            _("“%(kind)s” does not take “%(name)s”.") % {"kind": export.title, "name": name},
        )
    with transaction.atomic():
        job = ExportJob.objects.create(
            kind=kind,
            actor=actor,
            purpose=purpose.strip()[:200],
            columns=chosen,
            file_format=file_format,
            parameters=given,
        )
        record(
            "exports.requested",
            actor=actor,
            target=job,
            reason=job.purpose,
            details={"kind": kind, "columns": chosen, "parameters": given},
        )
        if not foreground:
            leases.open_lease(job.uid, task=TASK)
    return job


def _columns(export: ExportKind, asked: Sequence[str]) -> list[str]:
    known = [column.key for column in export.columns]
    if not asked or export.fixed_columns:
        return known
    for key in asked:
        if key not in known:
            raise Refused("column_unknown", _("There is no column called “%(name)s”.") % {"name": key})
    return [key for key in known if key in set(asked)]


def process(job_uid: uuid.UUID) -> None:
    """What a worker does when the bell rings: prepare the file. Nothing happens when there is nothing to do."""
    taken = leases.take(job_uid)
    if taken is None:
        return
    with suppress(leases.LeaseLost):
        _work(ExportJob.objects.select_related("actor").get(uid=job_uid), taken)


def _work(job: ExportJob, taken: leases.Taken) -> None:
    if taken.cancel_requested:
        return _rest(job, taken, ExportState.CANCELLED)
    if taken.exhausted:
        return _rest(job, taken, ExportState.FAILED, error_code="attempts_exhausted")

    def failed(error: str) -> None:
        _rest(job, taken, ExportState.FAILED, error_code="internal", error_details={"error": error})

    try:
        with (
            leases.attempt(taken, failed=failed, tells=(Refused,)) as watch,
            files.nameless_file("portal-export") as out,
        ):
            rows = _write(job, out, watch)
            _ready(job, out, rows, taken)
    except leases.Cancelled:
        _rest(job, taken, ExportState.CANCELLED)
    except Refused as refused:
        details = {"message": str(refused.message)}
        _rest(job, taken, ExportState.FAILED, error_code=refused.code, error_details=details)
    return None


def write_now(job: ExportJob, out: IO[bytes]) -> int:
    """Write the file in this very process (`export_workbook`); returns the number of rows. Audited as `exports.downloaded`.

    Nothing is kept but the record: the job is ready and expired at once. Raises Refused.
    """
    taken = leases.open_foreground_lease(job.uid, task=TASK)
    try:
        with leases.Watch(taken) as watch:
            rows = _write(job, out, watch)
    except BaseException as error:
        code = error.code if isinstance(error, Refused) else "interrupted"
        _rest(job, taken, ExportState.FAILED, error_code=code)
        raise
    with transaction.atomic():
        ExportJob.objects.filter(pk=job.pk).update(
            state=ExportState.EXPIRED, rows=rows, finished_at=timezone.now(), downloads=1
        )
        _record_download(job, rows, job.actor)
        leases.close_lease(taken)
    return rows


def _write(job: ExportJob, out: IO[bytes], watch: leases.Watch) -> int:
    """Write header and rows; the person's right is asked again, now that the rows are taken."""
    export = kind_named(job.kind)
    if not job.actor.is_active or not export.may_export(job.actor):
        raise Refused("not_allowed", _("You may not take out these data."))
    language = export.language or job.actor.language
    with translation.override(language), transaction.atomic():
        columns = [column for column in export.columns if column.key in set(job.columns)]
        total = export.count(job.actor, job.parameters)
        watch.report(0, total)
        return write_sheet(
            out,
            file_format=job.file_format,
            title=str(export.title),
            columns=columns,
            language=language,
            rows=export.rows(job.actor, job.parameters, job.columns),
            progress=lambda done: watch.report(done, total),
        )


def _ready(job: ExportJob, out: BinaryIO, rows: int, taken: leases.Taken) -> None:
    """The file first, safely on the disk; then the job that names it."""
    out.seek(0)
    stored = files.store(out)
    now = timezone.now()
    with transaction.atomic():
        ExportJob.objects.filter(pk=job.pk).update(
            state=ExportState.READY,
            rows=rows,
            file_uid=stored.uid,
            file_size=stored.size,
            finished_at=now,
            expires_at=now + dt.timedelta(hours=settings.EXPORT_KEEP_HOURS),
        )
        record("exports.prepared", actor=job.actor, target=job, reason=job.purpose, details={"rows": rows})
        leases.close_lease(taken)


@transaction.atomic
def _rest(job: ExportJob, taken: leases.Taken, state: ExportState, **fields: Any) -> None:
    ExportJob.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now(), **fields)
    record(f"exports.{state.value}", actor=None, target=job, details=fields)
    leases.close_lease(taken)


def download(*, job: ExportJob, actor: User) -> Iterator[bytes]:
    """The content of a ready export, piece by piece. Audited as `exports.downloaded` with purpose, rows and columns.

    Raises Refused when the file has expired, the job is another person's, or the right is gone.
    """
    export = kind_named(job.kind)
    if job.actor_id != actor.pk or not export.may_export(actor):
        raise Refused("not_allowed", _("You may not take out these data."))
    if (
        job.state != ExportState.READY
        or job.file_uid is None
        or (job.expires_at and job.expires_at < timezone.now())
    ):
        raise Refused("expired", _("This file is not kept any more. Ask for the export again."))
    with transaction.atomic():
        ExportJob.objects.filter(pk=job.pk).update(downloads=F("downloads") + 1)
        _record_download(job, job.rows, actor)
    return files.chunks(job.file_uid)


def _record_download(job: ExportJob, rows: int, actor: User) -> None:
    record(
        "exports.downloaded",
        actor=actor,
        target=job,
        reason=job.purpose,
        details={"kind": job.kind, "rows": rows, "columns": job.columns, "parameters": job.parameters},
    )


def cancel_export(*, job: ExportJob, actor: User) -> bool:
    """Stop an export; True when it is cancelled, False when a worker has been told to. Raises Refused when it is over already."""
    leases.request_cancel(job.uid)
    with transaction.atomic():
        held = ExportJob.objects.select_for_update(no_key=True).get(pk=job.pk)
        if held.state != ExportState.REQUESTED:
            raise Refused("over", _("This export is over already; there is nothing to cancel."))
        record("exports.cancel_requested", actor=actor, target=held)
        if not leases.drop_idle_lease(held.uid):
            return False
        ExportJob.objects.filter(pk=held.pk).update(state=ExportState.CANCELLED, finished_at=timezone.now())
        return True
