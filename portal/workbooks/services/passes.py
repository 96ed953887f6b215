"""One pass over one workbook: read, normalise, check, apply. The dry run and the real run share every line but the last.

All of it happens in one transaction. Whatever must outlive its rollback goes another way: progress, lease and state through the
watch's own connection, faults through a spool that is stored afterwards, together with the state `refused`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import files
from portal.audit.services import record
from portal.errors import Refused
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch
from portal.workbooks.reading import messages
from portal.workbooks.reading.limits import Limits
from portal.workbooks.reading.parent import Block, open_workbook
from portal.workbooks.reading.refusals import Refusal
from portal.workbooks.runs import Fault, Outcome, Run, Workbook, kind_named
from portal.workbooks.services import headers
from portal.workbooks.services.faults import FaultSpool, TooManyFaults
from portal.workbooks.services.leases import Cancelled, Watch, close_lease
from portal.workbooks.services.mending import store_error_workbook


def carry_out(batch: ImportBatch, watch: Watch, *, commit: bool) -> None:
    """Check the workbook of `batch` and apply it; with `commit` for good, else everything but the counts is taken back.

    Afterwards the batch is applied or checked, or refused with what is wrong: rows, header, file or person. Raises
    Cancelled and LeaseLost, and whatever breaks; then nothing was written.
    """
    with translation.override(batch.actor.language), FaultSpool(batch) as faults:
        try:
            with transaction.atomic():
                outcome = _pass(batch, faults, watch)
                if outcome is None:
                    transaction.set_rollback(True)
                elif commit:
                    _applied(batch, outcome, watch)
                else:
                    transaction.set_rollback(True)
        except Refusal as refusal:
            return refuse(batch, watch, code=refusal.code.value, details=_told_refusal(refusal))
        except Refused as refused:
            return refuse(batch, watch, code=refused.code, details={"message": str(refused.message)})
        if outcome is None:
            return refuse(batch, watch, code="faults", faults=faults)
        if not commit:
            return _checked(batch, outcome, watch)
    return None


def _pass(batch: ImportBatch, faults: FaultSpool, watch: Watch) -> Outcome | None:
    """Return what applying did, still uncommitted; None when there are faults."""
    workbook = kind_named(batch.kind)
    if not batch.actor.is_active or not workbook.may_hand_in(batch.actor):
        raise Refused("not_allowed", _("You may not hand in this kind of workbook."))
    run = workbook.run(batch)
    try:
        _read(batch, workbook, run, faults, watch)
        if batch.layout:
            faults.add(run.finish())
    except TooManyFaults:
        return None  # what was found so far is reported
    if faults.count:
        return None
    held = ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if held.state not in (*BatchState.unchecked(), BatchState.CONFIRMED):
        raise Cancelled(batch.uid)
    outcome = run.apply()
    watch.listen()
    return outcome


def _read(batch: ImportBatch, workbook: Workbook, run: Run, faults: FaultSpool, watch: Watch) -> None:
    """Hand every row to the run; the state follows where nothing was checked before."""
    assert batch.file_uid is not None
    limits = Limits(packed_bytes=settings.WORKBOOK_MAX_BYTES)
    known = batch.rows or None  # from the check, when this is the real run
    batch.layout, batch.rows = {}, 0
    with files.open_plain(batch.file_uid) as plain, open_workbook(plain, limits) as book:
        _advance(batch, watch, BatchState.SCANNED)
        layout, wrong = headers.match(workbook, book.header)
        faults.add(wrong)
        if wrong:
            return
        batch.layout = layout.to_json()
        for block in book.blocks():
            rows, cell_faults = layout.normalised(block)
            faults.add(_with_values(layout, block, cell_faults, run.check(rows)))
            batch.rows = book.count
            watch.report(book.count, known)
    _advance(batch, watch, BatchState.PARSED)


def _with_values(
    layout: headers.Layout, block: Block, cell_faults: list[Fault], found: Iterable[Fault]
) -> Iterator[Fault]:
    """Faults in the order of rows; what the kind says of a cell that is reported already is dropped, its values are filled in."""
    reported = {(fault.row, fault.column) for fault in cell_faults}
    of_the_kind = [
        fault if fault.value or not fault.column else _with_value(layout, block, fault)
        for fault in found
        if (fault.row, fault.column) not in reported
    ]
    yield from sorted([*cell_faults, *of_the_kind], key=lambda fault: fault.row)


def _with_value(layout: headers.Layout, block: Block, fault: Fault) -> Fault:
    places = {column.key: place for column, place in zip(layout.columns, layout.places, strict=True)}
    place = places.get(fault.column)
    if place is None or fault.row not in block.numbers:
        return fault
    cell = block.rows[block.numbers.index(fault.row)][place]
    return Fault(fault.row, fault.column, fault.code, headers.shown(cell), fault.params)


def _advance(batch: ImportBatch, watch: Watch, state: BatchState) -> None:
    """Show how far an unchecked batch is; a confirmed one stays confirmed until it is applied."""
    if batch.state in BatchState.unchecked():
        watch.execute(
            "UPDATE workbooks_importbatch SET state = %s WHERE id = %s AND state IN ('received', 'scanned', 'parsed')",
            [state.value, batch.pk],
        )


def _applied(batch: ImportBatch, outcome: Outcome, watch: Watch) -> None:
    """The batch's state, in the transaction that wrote its rows."""
    now = timezone.now()
    told = {**_counts(batch, outcome), **_told(outcome)}
    _settle(batch, BatchState.APPLIED, finished_at=now, difference=dict(outcome.difference), **told)
    record(
        "workbooks.applied",
        actor=batch.actor,
        target=batch,
        details={"kind": batch.kind, **_counts(batch, outcome)},
    )
    close_lease(watch.taken)


