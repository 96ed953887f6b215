"""What departments' data make of checkpoint items (C7, decision 14). `clearance`, `cohorts` and `obligations` call it.

The data of the department that decides an item speak about its graduate as follows:

* open obligations: the item fails, with them as its reason;
* none, and the graduate is covered (`DataCoverage`): the item passes;
* none, and not covered: nothing is decided. A feed that did not arrive passes nobody. What data had decided before
  the graduate changed campus or college, or was deferred and a list passed them over, is undecided again (`forget_others`).

They decide what nobody has decided, and what they decided themselves. A decision by hand, by workbook or by rule rules until
it is reopened; what waits for a gate waits on, and what was decided before a gate closed again stays until it opens. So it
does not matter in which order people and data come: whenever an item
becomes `pending` (made, reopened, gate open), whoever made it so asks here, in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from leaving.choices import DecidedBy, ItemState, Verb
from leaving.models import DecisionBatch, PrerequisiteInForce
from leaving.services.changes import HELD_UP, Change
from leaving.services.states import Mine, Written, settle_waiting, write
from leaving.services.telling import note_decision

SHOWN = 5  # obligations that a reason names one by one
_BY_DATA = "JOIN leaving_checkpoint c ON c.cohort_id = s.cohort_id AND c.decided_by_data"
_OWED = f"""{_BY_DATA}
    JOIN LATERAL (
        SELECT o.department_id,
            array_to_string((array_agg(o.title || coalesce(' ¥' || o.amount, '') ORDER BY o.id))[1:{SHOWN}], '；')
            || CASE WHEN count(*) > {SHOWN} THEN '；… (+' || count(*) - {SHOWN} || ')' ELSE '' END AS reason
        FROM leaving_obligation o
        WHERE o.checkpoint_id = c.id AND o.graduate_id = s.graduate_id AND o.settled_at IS NULL
        GROUP BY o.department_id) owed ON true"""  # noqa: S608  a constant of this module
# Only the data of the department that decides the item count: those of another campus or college say nothing about it.
_CLEAR = """NOT EXISTS (
    SELECT 1 FROM leaving_obligation o WHERE o.checkpoint_id = c.id AND o.graduate_id = s.graduate_id
        AND o.department_id = i.owner_id AND o.settled_at IS NULL)"""
_COVERED = """EXISTS (
    SELECT 1 FROM leaving_datacoverage v
    WHERE v.checkpoint_id = c.id AND v.department_id = i.owner_id AND v.graduate_id = s.graduate_id)"""
_THEIRS = f"""s.id = ANY(%(ids)s::bigint[]) AND i.checkpoint_id = c.id
    AND (i.state = 'pending' OR (i.decided_how = %(how)s AND NOT {HELD_UP}))"""
FAILED_BY_DATA = Change(
    f"{_THEIRS} AND owed.department_id = i.owner_id AND (i.state, i.reason) IS DISTINCT FROM ('failed', owed.reason)",
    joins=_OWED,
    states=[ItemState.PENDING, ItemState.PASSED, ItemState.FAILED],
    reason="owed.reason",
    reason_en="''",
)
PASSED_BY_DATA = Change(
    f"{_THEIRS} AND {_CLEAR} AND {_COVERED}",
    joins=_BY_DATA,
    states=[ItemState.PENDING, ItemState.FAILED],
    reason="''",
    reason_en="''",
)
# Decided by the data of whom it belonged to before, or when they were still known, while those of its department are silent.
UNHEARD = Change(
    f"""s.id = ANY(%(ids)s::bigint[]) AND i.checkpoint_id = c.id AND i.decided_how = %(how)s
    AND {_CLEAR} AND NOT {_COVERED}""",
    joins=_BY_DATA,
    states=[ItemState.PASSED, ItemState.FAILED],
    reason="''",
    reason_en="''",
    actor="NULL::bigint",
    at="NULL::timestamptz",
    how="''",
)


@dataclass(slots=True)
class DecidedByData:
    """Items (ids) that the data failed and passed."""

    failed: list[int] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)


def let_data_decide(sheets: Sequence[int]) -> DecidedByData:
    """Writes what the data say of the items of these sheets, and goes on where a passed item was what others waited for.

    The door must be open and the sheets held. Two statements and one for the gates, twice as many for each gate that the data
    open; for what changed, a look each at who has to be told.
    """
    done = DecidedByData()
    ids = list(sheets)
    system = Mine.of(None, items=[])
    while ids:
        failed = write(FAILED_BY_DATA, ids, verb=Verb.FAIL, how=DecidedBy.DATA, mine=system)
        passed = write(PASSED_BY_DATA, ids, verb=Verb.PASS, how=DecidedBy.DATA, mine=system)
        _note(failed, Verb.FAIL)
        _note(passed, Verb.PASS)
        done.failed += failed.items
        done.passed += passed.items
        ids = []
        if before_others({*failed.checkpoints, *passed.checkpoints}):
            ids = sorted({*failed.sheets, *passed.sheets})
            settle_waiting(ids)
    return done


def forget_others(sheets: Sequence[int]) -> None:
    """Makes undecided, on these sheets, what data have decided and their departments' data are silent about now.

    For whoever gave items to other departments or opened sheets again; `let_data_decide` follows. The door must be open and
    the sheets held.
    """
    freed = write(UNHEARD, list(sheets), verb=Verb.REOPEN, how=DecidedBy.DATA, mine=Mine.of(None, items=[]))
    if freed.sheets:
        settle_waiting(freed.sheets)


def _note(written: Written, verb: Verb) -> None:
    if written.items:
        note_decision(DecisionBatch(pk=written.batch, verb=verb, how=DecidedBy.DATA), written.items)


def before_others(checkpoints: set[int]) -> bool:
    """Does anything wait for one of these checkpoints?"""
    return bool(checkpoints) and PrerequisiteInForce.objects.filter(first__in=checkpoints).exists()
