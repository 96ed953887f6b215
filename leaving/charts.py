"""Charts as rectangles for SVG: they read well on screen, on paper and without colours."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from leaving.selectors.figures import Tally

WEEKLY_FROM = 92  # days; more than that are shown by week
STATES = ("done", "failed", "pending", "waiting")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: its state, and where it is, in percent."""

    state: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a bar chart."""

    label: str
    tally: Tally
    segments: list[Segment]
    note: str = ""


def bar(label: str, tally: Tally, note: str = "") -> Bar:
    """The states of a tally side by side."""
    segments, x = [], 0.0
    for state in STATES:
        width = 100 * getattr(tally, state) / tally.total if tally.total else 0
        if width:
            segments.append(Segment(state, f"{x:.2f}%", f"{width:.2f}%"))
        x += width
    return Bar(label, tally, segments, note)


@dataclass(frozen=True, slots=True)
class Column:
    """A day, or a week from that day on: its rectangle in a box as wide as there are columns, and 100 high."""

    day: datetime.date
    n: int
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A column chart over time."""

    columns: list[Column]
    highest: int
    total: int
    weekly: bool

    @property
    def middle(self) -> Column:
        return self.columns[len(self.columns) // 2]


def timeline(days: Sequence[tuple[datetime.date, int]]) -> Timeline | None:
    """Days one by one, or a long time by the week; None without any."""
    if not days:
        return None
    weekly = len(days) > WEEKLY_FROM
    step = 7 if weekly else 1
    sums = [(days[at][0], sum(n for _day, n in days[at : at + step])) for at in range(0, len(days), step)]
    highest = max(n for _day, n in sums)
    columns = [
        Column(day, n, f"{place + 0.08:.2f}", f"{100 - 100 * n / highest:.2f}", f"{100 * n / highest:.2f}")
        for place, (day, n) in enumerate(sums)
    ]
    return Timeline(columns, highest, sum(n for _day, n in sums), weekly)