@transaction.atomic
def _checked(batch: ImportBatch, outcome: Outcome, watch: Watch) -> None:
    told = {**_counts(batch, outcome), **_told(outcome), "kept": dict(outcome.kept)}
    _settle(batch, BatchState.CHECKED, difference=dict(outcome.difference), **told)
    close_lease(watch.taken)


def refuse(
    batch: ImportBatch,
    watch: Watch,
    *,
    code: str,
    details: Mapping[str, Any] | None = None,
    faults: FaultSpool | None = None,
) -> None:
    """Put the batch to rest as refused, with every fault and the workbook that says what to mend."""
    errors_uid = None
    with transaction.atomic():
        if faults is not None:
            faults.store()
            if batch.layout and batch.rows:
                errors_uid = store_error_workbook(batch, watch)
        _settle(
            batch,
            BatchState.REFUSED,
            finished_at=timezone.now(),
            rows=batch.rows,
            faults=faults.count if faults else 0,
            errors_uid=errors_uid,
            error_code=code,
            error_details=dict(details or {}),
        )
        record(
            "workbooks.refused",
            actor=batch.actor,
            target=batch,
            details={"kind": batch.kind, "code": code, "faults": faults.count if faults else 0},
        )
        close_lease(watch.taken)


def _settle(batch: ImportBatch, state: BatchState, **fields: Any) -> None:
    """The only place where a worker gives a batch its next state. Raises Cancelled when a person was quicker."""
    changed = ImportBatch.objects.filter(
        pk=batch.pk, state__in=(*BatchState.unchecked(), BatchState.CONFIRMED)
    ).update(state=state, layout=batch.layout, **fields)
    if not changed:
        raise Cancelled(batch.uid)


def _counts(batch: ImportBatch, outcome: Outcome) -> dict[str, int]:
    return {
        "rows": batch.rows,
        "created": outcome.created,
        "updated": outcome.updated,
        "unchanged": outcome.unchanged,
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    return {"error_code": outcome.code, "error_details": {"message": outcome.message} if outcome.code else {}}


def _told_refusal(refusal: Refusal) -> dict[str, Any]:
    """What is wrong with the file, to be said in the reader's language when it is read."""
    return {"place": refusal.place(), "detail": refusal.detail[:200], "message": messages.sentence(refusal)}
