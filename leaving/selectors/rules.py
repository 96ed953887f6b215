"""What publishing the rules would do, before it is done: the simulator (C3; decision 13)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core import serializers
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from leaving.choices import Change, CohortState, ItemState, RuleOutcome, SheetState
from leaving.models import Checkpoint, ClearanceSheet, Cohort, Graduate, RulesPublication
from leaving.presets import PUBLISHED
from leaving.selectors.alignment import Plan, plan
from leaving.selectors.applicability import checkpoints_of, prerequisites
from portal.accounts.access import Rule
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import holds_university_wide

sets_up_cohorts = Rule(
    "sets up and opens cohorts",
    lambda user: user.is_authenticated and holds_university_wide(user, Right.OPEN_COHORT),
)

_TO_DO = f"('{ItemState.PENDING}', '{ItemState.WAITING}')"
_CHANGE = f"""CASE
    WHEN item_id IS NULL AND after IS NULL THEN '{Change.ABSENT}'
    WHEN NOT undecided THEN CASE WHEN outcome = '{RuleOutcome.REQUIRED}' THEN '{Change.KEEPS}' ELSE '{Change.STANDS}' END
    WHEN after IS NULL OR rule_id IS NULL AND before <> '{ItemState.EXEMPT}' THEN '{Change.LOSES}'
    WHEN before IN {_TO_DO} AND after IN {_TO_DO} AND before <> after
        THEN CASE after WHEN '{ItemState.WAITING}' THEN '{Change.WAITS}' ELSE '{Change.FREED}' END
    WHEN before = after THEN CASE WHEN after IN {_TO_DO} AND outcome = '{RuleOutcome.PASSED}'
        THEN '{Change.STANDS}' ELSE '{Change.KEEPS}' END
    WHEN after IN {_TO_DO} THEN '{Change.GAINS}'
    WHEN after = '{ItemState.PASSED}' THEN '{Change.PASSES}'
    ELSE '{Change.EXEMPT}' END"""
_OPEN = f"coalesce(after IN ('{ItemState.PENDING}', '{ItemState.WAITING}', '{ItemState.FAILED}'), false)"
# Beside the changes, what else is counted and can be asked for by name.
ALSO = {
    "moves": f"""({_OPEN} AND item_id IS NOT NULL
        AND (owner_id, supervisor_id) IS DISTINCT FROM (had_owner, had_supervisor))""",
    "held": f"(coalesce(after = '{ItemState.WAITING}', false))",
    "nobody": f"({_OPEN} AND owner_id IS NULL AND supervisor_id IS NULL)",
    "cleared": "complete",
}


@dataclass(slots=True)
class Figures:
    """How many graduates each change of one checkpoint concerns.

    Besides: `moves`, whose open item somebody else decides; `held`, whose item will wait for another; `nobody`, whose open item
    nobody decides, because there is no such department or supervisor.
    """

    checkpoint: Checkpoint
    changes: dict[Change, int] = field(default_factory=dict)
    moves: int = 0
    held: int = 0
    nobody: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.moves) or any(self.changes.get(change) for change in Change.real())


@dataclass(frozen=True, slots=True)
class Simulation:
    """What publishing would do: per checkpoint in order; to how many graduates; how many of them have no sheet yet; how many
    sheets would be complete; how many wait for it, because they were made or should have changed while rules were edited."""

    lines: list[Figures]
    graduates: int = 0
    without_sheet: int = 0
    cleared: int = 0
    waiting: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.cleared or self.without_sheet or self.waiting) or any(
            line.changed for line in self.lines
        )


def simulate(cohort: Cohort, checkpoints: Sequence[Checkpoint] | None = None) -> Simulation:
    """Counts the plan for the whole cohort, in two statements, whatever its size. Nothing is written or locked.

    Cleared sheets are left out, as publishing leaves them alone. `checkpoints`, when they are at hand already, are as
    `checkpoints_of` fetches them.
    """
    checkpoints = checkpoints_of(cohort.pk) if checkpoints is None else checkpoints
    if not checkpoints:
        return Simulation([])
    planned = _plan(cohort, checkpoints)
    also = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in ALSO.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT checkpoint_id, {_CHANGE} AS change, count(*), count(*) FILTER (WHERE sheet_id IS NULL), {also}
            FROM ({planned.sql}) p GROUP BY 1, 2""",  # noqa: S608  names of this module; values are parameters
            planned.parameters,
        )
        rows = cursor.fetchall()
    lines = {checkpoint.pk: Figures(checkpoint) for checkpoint in checkpoints}
    first = checkpoints[0].pk  # every graduate has a row for every checkpoint
    for pk, change, number, _new, moves, held, nobody, _cleared in rows:
        line = lines[pk]
        line.changes[Change(change)] = number
        line.moves, line.held, line.nobody = line.moves + moves, line.held + held, line.nobody + nobody
    return Simulation(
        list(lines.values()),
        graduates=sum(row[2] for row in rows if row[0] == first),
        without_sheet=sum(row[3] for row in rows if row[0] == first),
        cleared=sum(row[-1] for row in rows if row[0] == first),
        waiting=ClearanceSheet.objects.filter(
            cohort=cohort, state=SheetState.OPEN, waits_for_rules=True
        ).count(),
    )


