"""The statements behind the door: how states of items and sheets are written. Only clearance, cohorts and deferrals call them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from leaving.choices import DecidedBy, ItemState, SheetState, Verb
from leaving.models import ClearanceItem, ClearanceSheet, Cohort, DecisionBatch
from leaving.selectors.delegations import reviews_delegated_to
from leaving.selectors.reasons import NO_REASON, Reason
from leaving.selectors.supervision import reviews_in_place_of_supervisors
from leaving.services.certificates import issue_certificates, revoke_certificates
from leaving.services.changes import FROM, HELD_UP, OVER_DATA, TO, XID, Change
from leaving.services.counters import count_again, items_moved, sheets_moved
from leaving.signals import sheets_cleared, sheets_reopened
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import departments_where
from portal.workbooks.models import ImportBatch

OPEN, DONE = list(ItemState.open()), list(ItemState.done())


@dataclass(frozen=True, slots=True)
class Mine:
    """Whose items a verb may touch. Asked inside the transaction, applied to the rows it holds."""

    departments: list[int]
    user: int | None
    system: bool
    delegated: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, actor: User | None, *, items: list[int], in_place_of_supervisors: bool = False) -> "Mine":
        """What `actor` may decide of `items` (ids): those of the own departments, the own reviews, and those of supervisors who
        have made the actor their delegate. `in_place_of_supervisors`: instead of the departments' those of the supervisors whom
        the actor may stand in for as postgraduate secretary, and nothing else but the actor's own reviews (C4)."""
        if actor is None:
            return cls([], None, True)
        user = actor.pk if actor.is_active else None
        if in_place_of_supervisors:
            reviews = reviews_in_place_of_supervisors(actor).filter(pk__in=items)
            return cls([], user, False, list(reviews.order_by().values_list("pk", flat=True)))
        departments = departments_where(actor, Right.DECIDE).order_by().values_list("pk", flat=True)
        return cls(list(departments), user, False, reviews_delegated_to(actor, among=items))

    def has(self, item: ClearanceItem) -> bool:
        by_department = item.owner_id in self.departments or item.pk in self.delegated
        return self.system or by_department or (self.user is not None and item.supervisor_id == self.user)


# The same as a condition on an item `i`.
MINE = """(%(system)s OR i.owner_id = ANY(%(departments)s) OR i.supervisor_id = %(user)s OR i.id = ANY(%(delegated)s))"""


def array(ids: Iterable[int]) -> str:
    """Ids as one literal of an array: thousands of single constants take the server longer to read than to look up."""
    return "{" + str(list(ids))[1:-1] + "}"


@dataclass(frozen=True, slots=True)
class Written:
    """What one statement changed: items, their sheets and checkpoints (ids), and the batch in the history (0: nothing)."""

    items: list[int] = field(default_factory=list)
    sheets: list[int] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    batch: int = 0


def write(
    change: Change,
    ids: list[int],
    *,
    verb: Verb,
    how: DecidedBy,
    mine: Mine,
    reason: Reason = NO_REASON,
    reasons: Mapping[int, Reason] | None = None,
    seen: str | None = None,
    delegation: str = "",
    undoes: DecisionBatch | None = None,
    workbook: ImportBatch | None = None,
) -> Written:
    """One statement: states, batch, history, counters.

    The caller holds the sheets (`lock_sheets`); whoever writes an item holds its sheet, so the items need no lock of their own.
    """
    states = change.states or [*FROM[verb], *([ItemState.PASSED] if verb in OVER_DATA else [])]
    before = ", ".join(f"('{state}')" for state in states)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH changed AS (  -- `f` remembers the state before: the row itself tells the new one only
                UPDATE leaving_clearanceitem i
                SET state = {change.after}, reason = {change.reason}, reason_en = {change.reason_en}, decided_how = {change.how},
                    decided_by_id = {change.actor}, decided_at = {change.at}, decided_for_id = {change.on_behalf_of},
                    changed_xid = {XID}
                FROM leaving_clearancesheet s CROSS JOIN (VALUES {before}) AS f (before) {change.joins}
                WHERE i.sheet_id = s.id AND i.state = f.before AND s.state = 'open' AND {MINE} AND {change.where}
                RETURNING i.id, i.sheet_id, i.checkpoint_id, i.owner_id, i.supervisor_id, f.before, i.state AS after,
                    {change.said} AS said, {change.said_en} AS said_en, s.cohort_id, s.college_id, s.level
            ), batch AS (
                INSERT INTO leaving_decisionbatch
                    (uid, verb, how, actor_id, delegation, undoes_id, workbook_id, departments)
                SELECT gen_random_uuid(), %(verb)s, %(how)s, %(actor)s, %(delegation)s, %(undoes)s, %(workbook)s,
                    ARRAY(SELECT DISTINCT coalesce(owner_id, 0) FROM changed)
                WHERE EXISTS (SELECT 1 FROM changed)
                RETURNING id
            ), history AS (
                INSERT INTO leaving_decision (item_id, batch_id, before, after, reason, reason_en, on_behalf_of_id)
                SELECT c.id, b.id, c.before, c.after, c.said, c.said_en,
                    CASE WHEN c.id = ANY(%(delegated)s) THEN c.supervisor_id END
                FROM changed c, batch b
            ), counted AS ({items_moved("changed")})
            SELECT array_agg(id), array_agg(sheet_id), ARRAY(SELECT DISTINCT checkpoint_id FROM changed), (SELECT id FROM batch)
            FROM changed
            """,  # noqa: S608  the changes above and in `by_data`; values are parameters
            {
                "ids": array(ids),
                "to": TO[verb],
                "over_data": verb in OVER_DATA,
                "reason": reason.text,
                "reason_en": reason.en,
                "reasons": [reasons.get(pk, NO_REASON).text for pk in ids] if reasons is not None else [],
                "reasons_en": [reasons.get(pk, NO_REASON).en for pk in ids] if reasons is not None else [],
                "workbook": workbook.pk if workbook else None,
                "how": how,
                "verb": verb,
                "actor": None if mine.system else mine.user,
                "seen": seen,
                "delegation": delegation,
                "delegated": mine.delegated,
                "undoes": undoes.pk if undoes else None,
                "system": mine.system,
                "departments": mine.departments,
                "user": mine.user,
            },
        )
        items, sheets, checkpoints, batch = cursor.fetchone()
    return Written(sorted(items), sorted(set(sheets)), checkpoints, batch) if items else Written()


def held_up(items: list[int]) -> set[int]:
    """Which of these items have something before them that is not done."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT i.id FROM leaving_clearanceitem i WHERE i.id = ANY(%s) AND {HELD_UP}",  # noqa: S608
            [items],
        )
        return {row[0] for row in cursor.fetchall()}


