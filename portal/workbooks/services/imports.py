"""The life of an import from the hand-in to the end: what people and workers do to a batch (G3)."""

import datetime as dt
import logging
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import files
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import Refused
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Workbook, kind_named
from portal.workbooks.services import leases, passes

logger = logging.getLogger(__name__)

TASK = "portal.workbooks.tasks.process_batch"


def receive_workbook(
    *,
    kind: str,
    file: BinaryIO,
    file_name: str,
    actor: User,
    parameters: Mapping[str, Any] | None = None,
    foreground: bool = False,
) -> ImportBatch:
    """Keep a workbook that `actor` hands in and have it checked; returns the batch (G3).

    The file is encrypted and on the disk before the batch is committed; a worker is called after that, unless the caller
    goes on itself (`foreground`). Audited as `workbooks.received`. Raises Refused: unknown kind, not allowed, file too
    large, a parameter that is missing or not of this kind.
    """
    workbook = kind_named(kind)
    if not actor.is_active or not workbook.may_hand_in(actor):
        raise Refused("not_allowed", _("You may not hand in this kind of workbook."))
    given = _parameters(workbook, parameters or {})
    stored = files.store(file)
    if stored.size > settings.WORKBOOK_MAX_BYTES:
        files.delete(stored.uid)
        most = settings.WORKBOOK_MAX_BYTES // 1024 // 1024
        raise Refused("too_large", _("The file is larger than %(most)s MB.") % {"most": most})
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            kind=kind,
            actor=actor,
            parameters=given,
            file_name=file_name[-255:],
            file_uid=stored.uid,
            file_size=stored.size,
            file_digest=stored.digest,
            expires_at=timezone.now() + dt.timedelta(days=settings.WORKBOOK_KEEP_DAYS),
        )
        record(
            "workbooks.received",
            actor=actor,
            target=batch,
            department=str(given.get("department", "")),
            details={"kind": kind, "file": file_name, "sha256": stored.digest.hex(), "parameters": given},
        )
        if not foreground:
            leases.open_lease(batch.uid, task=TASK)
    return batch