def concerned(cohort: Cohort, what: str, checkpoint: Checkpoint | None = None) -> QuerySet[Graduate]:
    """The graduates whom `what` concerns: a change of `checkpoint`, or a name in `ALSO`. `cleared` needs no checkpoint."""
    checkpoints = checkpoints_of(cohort.pk)
    if checkpoint is not None:  # what it waits for decides its rows, nothing else does
        needs = prerequisites(checkpoints)[checkpoint.pk] | {checkpoint.pk}
        checkpoints = [one for one in checkpoints if one.pk in needs]
    if not checkpoints:
        return Graduate.objects.none()
    planned = _plan(cohort, checkpoints)
    condition, values = (ALSO[what], []) if what in ALSO else (f"{_CHANGE} = %s", [what])
    sql = f"SELECT graduate_id FROM ({planned.sql}) p WHERE checkpoint_id = %s AND {condition}"  # noqa: S608
    one = checkpoint.pk if checkpoint else checkpoints[0].pk
    return Graduate.objects.filter(pk__in=RawSQL(sql, [*planned.parameters, one, *values]))  # noqa: S611


def _plan(cohort: Cohort, checkpoints: Sequence[Checkpoint]) -> Plan:
    """The plan for everyone whom opening the cohort concerns."""
    with_sheet = Exists(ClearanceSheet.objects.filter(graduate=OuterRef("pk"), cohort=cohort))
    return plan(
        checkpoints,
        sheets=ClearanceSheet.objects.filter(cohort=cohort, state=SheetState.OPEN),
        graduates=Graduate.objects.filter(~with_sheet, cohort=cohort),
    )


def fingerprint(checkpoints: Sequence[Checkpoint]) -> str:
    """Tells whether checkpoints (as `checkpoints_of` fetches them) and their rules are those that somebody looked at."""
    everything: list[Any] = [*checkpoints, *(rule for one in checkpoints for rule in one.rules.all())]
    return hashlib.sha256(serializers.serialize("json", everything).encode()).hexdigest()


def cohort_at_hand() -> Cohort | None:
    """The cohort whose rules one most likely wants to see: the one that is open, else in preparation, else closed."""
    places = {CohortState.OPEN: 0, CohortState.PREPARED: 1, CohortState.CLOSED: 2}
    return min(
        Cohort.objects.all(), key=lambda one: (places[CohortState(one.state)], -one.year), default=None
    )


def colleges_not_found() -> list[str]:
    """The colleges that the published rules name and that are not set up under these names: there, rules say less."""
    named = {name for checkpoint in PUBLISHED for rule in checkpoint.rules for name in rule.colleges}
    known = Department.objects.filter(kind=DepartmentKind.COLLEGE, name_zh__in=named)
    return sorted(named - set(known.values_list("name_zh", flat=True)))


def last_publication(cohort: Cohort) -> RulesPublication | None:
    """The latest publication of its rules, with the person."""
    return cohort.publications.select_related("actor").first()