def lock_sheets(items: list[int]) -> None:
    """Holds the sheets of these items until the transaction ends. As an array they come in order from the index, unsorted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT s.id FROM leaving_clearancesheet s
                WHERE s.id = ANY(ARRAY(
                    SELECT i.sheet_id FROM leaving_clearanceitem i WHERE i.id = ANY((SELECT %s::bigint[])::bigint[])))
                ORDER BY s.id FOR NO KEY UPDATE) AS held
            """,
            [array(items)],
        )


def settle_waiting(sheets: list[int]) -> None:
    """On these sheets: what waits for a prerequisite that is not done is `waiting`, the rest `pending` (C4). Decisions made stay.

    By the prerequisites in force: what was edited since waits for its publication. A prerequisite that does not apply to the
    graduate holds nothing up. The door must be open.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH should AS (
                SELECT i.id, i.state AS before, CASE WHEN EXISTS (
                    SELECT 1 FROM leaving_prerequisiteinforce n
                    JOIN leaving_clearanceitem q ON q.sheet_id = i.sheet_id AND q.checkpoint_id = n.first_id
                    WHERE n.checkpoint_id = i.checkpoint_id AND q.state = ANY(%(open)s))
                    THEN 'waiting' ELSE 'pending' END AS state, s.cohort_id, s.college_id, s.level
                FROM leaving_clearanceitem i JOIN leaving_clearancesheet s ON s.id = i.sheet_id
                WHERE i.sheet_id = ANY(%(sheets)s::bigint[]) AND i.state IN ('waiting', 'pending')
                ORDER BY i.id FOR NO KEY UPDATE OF i
            ), changed AS (
                UPDATE leaving_clearanceitem i SET state = d.state, changed_xid = {XID}
                FROM should d WHERE d.id = i.id AND d.state <> i.state
                RETURNING i.checkpoint_id, d.before, d.state AS after, d.cohort_id, d.college_id, d.level
            )
            {items_moved("changed")}
            """,  # noqa: S608
            {"open": OPEN, "sheets": array(sheets)},
        )


