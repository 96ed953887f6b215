"""The door through which every state of a checkpoint item and of a sheet changes (C4, C6, C9; decisions 1 and 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from leaving.choices import CohortState, DecidedBy, ItemState, SheetState, Verb
from leaving.models import Checkpoint, ClearanceItem, Cohort, Decision, DecisionBatch
from leaving.models.clearance import DOOR
from leaving.selectors.reasons import NO_REASON, Reason
from leaving.services.by_data import let_data_decide
from leaving.services.changes import BY_BATCH, BY_REASON, BY_STATE, FROM, possible
from leaving.services.handin import take_over_plans
from leaving.services.states import (
    Mine,
    Written,
    clear_complete,
    held_up,
    lock_sheets,
    open_again,
    settle_waiting,
    write,
)
from leaving.services.telling import note_decision
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import door, one_transaction
from portal.errors import Refused
from portal.workbooks.models import ImportBatch


@dataclass(frozen=True, slots=True)
class Skipped:
    """An item that a verb left alone: not_yours, waiting, cleared, closed, exempt, decided, undecided or changed; see `item`."""

    item_id: int
    code: str
    item: ClearanceItem | None = None


@dataclass(slots=True)
class Outcome:
    """What a verb did: the batch (None: nothing changed), the items it decided, those it skipped, the sheets it cleared."""

    batch: DecisionBatch | None = None
    decided: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    cleared: list[int] = field(default_factory=list)


@one_transaction
def decide(
    *,
    items: Iterable[int] | QuerySet[ClearanceItem],
    verb: Verb,
    actor: User | None,
    reason: str | Reason = "",
    reasons: Mapping[int, Reason] | None = None,
    how: DecidedBy = DecidedBy.HAND,
    seen: str | None = None,
    delegation: str = "",
    workbook: ImportBatch | None = None,
) -> Outcome:
    """Passes, fails, waives or reopens items (ids or a queryset), as many as there are, in a fixed number of statements (C6).

    `actor` must hold the right to decide on the department that owns the item, or be its supervisor or the delegate whom the
    supervisor has named for these days; None is the system.
    `seen` is the database's snapshot when the actor looked (`selectors.clearance.snapshot`): what changed since is skipped.
    With `delegation` (why: the supervisor is away) the actor decides reviews in the place of supervisors of the college whose
    postgraduate secretary the actor is, and nothing else; each decision keeps on whose behalf it was made (C4).
    Failing and waiving need a `reason`, for all items or in `reasons` (id → reason) for each. `workbook` is the import that
    brought the decision: all that it decided is taken back as one. Items in another state, waiting for a gate (C4), of a
    cleared sheet or of somebody else are skipped and told. Passing accepts the forms that were handed in (C8). Sheets whose
    last item is done are cleared: certificates are issued and `sheets_cleared` is sent, in the same transaction. Graduates are
    told by a worker (`services.telling`). Locks sheets, then items. Audited as `clearance.decided`. Raises Refused
    (`reason_missing`, `cohort_closed`).
    """
    reason, delegation = Reason.of(reason), delegation.strip()
    ids = sorted(set(items.values_list("pk", flat=True) if isinstance(items, QuerySet) else items))
    given = [reason] if reasons is None else [reasons.get(pk, NO_REASON) for pk in ids]
    if verb in (Verb.FAIL, Verb.WAIVE) and not all(given):
        raise Refused("reason_missing", _("Give a reason. The graduate reads it on the sheet."))
    outcome = Outcome()
    if not ids:
        return outcome
    lock_sheets(ids)
    mine = Mine.of(actor, items=ids, in_place_of_supervisors=bool(delegation))
    with door(DOOR):
        written = write(
            BY_STATE if reasons is None else BY_REASON,
            ids,
            verb=verb,
            how=how,
            reason=reason,
            reasons=reasons,
            mine=mine,
            seen=seen,
            delegation=delegation,
            workbook=workbook,
        )
        _finish(outcome, written, verb=verb, actor=actor)
    outcome.skipped = _explain(set(ids) - set(outcome.decided), verb=verb, mine=mine)
    if outcome.batch:
        record(
            "clearance.decided",
            actor=actor,
            target=outcome.batch,
            reason=reason.text,
            details={
                "verb": verb,
                "how": how,
                "items": len(outcome.decided),
                "skipped": len(outcome.skipped),
                "cleared": len(outcome.cleared),
                **({"delegation": delegation} if delegation else {}),
                **({"delegated": len(mine.delegated)} if mine.delegated else {}),
                **({"workbook": str(workbook.uid)} if workbook else {}),
            },
        )
    return outcome


@one_transaction
def reopen_batch(*, batch: DecisionBatch, actor: User) -> Outcome:
    """Takes a decision back: every item of `actor`'s that nobody has decided since returns to the state before (decision 5).

    Sheets that this very decision cleared are open again and their certificates revoked, with `sheets_reopened` sent; sheets
    cleared by a later decision stand. Items that are not `actor`'s to decide stay, for those whose they are. Audited as
    `clearance.undone`. Raises Refused (`not_yours`, `already_undone`, `nothing_to_undo`; `takes_back`: what was taken back is
    decided anew).
    """
    if batch.undoes_id is not None:
        raise Refused("takes_back", _("What was taken back is decided anew; it cannot be taken back itself."))
    ids = list(batch.decisions.order_by("item").values_list("item", flat=True))
    outcome = Outcome()
    lock_sheets(ids)
    mine = Mine.of(actor, items=ids, in_place_of_supervisors=bool(batch.delegation))
    with door(DOOR):
        reopened = open_again(batch, mine=mine, actor=actor)
        written = write(
            BY_BATCH,
            ids,
            verb=Verb.REOPEN,
            how=DecidedBy.UNDO,
            mine=mine,
            delegation=batch.delegation,
            undoes=batch,
            workbook=batch.workbook,
        )
        if not written.items:
            raise _nothing_to_undo(batch, mine)
        _finish(outcome, written, verb=None, actor=actor)
    left = _explain(set(ids) - set(outcome.decided), verb=Verb.REOPEN, mine=mine)
    outcome.skipped = [one for one in left if one.code != "not_yours"]  # nobody asked for those
    record(
        "clearance.undone",
        actor=actor,
        target=batch,
        details={
            "items": len(outcome.decided),
            "skipped": len(outcome.skipped),
            "sheets_reopened": len(reopened),
        },
    )
    return outcome


def _nothing_to_undo(batch: DecisionBatch, mine: Mine) -> Refused:
    """Why nothing of a decision returned, by what is the case."""
    later = Decision.objects.filter(item=OuterRef("item"), pk__gt=OuterRef("pk"))
    decisions = batch.decisions.select_related("item__sheet").annotate(
        again=Exists(later), undone=Exists(later.filter(batch__undoes=batch))
    )
    found = [one for one in decisions if mine.has(one.item)]
    if not found:
        return Refused(
            "not_yours", _("This decision is not yours to take back: you do not decide its items.")
        )
    if any(one.undone for one in found):
        return Refused("already_undone", _("This decision has been taken back already."))
    if all(one.again for one in found):
        return Refused(
            "nothing_to_undo",
            _("Nothing of this decision can be taken back: it has been decided again since."),
        )
    return Refused(
        "nothing_to_undo",
        _("Nothing of this decision can be taken back: the sheets have been cleared or closed since."),
    )


@one_transaction
def reopen_workbook(*, workbook: ImportBatch, actor: User) -> Outcome:
    """Takes back all that an uploaded list decided, its latest verb first, as `reopen_batch` does for each of them.

    Raises Refused as `reopen_batch` does when nothing of it can be taken back; `already_undone` if that is so for all of it.
    """
    whole, refusals = Outcome(), []
    for batch in DecisionBatch.objects.filter(workbook=workbook, undoes=None).order_by("-pk"):
        try:
            part = reopen_batch(batch=batch, actor=actor)
        except Refused as refused:
            refusals.append(refused)
            continue
        whole.batch = part.batch
        whole.decided += part.decided
        whole.skipped += part.skipped
    if whole.batch is None:
        raise min(refusals, key=lambda refused: refused.code == "already_undone")
    return whole


def _finish(outcome: Outcome, written: Written, *, verb: Verb | None, actor: User | None) -> None:
    """What follows from changed items (by taking back, without a verb: whatever they were before): gates open or close, what is
    undecided again may have to wait, data decide what has become free, complete sheets are cleared."""
    if not written.items:
        return
    outcome.decided = written.items
    outcome.batch = _batch_in_open_cohorts(written)
    note_decision(outcome.batch, outcome.decided)
    moves_others = Checkpoint.objects.filter(
        Q(held_up_in_force__isnull=False) | Q(decided_by_data=True), pk__in=written.checkpoints
    )
    completes = verb in (None, Verb.PASS, Verb.WAIVE)
    if verb in (None, Verb.REOPEN) or moves_others.exists():
        settle_waiting(written.sheets)
        completes |= bool(let_data_decide(written.sheets).passed)
    if verb == Verb.PASS:  # before the records go over to alumni
        take_over_plans(items=written.items, checkpoints=written.checkpoints, actor=actor)
    if completes:
        outcome.cleared = clear_complete(written.sheets, actor=actor)


def _batch_in_open_cohorts(written: Written) -> DecisionBatch:
    """The batch. Raises Refused where it is about a cohort that has closed, since the page was opened, say."""
    closed = Cohort.objects.filter(checkpoints__in=written.checkpoints, state=CohortState.CLOSED)
    batch = DecisionBatch.objects.annotate(closed=Subquery(closed.values("pk")[:1])).get(pk=written.batch)
    if batch.closed is not None:
        raise Refused(
            "cohort_closed", _("%(cohort)s is closed.") % {"cohort": Cohort.objects.get(pk=batch.closed)}
        )
    return batch


def _explain(items: Iterable[int], *, verb: Verb, mine: Mine) -> list[Skipped]:
    """Why a verb left items alone. Of somebody else's items nothing is told."""
    ids = sorted(items)
    if not ids:
        return []
    found = {
        item.pk: item
        for item in ClearanceItem.objects.filter(pk__in=ids).select_related(
            "sheet__graduate", "checkpoint", "decided_by"
        )
    }
    again = [pk for pk, item in found.items() if item.state != ItemState.PENDING and verb in possible(item)]
    waiting = held_up(again) if again and verb != Verb.REOPEN else set()
    skipped = []
    for pk in ids:
        item = found.get(pk)
        if item is None or not mine.has(item):
            skipped.append(Skipped(pk, "not_yours"))
        elif item.sheet.state != SheetState.OPEN:
            skipped.append(Skipped(pk, str(item.sheet.state), item))
        elif pk in waiting:
            skipped.append(Skipped(pk, "waiting", item))
        elif item.state in FROM[verb]:
            skipped.append(Skipped(pk, "changed", item))
        elif item.state in (ItemState.WAITING, ItemState.EXEMPT):
            skipped.append(Skipped(pk, str(item.state), item))
        else:
            skipped.append(Skipped(pk, "undecided" if item.state == ItemState.PENDING else "decided", item))
    return skipped