def _parameters(workbook: Workbook, given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the kind takes, without what was left empty. Raises Refused."""
    kept = {name: value for name, value in given.items() if value not in (None, "", False)}
    for name in kept.keys() - set(workbook.parameters):
        raise Refused(
            "parameter_unknown",
            _("“%(kind)s” does not take “%(name)s”.") % {"kind": workbook.title, "name": name},
        )
    for name in workbook.required_parameters:
        if name not in kept:
            raise Refused(
                "parameter_missing",
                _("“%(kind)s” needs “%(name)s”.") % {"kind": workbook.title, "name": name},
            )
    return kept


def process(batch_uid: uuid.UUID) -> None:
    """What a worker does when the bell rings: check a new batch, apply a confirmed one, or nothing if another one does."""
    taken = leases.take(batch_uid)
    if taken is None:
        return
    with suppress(leases.LeaseLost):
        _work(ImportBatch.objects.select_related("actor").get(uid=batch_uid), taken)


def carry_out_now(batch: ImportBatch, *, commit: bool) -> ImportBatch:
    """Check and apply in one go, in this very process (`import_workbook`); returns the batch as it is then."""
    taken = leases.open_foreground_lease(batch.uid, task=TASK)
    try:
        with leases.Watch(taken) as watch:
            passes.carry_out(batch, watch, commit=commit)
    except leases.Cancelled:
        _rest(batch, taken, BatchState.CANCELLED)
    except leases.LeaseLost:
        logger.error("Import %s was taken out of our hands.", batch.uid)
    except BaseException:
        _rest(batch, taken, BatchState.FAILED, error_code="interrupted")
        raise
    return ImportBatch.objects.select_related("actor").get(pk=batch.pk)


def _work(batch: ImportBatch, taken: leases.Taken) -> None:
    if taken.cancel_requested:
        return _rest(batch, taken, BatchState.CANCELLED)
    if taken.exhausted:
        code = "interrupted" if taken.foreground else "attempts_exhausted"
        return _rest(batch, taken, BatchState.FAILED, error_code=code)

    def failed(error: str) -> None:
        _rest(batch, taken, BatchState.FAILED, error_code="internal", error_details={"error": error})

    try:
        with leases.attempt(taken, failed=failed) as watch:
            passes.carry_out(batch, watch, commit=batch.state == BatchState.CONFIRMED)
    except leases.Cancelled:
        _rest(batch, taken, BatchState.CANCELLED)
    return None


@transaction.atomic
def _rest(batch: ImportBatch, taken: leases.Taken, state: BatchState, **fields: Any) -> None:
    """Put a batch to rest without having applied it; audited as `workbooks.cancelled` or `workbooks.failed`."""
    open_states = (*BatchState.unchecked(), BatchState.CONFIRMED)
    if ImportBatch.objects.filter(pk=batch.pk, state__in=open_states).update(
        state=state, finished_at=timezone.now(), **fields
    ):
        record(f"workbooks.{state.value}", actor=None, target=batch, details={"kind": batch.kind, **fields})
    leases.close_lease(taken)


@transaction.atomic
def confirm_batch(*, batch: ImportBatch, actor: User) -> None:
    """Say yes to what the check has shown; a worker applies it (G3). Audited as `workbooks.confirmed`.

    Raises Refused when the batch does not wait for it (any more): of two confirmations one counts.
    """
    held = _held(batch)
    if held.state != BatchState.CHECKED:
        raise Refused("not_waiting", _("This import does not wait for a confirmation any more."))
    workbook = kind_named(held.kind)
    if held.actor_id != actor.pk or not workbook.may_hand_in(actor):
        raise Refused("not_allowed", _("Only the person who handed in the workbook can confirm it."))
    held.state = BatchState.CONFIRMED
    held.confirmed_at = timezone.now()
    held.save(update_fields=["state", "confirmed_at"])
    record("workbooks.confirmed", actor=actor, target=held, details={"kind": held.kind})
    leases.open_lease(held.uid, task=TASK)


def cancel_batch(*, batch: ImportBatch, actor: User) -> bool:
    """Stop an import; True when it is cancelled, False when a worker has been told to stop (which it does within a second or so).

    Audited as `workbooks.cancel_requested`, and `workbooks.cancelled` when it is. Raises Refused when it is over already.
    """
    if ImportBatch.objects.filter(pk=batch.pk, state__in=BatchState.final()).exists():
        raise Refused("over", _("This import is over already; there is nothing to cancel."))
    record("workbooks.cancel_requested", actor=actor, target=batch, details={"kind": batch.kind})
    leases.request_cancel(batch.uid)
    with suppress(OperationalError), transaction.atomic():  # the worker that applies it holds the row
        held = ImportBatch.objects.select_for_update(no_key=True, nowait=True).get(pk=batch.pk)
        if held.state in BatchState.final() or not leases.drop_idle_lease(held.uid):
            return held.state == BatchState.CANCELLED
        held.state = BatchState.CANCELLED
        held.finished_at = timezone.now()
        held.save(update_fields=["state", "finished_at"])
        record("workbooks.cancelled", actor=actor, target=held, details={"kind": held.kind})
        return True
    return False


@transaction.atomic
def retry_batch(*, batch: ImportBatch, actor: User) -> None:
    """Try a failed import again from where a person left it. Audited as `workbooks.retried`. Raises Refused."""
    held = _held(batch)
    if held.state != BatchState.FAILED or held.file_uid is None:
        raise Refused(
            "not_failed", _("Only a failed import can be tried again, and only while its file is kept.")
        )
    if held.actor_id != actor.pk:
        raise Refused("not_allowed", _("Only the person who handed in the workbook can try again."))
    held.state = BatchState.CONFIRMED if held.confirmed_at else BatchState.RECEIVED
    held.finished_at, held.error_code, held.error_details = None, "", {}
    held.save(update_fields=["state", "finished_at", "error_code", "error_details"])
    record("workbooks.retried", actor=actor, target=held, details={"kind": held.kind})
    leases.open_lease(held.uid, task=TASK)


def _held(batch: ImportBatch) -> ImportBatch:
    """The batch's row, locked: the first lock of every verb (lock order: batch, sheet, item, counter; leases last)."""
    return ImportBatch.objects.select_for_update(no_key=True).select_related(None).get(pk=batch.pk)
