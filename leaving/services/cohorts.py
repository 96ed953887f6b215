"""Opening a cohort: a sheet for everyone, and on it what the rules ask of them (C2 to C5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, DecidedBy, ItemState, RuleOutcome, SheetState
from leaving.models import Checkpoint, ClearanceSheet, Cohort
from leaving.models.clearance import DOOR
from leaving.selectors.alignment import plan, wishes
from leaving.selectors.applicability import check_no_cycle, checkpoints_of, prerequisites
from leaving.selectors.in_force import edited_since_published
from leaving.services import counters
from leaving.services.by_data import forget_others, let_data_decide
from leaving.services.changes import XID
from leaving.services.checkpoints import refuse_unless_may_set_up
from leaving.services.in_force import put_in_force
from leaving.services.states import array, clear_complete, settle_waiting
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import door, one_transaction
from portal.errors import Refused

TO_DO = f"('{ItemState.PENDING}', '{ItemState.WAITING}')"
BY_RULE = f"CASE WHEN after = '{ItemState.PASSED}' THEN '{DecidedBy.RULE}' ELSE '' END"
SINCE_NOW = f"CASE WHEN after = '{ItemState.PASSED}' THEN now() END"


@dataclass(slots=True)
class Opened:
    """What opening did, in sheets and items. A second run without changes is all zeros."""

    sheets: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    cleared: list[int] = field(default_factory=list)


@one_transaction
def open_cohort(*, cohort: Cohort, actor: User | None) -> Opened:
    """Makes the sheets and items of a cohort, or brings them in line with the rules and the graduates' data as they are now.

    Idempotent. What it does to sheets that are there is what `leaving.selectors.alignment.plan` says. Decisions made by people
    stay as they are, and so do cleared sheets. Sheets that are complete by a change of rules are cleared. Audited as
    `cohort.opened`. Raises Refused without the right, for a closed cohort, without checkpoints, or when checkpoints wait for
    each other in a circle.
    """
    refuse_unless_may_set_up(actor)
    cohort = Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
    checkpoints = checkpoints_of(cohort.pk)
    refuse_unless_can_be_opened(cohort, checkpoints)
    if cohort.state == CohortState.PREPARED:
        cohort.state, cohort.opened_at = CohortState.OPEN, timezone.now()
        cohort.save(update_fields=["state", "opened_at"])
    return _bring_in_line(cohort, checkpoints, actor=actor)


def refuse_unless_can_be_opened(cohort: Cohort, checkpoints: Sequence[Checkpoint]) -> None:
    """Raises Refused for a closed cohort, without any rule, or when checkpoints wait for each other in a circle."""
    if cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("The cohort %(year)s is closed.") % {"year": cohort.code})
    if not any(checkpoint.rules.all() for checkpoint in checkpoints):
        raise Refused(
            "checkpoints_missing",
            _("The cohort %(year)s has no checkpoints yet. Set them up in the administration.")
            % {"year": cohort.code},
        )
    check_no_cycle(prerequisites(checkpoints), checkpoints)


@one_transaction
def open_sheets_for(*, graduates: Iterable[int], actor: User | None) -> Opened:
    """The same for these graduates (ids) only, where their cohort is open: for additions and corrections after the opening.

    Where rules have been edited since they were last published, no draft changes a sheet that is there, and none clears one: new
    sheets are made by the rules as they are now, so that nobody waits for one; sheets that are there stay as they are; and all
    of these wait for the publication (`waits_for_rules`) before they can be cleared. Everyone else's sheet is not touched.
    Nothing happens for cohorts that are not open. The caller answers for the right to change the graduates.
    """
    ids = sorted(set(graduates))
    done = Opened()
    cohorts = (
        Cohort.objects.filter(state=CohortState.OPEN, graduates__in=ids)
        .distinct()
        .values_list("pk", flat=True)
    )
    for cohort in Cohort.objects.select_for_update(no_key=True).filter(pk__in=list(cohorts)).order_by("pk"):
        part = _bring_in_line(cohort, checkpoints_of(cohort.pk), actor=actor, graduates=ids)
        done.sheets += part.sheets
        done.added += part.added
        done.changed += part.changed
        done.removed += part.removed
        done.cleared += part.cleared
    return done


def _bring_in_line(
    cohort: Cohort,
    checkpoints: Sequence[Checkpoint],
    *,
    actor: User | None,
    graduates: list[int] | None = None,
) -> Opened:
    check_no_cycle(prerequisites(checkpoints), checkpoints)
    if graduates is None:
        put_in_force(cohort, checkpoints)
    edited = graduates is not None and edited_since_published(checkpoints)
    done = Opened()
    old = ClearanceSheet.objects.filter(cohort=cohort, state=SheetState.OPEN)
    if graduates is not None:
        old = old.filter(graduate__in=graduates)
    held = list(old.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    with door(DOOR):
        first = _make_sheets(cohort, graduates, done)
        new = ClearanceSheet.objects.filter(cohort=cohort, pk__gte=first)
        if done.sheets:
            done.added += _add(new, checkpoints) if checkpoints else 0
            counters.count_in(cohort=cohort.pk, since=first)
        if held and not edited:
            # These and no others: a sheet that was cleared may have been opened again since, which nobody counts here.
            old = ClearanceSheet.objects.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [array(held)]))
            counters.count_again(held, sign=-1)
            _follow_graduates(held)
            _align(old, checkpoints, done)
            counters.count_again(held, sign=1)
        made = list(new.values_list("pk", flat=True)) if done.sheets else []
        touched = [*held, *made]
        if edited:
            ClearanceSheet.objects.filter(pk__in=touched).update(waits_for_rules=True)
            settle_waiting(made)
        if any(checkpoint.decided_by_data for checkpoint in checkpoints):
            if held:
                forget_others(held)
            let_data_decide(touched)
        whole = graduates is None
        all_new = whole and not held
        done.cleared = clear_complete(
            None if all_new else touched, cohort=cohort if whole else None, actor=actor
        )
    record(
        "cohort.opened",
        actor=actor,
        target=f"leaving.cohort:{cohort.code}",
        details={
            "sheets": done.sheets,
            "items_added": done.added,
            "items_changed": done.changed,
            "items_removed": done.removed,
            "cleared": len(done.cleared),
            "graduates": None if graduates is None else len(graduates),
        },
    )
    return done


def _make_sheets(cohort: Cohort, graduates: list[int] | None, done: Opened) -> int:
    """Sheets for those who have none, in the order of the class lists, which is that of every queue; the first new id.

    The caller holds the cohort, so no two make a sheet for the same graduate.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO leaving_clearancesheet (graduate_id, cohort_id, college_id, level)
                SELECT g.id, g.cohort_id, g.college_id, g.level FROM leaving_graduate g
                LEFT JOIN leaving_schoolclass c ON c.id = g.school_class_id
                WHERE g.id IN (  -- as NOT EXISTS it would scan, for each of them, what this statement is writing
                    SELECT id FROM leaving_graduate
                    WHERE cohort_id = %(cohort)s AND (%(graduates)s::bigint[] IS NULL OR id = ANY(%(graduates)s))
                    EXCEPT SELECT graduate_id FROM leaving_clearancesheet WHERE cohort_id = %(cohort)s)
                ORDER BY g.college_id, c.name, g.student_no
                RETURNING id)
            SELECT count(*), coalesce(min(id), 0) FROM made
            """,
            {"cohort": cohort.pk, "graduates": graduates},
        )
        done.sheets, first = cursor.fetchone()
    return int(first)


def _follow_graduates(sheets: list[int]) -> None:
    """Sheets of graduates who have changed college or level since, and those that waited for the rules."""
    _run(
        """
        UPDATE leaving_clearancesheet s SET college_id = g.college_id, level = g.level, waits_for_rules = false
        FROM leaving_graduate g
        WHERE g.id = s.graduate_id AND s.id = ANY(%s)
            AND (s.college_id, s.level, s.waits_for_rules) IS DISTINCT FROM (g.college_id, g.level, false)""",
        [sheets],
    )


def _add(sheets: QuerySet[ClearanceSheet], checkpoints: Sequence[Checkpoint]) -> int:
    """Inserts all items of new sheets, sheet by sheet: so every index but the queue's only grows at its end."""
    wanted = wishes(checkpoints, sheets=sheets)
    return _run(
        f"""
        INSERT INTO leaving_clearanceitem
            (sheet_id, checkpoint_id, owner_id, supervisor_id, rule_id, state, decided_how, decided_at)
        SELECT sheet_id, checkpoint_id, owner_id, supervisor_id, rule_id, after, {BY_RULE}, {SINCE_NOW}
        FROM ({wanted.sql}) wanted""",  # noqa: S608
        wanted.parameters,
    )


