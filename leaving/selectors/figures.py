"""The figures of a selection: totals, a table of colleges or classes against checkpoints, clearances by day, pace (C10).

Of colleges all of it is read from what is kept (`counters`, `pace`), whatever the size of the cohort; of classes, and of a
dormitory office, whose checkpoint it shares with that of another campus, the items are counted.
"""

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from leaving.choices import ItemState, Level, OwnerKind, SheetState
from leaving.models import Checkpoint, ClearanceDay, ClearanceItem, Measurement, Pace, SchoolClass
from leaving.selectors.counters import counts
from leaving.selectors.statistics import Selection, checkpoints
from portal.departments.models import Department
from portal.localized import localized

_IN_ORDER = ("checkpoint__order", "checkpoint__number", F("owner__order").asc(nulls_first=True), "owner")
_NUMBERS = re.compile(r"(\d+)")
Counted = tuple[
    int | None, int | None, str, int
]  # checkpoint (None: the sheet), college or class, state, how many


@dataclass(slots=True)
class Tally:
    """How many items are in which state."""

    done: int = 0
    failed: int = 0
    pending: int = 0
    waiting: int = 0

    def add(self, state: str, n: int) -> None:
        if state in ItemState.done():
            self.done += n
        elif state in ItemState.open():
            setattr(self, state, getattr(self, state) + n)

    @property
    def total(self) -> int:
        return self.done + self.failed + self.pending + self.waiting

    @property
    def missing(self) -> int:
        return self.failed + self.pending + self.waiting

    @property
    def share(self) -> int:
        """Done, in percent, rounded down: 100 is all of them."""
        return self.done * 100 // self.total if self.total else 100

    @property
    def heat(self) -> int:
        """The share in five steps, for the shade of a cell."""
        return min(self.share // 20, 4) if self.share < 100 else 5


@dataclass(slots=True)
class Row:
    """A college or a class: graduates with a sheet, those cleared, and its items of each checkpoint."""

    label: str
    college: Department | None = None
    school_class: SchoolClass | None = None
    graduates: int = 0
    cleared: int = 0
    cells: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def share(self) -> int:
        return self.cleared * 100 // self.graduates if self.graduates else 0

    @property
    def items(self) -> Tally:
        """All checkpoints together."""
        return added(self.cells.values())

    def add(self, checkpoint: int | None, state: str, n: int) -> None:
        if checkpoint is not None:
            self.cells[checkpoint].add(state, n)
            return
        self.graduates += n if state in SheetState.shown() else 0
        self.cleared += n if state == SheetState.CLEARED else 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows against columns, and all rows together."""

    columns: list[Checkpoint]
    rows: list[Row]
    total: Row


def added(tallies: Iterable[Tally]) -> Tally:
    """Tallies together."""
    tally = Tally()
    for one in tallies:
        tally.done += one.done
        tally.failed += one.failed
        tally.pending += one.pending
        tally.waiting += one.waiting
    return tally


def table_of(selection: Selection) -> Table:
    """The table of a selection. Of a university three queries, two of them on the kept counters' side."""
    columns = checkpoints(selection.cohort, selection.sight)
    shown = {column.pk for column in columns}
    of_classes = selection.of_classes
    counted = _counted_by_class(selection) if of_classes else _counted_by_college(selection, columns)
    total = Row(_("All"))
    rows: dict[int | None, Row] = {}
    for checkpoint, key, state, n in counted:
        if checkpoint not in shown and (checkpoint is not None or selection.sight.office):
            continue  # an office has its own checkpoints, not whether somebody is cleared
        for row in (rows.setdefault(key, Row("")), total):
            row.add(checkpoint, state, n)
    found = _classes(rows) if of_classes else _colleges(rows)
    return Table([column for column in columns if total.cells[column.pk].total], found, total)


def _counted_by_college(selection: Selection, columns: list[Checkpoint]) -> Iterable[Counted]:
    shared = [column.pk for column in columns if column.owner_kind == OwnerKind.DORMITORY]
    live = shared if selection.sight.office else []
    for one in counts(selection.cohort.pk, levels=selection.levels):
        if one.checkpoint not in live:
            yield one.checkpoint, one.college, one.state, one.n
    if live:
        items = ClearanceItem.objects.filter(
            selection.items(), sheet__in=selection.sheets(), checkpoint__in=live
        ).order_by()
        yield from items.values_list("checkpoint", "sheet__college", "state").annotate(n=Count("pk"))


def _counted_by_class(selection: Selection) -> Iterable[Counted]:
    sheets, of = selection.sheets().order_by(), "graduate__school_class"
    for key, state, n in sheets.values_list(of, "state").annotate(n=Count("pk")):
        yield None, key, state, n
    items = ClearanceItem.objects.filter(selection.items(), sheet__in=sheets).order_by()
    yield from items.values_list("checkpoint", f"sheet__{of}", "state").annotate(n=Count("pk"))


def _colleges(rows: dict[int | None, Row]) -> list[Row]:
    found = Department.objects.in_bulk([key for key in rows if key])
    for key, row in rows.items():
        if key:
            row.college = found[key]
            row.label = _short(found[key])
    return sorted(
        rows.values(), key=lambda row: (row.college.order, row.college.code) if row.college else (0, "")
    )


def _short(college: Department) -> str:
    """Its short name in the reader's language, where it has one."""
    chinese = (get_language() or "").startswith("zh")
    return (college.short_zh if chinese else college.short_en) or localized(college, "name")


def _classes(rows: dict[int | None, Row]) -> list[Row]:
    found = SchoolClass.objects.in_bulk([key for key in rows if key])
    for key, row in rows.items():
        row.school_class = found[key] if key else None
        row.label = f"{found[key].grade} {found[key].name}" if key else _("without a class")
    return sorted(rows.values(), key=lambda row: (row.school_class is None, _by_number(row.label)))


def _by_number(label: str) -> list[tuple[int, str]]:
    """Sorts class 2 before class 10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in _NUMBERS.split(label) if part]


def cleared_by_day(selection: Selection) -> list[tuple[datetime.date, int]]:
    """How many were cleared on each day, from the first to the last with any, none left out.

    Kept days up to the last measurement, and since then what is in the index; of classes counted. An office has no such days.
    """
    if selection.sight.office:
        return []
    sheets, days = selection.sheets().filter(state=SheetState.CLEARED), defaultdict[datetime.date, int](int)
    measured = Measurement.objects.filter(cohort=selection.cohort).first()
    if measured and not selection.of_one_class and selection.sight.classes is None:
        kept = ClearanceDay.objects.filter(cohort=selection.cohort)
        if college := selection.college.pk if selection.college else selection.sight.college:
            kept = kept.filter(college=college)
        if selection.levels:
            kept = kept.filter(level__in=selection.levels)
        for day, n in kept.order_by().values_list("day").annotate(total=Sum("n")):
            days[day] += n
        sheets = sheets.filter(cleared_at__gte=measured.as_of)
    for day, n in sheets.order_by().values_list(TruncDate("cleared_at")).annotate(n=Count("pk")):
        days[day] += n
    if not days:
        return []
    first, last = min(days), max(days)
    return [
        (day, days.get(day, 0))
        for day in (first + datetime.timedelta(days=after) for after in range((last - first).days + 1))
    ]


@dataclass(frozen=True, slots=True)
class PaceRow:
    """How quickly a checkpoint is decided, or how old the queue of one of those who decide it is."""

    checkpoint: Checkpoint
    owner: str
    decided: int
    median: datetime.timedelta | None
    ready: int
    oldest: datetime.timedelta | None
    half: datetime.timedelta | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, and when: the pace of each checkpoint, and the queues that are not empty, the oldest first."""

    as_of: datetime.datetime
    checkpoints: list[PaceRow]
    queues: list[PaceRow]


def pace_of(selection: Selection) -> Measured | None:
    """Pace and queues as last measured; of classes, or of one level, there are none. Two queries."""
    if selection.sight.classes is not None or selection.of_one_class or selection.level:
        return None
    measured = Measurement.objects.filter(cohort=selection.cohort).first()
    if measured is None:
        return None
    found = Pace.objects.filter(cohort=selection.cohort).select_related("checkpoint", "owner__parent")
    college = selection.college.pk if selection.college else selection.sight.college
    found = found.filter(college=college, postgraduates=selection.sight.levels is not None)
    if selection.sight.office:
        found = found.filter(owner=selection.sight.office)
    pace: list[PaceRow] = []
    queues: list[PaceRow] = []
    for one in found.order_by(*_IN_ORDER):
        row = _paced(one)
        if one.all_owners or selection.sight.office:
            pace.append(row)
        if not one.all_owners and row.ready:
            queues.append(row)
    return Measured(measured.as_of, pace, sorted(queues, key=_age, reverse=True))


def _paced(one: Pace) -> PaceRow:
    now = timezone.now()
    return PaceRow(
        one.checkpoint,
        str(one.owner) if one.owner else _("supervisors"),
        one.decided,
        one.median_duration,
        one.ready,
        now - one.oldest_since if one.oldest_since else None,
        now - one.median_since if one.median_since else None,
    )


def _age(row: PaceRow) -> datetime.timedelta:
    return row.oldest or datetime.timedelta()


def levels_in(selection: Selection) -> list[tuple[str, str]]:
    """The levels one may choose from."""
    return [(level.value, str(level.label)) for level in selection.sight.levels or Level]