def clear_complete(
    sheets: list[int] | None, *, actor: User | None, cohort: Cohort | None = None
) -> list[int]:
    """Clears those of these sheets (ids) on which nothing is open and something is done; returns them (C9).

    Not those that wait for edited rules to be published: what is asked for there is not settled before.
    With `cohort`, the one that all of them are of, they may be tens of thousands; None are all that it has, when all were made
    just now. Issues the certificates and sends `sheets_cleared`. The door must be open and the sheets held.
    """
    # Of a whole cohort those with something done, found in one scan: when it is opened they are few.
    among = "" if sheets is None else "AND i.sheet_id IN (SELECT unnest(%(sheets)s::bigint[]))"
    of_cohort = f"""(SELECT DISTINCT i.sheet_id FROM leaving_clearanceitem i JOIN leaving_checkpoint c ON c.id = i.checkpoint_id
        WHERE c.cohort_id = %(cohort)s AND i.state = ANY(%(done)s) {among})"""  # noqa: S608  a constant
    which = of_cohort if cohort else "unnest(%(sheets)s::bigint[])"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH complete AS (
                SELECT w.id FROM {which} AS w (id)
                LEFT JOIN LATERAL (  -- one look per sheet; as NOT EXISTS it would become a scan of all open items
                    SELECT 1 AS one FROM leaving_clearanceitem i
                    WHERE i.sheet_id = w.id AND i.state = ANY(%(open)s) LIMIT 1) missing ON true
                LEFT JOIN LATERAL (
                    SELECT 1 AS one FROM leaving_clearanceitem i
                    WHERE missing.one IS NULL AND i.sheet_id = w.id AND i.state = ANY(%(done)s) LIMIT 1) achieved ON true
                WHERE missing.one IS NULL AND achieved.one IS NOT NULL
            ), cleared AS (
                UPDATE leaving_clearancesheet SET state = 'cleared', cleared_at = now() WHERE id IN (
                    SELECT s.id FROM leaving_clearancesheet s JOIN complete ON complete.id = s.id
                    WHERE s.state = 'open' AND NOT s.waits_for_rules ORDER BY s.id FOR NO KEY UPDATE OF s)
                RETURNING id, graduate_id, cohort_id, college_id, level
            ), counted AS ({sheets_moved("cleared", before=SheetState.OPEN, after=SheetState.CLEARED)})
            SELECT id, graduate_id FROM cleared
            """,  # noqa: S608
            {
                "sheets": array(sheets or []),
                "cohort": cohort.pk if cohort else None,
                "open": OPEN,
                "done": DONE,
            },
        )
        rows = sorted(cursor.fetchall())
    if not rows:
        return []
    cleared = [row[0] for row in rows]
    issue_certificates(sheets=cleared)
    sheets_cleared.send(ClearanceSheet, sheet_ids=cleared, graduate_ids=[row[1] for row in rows], actor=actor)
    return cleared


def open_again(batch: DecisionBatch, *, mine: Mine, actor: User) -> list[int]:
    """Opens the sheets that `batch` cleared, and revokes their certificates: nothing can have been decided on them since."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH opened AS (UPDATE leaving_clearancesheet SET state = 'open', cleared_at = NULL WHERE id IN (
                SELECT s.id FROM leaving_clearancesheet s
                WHERE s.state = 'cleared' AND s.id IN (
                    SELECT i.sheet_id FROM leaving_decision d JOIN leaving_clearanceitem i ON i.id = d.item_id
                    WHERE d.batch_id = %(batch)s AND {MINE})
                AND NOT EXISTS (
                    SELECT 1 FROM leaving_decision l JOIN leaving_clearanceitem i ON i.id = l.item_id
                    WHERE i.sheet_id = s.id AND l.batch_id > %(batch)s AND NOT EXISTS (
                        -- what data decided at once because of this batch is not somebody's later decision
                        SELECT 1 FROM leaving_decisionbatch f
                        WHERE f.id = l.batch_id AND f.how = 'data' AND f.xid = %(xid)s)))
            RETURNING id, graduate_id, cohort_id, college_id, level
            ), counted AS ({sheets_moved("opened", before=SheetState.CLEARED, after=SheetState.OPEN)})
            SELECT id, graduate_id FROM opened
            """,  # noqa: S608  a constant; values are parameters
            {
                "batch": batch.pk,
                "xid": batch.xid,
                "system": mine.system,
                "departments": mine.departments,
                "user": mine.user,
                "delegated": mine.delegated,
            },
        )
        rows = sorted(cursor.fetchall())
    sheets = [row[0] for row in rows]
    if sheets:
        revoke_certificates(sheets=sheets, reason=_("The decision it rested on was taken back."))
        sheets_reopened.send(
            ClearanceSheet, sheet_ids=sheets, graduate_ids=[row[1] for row in rows], actor=actor
        )
    return sheets


def close_sheets(sheets: list[int], *, actor: User | None, reason: str) -> int:
    """Closes these sheets (ids), which wait for nobody any more (G5); returns how many. Items keep their states.

    Certificates in force are revoked for `reason`, and `sheets_reopened` is sent for those that were cleared: the clearing is
    taken back. The door must be open and the sheets held, so that no decision comes between.
    """
    closing = ClearanceSheet.objects.filter(pk__in=sheets).exclude(state=SheetState.CLOSED)
    before = list(closing.order_by("pk").values_list("pk", "graduate", "state"))
    count_again([sheet for sheet, _graduate, _state in before], sign=-1)
    closing.update(state=SheetState.CLOSED, cleared_at=None)
    cleared = [(sheet, graduate) for sheet, graduate, state in before if state == SheetState.CLEARED]
    if cleared:
        ids = [sheet for sheet, _graduate in cleared]
        revoke_certificates(sheets=ids, reason=reason)
        sheets_reopened.send(
            ClearanceSheet,
            sheet_ids=ids,
            graduate_ids=[graduate for _sheet, graduate in cleared],
            actor=actor,
        )
    return len(before)


def open_closed_sheets(sheets: list[int]) -> int:
    """Opens these closed sheets (ids) again, with their items as they were; returns how many.

    Whoever calls it brings them in line with the rules, which clears what is complete. The door must be open.
    """
    closed = ClearanceSheet.objects.filter(pk__in=sheets, state=SheetState.CLOSED)
    opened = list(closed.order_by("pk").values_list("pk", flat=True))
    ClearanceSheet.objects.filter(pk__in=opened).update(state=SheetState.OPEN)
    count_again(opened, sign=1)
    return len(opened)