def _align(sheets: QuerySet[ClearanceSheet], checkpoints: Sequence[Checkpoint], done: Opened) -> None:
    """Carries out the plan on existing sheets, which the caller holds, in one statement. What people decided stands.

    An item that is not wanted any more is deleted, or, where something in the database refers to it, kept out of the way.
    """
    planned = plan(checkpoints, sheets=sheets)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH plan AS MATERIALIZED (
                SELECT *, rule_id IS NULL OR outcome = '{RuleOutcome.PASSED}' AND after IN {TO_DO}
                    OR (before IN {TO_DO} AND after IN {TO_DO}) OR before = after AS stays
                FROM ({planned.sql}) p
                WHERE (after, rule_id, owner_id, supervisor_id) IS DISTINCT FROM (before, had_rule, had_owner, had_supervisor)
                    AND (item_id IS NOT NULL OR after IS NOT NULL)
            ), added AS (
                INSERT INTO leaving_clearanceitem
                    (sheet_id, checkpoint_id, owner_id, supervisor_id, rule_id, state, decided_how, decided_at)
                SELECT sheet_id, checkpoint_id, owner_id, supervisor_id, rule_id, after, {BY_RULE}, {SINCE_NOW}
                FROM plan WHERE item_id IS NULL ORDER BY checkpoint_id, sheet_id
                RETURNING 1
            ), changed AS (
                UPDATE leaving_clearanceitem i
                SET state = p.after, rule_id = p.rule_id, owner_id = p.owner_id, supervisor_id = p.supervisor_id,
                    decided_how = CASE WHEN p.stays THEN i.decided_how ELSE {BY_RULE} END,
                    decided_at = CASE WHEN p.stays THEN i.decided_at ELSE {SINCE_NOW} END,
                    decided_by_id = CASE WHEN p.stays THEN i.decided_by_id END,
                    decided_for_id = CASE WHEN p.stays THEN i.decided_for_id END,
                    reason = CASE WHEN p.stays THEN i.reason ELSE '' END,
                    reason_en = CASE WHEN p.stays THEN i.reason_en ELSE '' END,
                    changed_xid = CASE WHEN p.after = p.before THEN i.changed_xid ELSE {XID} END
                FROM plan p WHERE i.id = p.item_id AND p.after IS NOT NULL
                RETURNING p.rule_id IS NULL AND p.before <> p.after AS hidden
            ), removed AS (
                DELETE FROM leaving_clearanceitem i USING plan p WHERE i.id = p.item_id AND p.after IS NULL RETURNING 1
            )
            SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed WHERE NOT hidden),
                (SELECT count(*) FROM changed WHERE hidden) + (SELECT count(*) FROM removed)""",  # noqa: S608
            planned.parameters,
        )
        added, changed, removed = cursor.fetchone()
    done.added, done.changed, done.removed = (
        done.added + added,
        done.changed + changed,
        done.removed + removed,
    )


def _run(sql: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
