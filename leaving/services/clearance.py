"""The door through which every state of a checkpoint item and of a sheet changes (C4, C6, C9; decisions 1 and 2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leaving.choices import DecidedBy, ItemState, SheetState, Verb
from leaving.models import Checkpoint, ClearanceItem, DecisionBatch
from leaving.models.clearance import DOOR
from leaving.services.by_data import let_data_decide
from leaving.services.states import (
    BY_BATCH,
    BY_STATE,
    FROM,
    Mine,
    clear_complete,
    lock_sheets,
    open_again,
    settle_waiting,
    write,
)
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import door, one_transaction
from portal.errors import Refused


@dataclass(frozen=True, slots=True)
class Skipped:
    """An item that a verb left alone: not_yours, waiting, cleared, exempt, decided, undecided or changed; `item` says more."""

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
    reason: str = "",
    how: DecidedBy = DecidedBy.HAND,
    seen: str | None = None,
    delegation: str = "",
) -> Outcome:
    """Passes, fails, waives or reopens items (ids or a queryset), as many as there are, in a fixed number of statements (C6).

    `actor` must hold the right to decide on the department that owns the item, or be its supervisor; None is the system.
    `seen` is the database's snapshot when the actor looked (`selectors.clearance.snapshot`): what changed since is skipped.
    With `delegation` (why: the supervisor is away) the actor decides reviews in the place of supervisors of the college whose
    postgraduate secretary the actor is, and nothing else; each decision keeps on whose behalf it was made (C4).
    Failing and waiving need a `reason`. Items in another state, waiting for a gate (C4), of a cleared sheet or of somebody
    else are skipped and told. Sheets whose last item is done are cleared: certificates are issued and `sheets_cleared` is
    sent, in the same transaction. Locks sheets, then items. Audited as `clearance.decided`. Raises Refused (`reason_missing`).
    """
    reason, delegation = reason.strip(), delegation.strip()
    if verb in (Verb.FAIL, Verb.WAIVE) and not reason:
        raise Refused("reason_missing", _("Give a reason. The graduate reads it on the sheet."))
    ids = sorted(set(items.values_list("pk", flat=True) if isinstance(items, QuerySet) else items))
    outcome = Outcome()
    if not ids:
        return outcome
    lock_sheets(ids)
    mine = Mine.of(actor, in_place_of_supervisors=ids if delegation else None)
    with door(DOOR):
        changed = write(
            BY_STATE, ids, verb=verb, how=how, reason=reason, mine=mine, seen=seen, delegation=delegation
        )
        _finish(outcome, changed, may_complete=verb in (Verb.PASS, Verb.WAIVE), actor=actor)
    outcome.skipped = _explain(set(ids) - set(outcome.decided), verb=verb, mine=mine)
    if outcome.batch:
        record(
            "clearance.decided",
            actor=actor,
            target=outcome.batch,
            reason=reason,
            details={
                "verb": verb,
                "how": how,
                "items": len(outcome.decided),
                "skipped": len(outcome.skipped),
                "cleared": len(outcome.cleared),
                **({"delegation": delegation, "delegated": len(mine.delegated)} if delegation else {}),
            },
        )
    return outcome


@one_transaction
def reopen_batch(*, batch: DecisionBatch, actor: User) -> Outcome:
    """Takes a whole decision back: every item that nobody has decided since returns to the state it had before (decision 5).

    Sheets that this very decision cleared are open again and their certificates revoked, with `sheets_reopened` sent; sheets
    cleared by a later decision stand. `actor` needs the right to decide the items. Audited as `clearance.undone`. Raises
    Refused (`already_undone`, `nothing_to_undo`).
    """
    ids = list(batch.decisions.order_by("item").values_list("item", flat=True))
    outcome = Outcome()
    lock_sheets(ids)
    if batch.undone_by.exists():
        raise Refused("already_undone", _("This decision has been taken back already."))
    mine = Mine.of(actor, in_place_of_supervisors=ids if batch.delegation else None)
    with door(DOOR):
        reopened = open_again(batch, mine=mine, actor=actor)
        changed = write(
            BY_BATCH,
            ids,
            verb=Verb.REOPEN,
            how=DecidedBy.UNDO,
            reason="",
            mine=mine,
            delegation=batch.delegation,
            undoes=batch,
        )
        if not changed:
            raise Refused(
                "nothing_to_undo", _("Nothing of this decision can be taken back: others have decided since.")
            )
        _finish(outcome, changed, may_complete=True, actor=actor)
    outcome.skipped = _explain(set(ids) - set(outcome.decided), verb=Verb.REOPEN, mine=mine)
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


def _finish(
    outcome: Outcome, changed: Sequence[tuple[int, int, int, int]], *, may_complete: bool, actor: User | None
) -> None:
    """What follows from changed items: gates open or close, data decide what has become free, complete sheets are cleared."""
    if not changed:
        return
    outcome.decided = sorted(row[0] for row in changed)
    outcome.batch = DecisionBatch.objects.get(pk=changed[0][3])
    sheets = sorted({row[1] for row in changed})
    moves_others = Checkpoint.objects.filter(
        Q(is_gate=True) | Q(required_by__isnull=False) | Q(decided_by_data=True),
        pk__in={row[2] for row in changed},
    )
    if moves_others.exists():
        settle_waiting(sheets)
        may_complete |= bool(let_data_decide(sheets).passed)
    if may_complete:
        outcome.cleared = clear_complete(sheets, actor=actor)


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
    skipped = []
    for pk in ids:
        item = found.get(pk)
        if item is None or not mine.has(item):
            skipped.append(Skipped(pk, "not_yours"))
        elif item.sheet.state == SheetState.CLEARED:
            skipped.append(Skipped(pk, "cleared", item))
        elif item.state in FROM[verb]:
            skipped.append(Skipped(pk, "changed", item))
        elif item.state in (ItemState.WAITING, ItemState.EXEMPT):
            skipped.append(Skipped(pk, str(item.state), item))
        else:
            skipped.append(Skipped(pk, "undecided" if item.state == ItemState.PENDING else "decided", item))
    return skipped
