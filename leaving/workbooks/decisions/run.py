"""One pass over a list of decisions: every row finds its item, what already is so is left, the rest goes through the door."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from leaving.choices import DecidedBy, ItemState, SheetState, Verb
from leaving.models import Checkpoint, ClearanceItem, Graduate
from leaving.selectors.clearance import snapshot
from leaving.selectors.in_force import before_in_force
from leaving.selectors.reasons import NO_REASON, Reason, ReasonBook
from leaving.selectors.sheets import who_decided
from leaving.services.changes import TO, possible
from leaving.services.clearance import Skipped, decide
from leaving.services.states import held_up
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.cells import name as cleaned_name
from portal.accounts.services import same_name
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import departments_where
from portal.errors import Refused
from portal.localized import localized
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row, Run

NAMED = 3  # of those with whom something has changed meanwhile
DECIDED = (
    ItemState.FAILED,
    ItemState.PASSED,
)  # may be decided once more: all that failed, and what data passed


class _Line(NamedTuple):
    """A row as it is meant."""

    row: int
    student_no: str | None
    name: str | None
    verb: Verb | None
    reason: Reason


class _Wrong(Exception):
    """What is wrong with a row: column, code, and what its message names."""

    def __init__(self, column: str, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.column, self.code, self.params = column, code, params

    def fault(self, row: int) -> Fault:
        return Fault(row, self.column, self.code, params=self.params)


class DecisionsRun(Run):
    """Checks and decides one list for one checkpoint; with a department, for that one's items only."""

    def __init__(self, batch: ImportBatch, checkpoint: Checkpoint, department: Department | None) -> None:
        self._batch = batch
        self._checkpoint = checkpoint
        mine = departments_where(batch.actor, Right.DECIDE).order_by().values_list("pk", flat=True)
        self._mine = {department.pk} if department else set(mine)
        self._book = ReasonBook(batch.actor)
        self._before = before_in_force([checkpoint.pk])[checkpoint.pk]
        self._rows: dict[str, int] = {}
        self._decided: defaultdict[Verb, dict[int, Reason]] = defaultdict(dict)
        self._unchanged = 0
        # What its person has seen: of what has changed since the check they know nothing.
        self._looked: dict[str, str] = batch.kept or {"seen": snapshot(), "at": timezone.now().isoformat()}

    def check(self, rows: Sequence[Row]) -> Iterator[Fault]:
        """Two queries a block; one more where something was decided already, and one where somebody waits for a gate."""
        lines = [self._line(number, *values) for number, values in rows]
        numbers = {line.student_no for line in lines if line.student_no}
        items = self._items(numbers)
        missing = self._missing(numbers - items.keys())
        gates = self._gates(items.values())
        for line in lines:
            if line.verb in (Verb.FAIL, Verb.WAIVE) and not line.reason:
                yield Fault(line.row, "reason", "reason_missing")
            if line.student_no is None:
                continue
            try:
                self._once(line.student_no, line.row)
                if line.student_no not in items:
                    raise missing.get(line.student_no) or _Wrong("student_no", "student_unknown")
                self._take(line, items[line.student_no], gates)
            except _Wrong as wrong:
                yield wrong.fault(line.row)

    def _line(
        self, row: int, student_no: str | None, name: str | None, result: str | None, reason: str | None
    ) -> _Line:
        verb = Verb(result) if result else None
        return _Line(row, student_no, name, verb, self._book.reason(reason) if reason else NO_REASON)

    # --- what the database says ---

    def _items(self, numbers: Iterable[str]) -> dict[str, ClearanceItem]:
        found = ClearanceItem.objects.filter(
            checkpoint=self._checkpoint,
            sheet__graduate__student_no__in=numbers,
            sheet__state__in=SheetState.shown(),
        ).select_related(
            "sheet__graduate", "checkpoint", "owner__parent", "supervisor", "decided_by", "decided_for"
        )
        return {item.sheet.graduate.student_no: item for item in found}

    def _missing(self, numbers: Iterable[str]) -> dict[str, _Wrong]:
        """What is wrong with the graduates who have no such item."""
        wrong: dict[str, _Wrong] = {}
        graduates = Graduate.objects.filter(student_no__in=numbers).select_related("cohort")
        with_sheet = graduates.filter(
            sheets__cohort=self._checkpoint.cohort_id, sheets__state__in=SheetState.shown()
        )
        sheets = set(with_sheet.values_list("student_no", flat=True)) if numbers else set()
        for graduate in graduates if numbers else ():
            if graduate.student_no in sheets:
                wrong[graduate.student_no] = _Wrong("student_no", "not_on_sheet")
            elif graduate.cohort_id != self._checkpoint.cohort_id:
                wrong[graduate.student_no] = _Wrong("student_no", "other_cohort", cohort=graduate.cohort.code)
            else:
                wrong[graduate.student_no] = _Wrong("student_no", "no_sheet")
        return wrong

    def _gates(self, items: Iterable[ClearanceItem]) -> Mapping[int, list[Checkpoint]]:
        """Sheet → what has to be passed first. What was decided before a gate was opened again waits for it as well."""
        decided = {item.pk: item.sheet_id for item in items if item.state in DECIDED}
        sheets = [item.sheet_id for item in items if item.state == ItemState.WAITING]
        sheets += [decided[pk] for pk in held_up(list(decided))] if decided else []
        first_of: defaultdict[int, list[Checkpoint]] = defaultdict(list)
        if sheets:
            first = ClearanceItem.objects.filter(
                sheet__in=sheets, checkpoint__in=self._before, state__in=ItemState.open()
            )
            for item in first.select_related("checkpoint").order_by("checkpoint__order"):
                first_of[item.sheet_id].append(item.checkpoint)
        return first_of

    # --- what a row means ---

    def _once(self, student_no: str, row: int) -> None:
        first = self._rows.setdefault(student_no, row)
        if first != row:
            raise _Wrong("student_no", "twice", first=first)

    def _take(self, line: _Line, item: ClearanceItem, gates: Mapping[int, list[Checkpoint]]) -> None:
        """Keeps what is to be decided. Of somebody else's item nothing is told. Raises _Wrong."""
        if item.owner_id not in self._mine:
            raise _Wrong("student_no", "not_mine")
        graduate, first = item.sheet.graduate, gates.get(item.sheet_id, [])
        if line.name is not None and not _fits(line.name, graduate.name):
            raise _Wrong("name", "name_differs", known=graduate.name)
        if line.verb is None:
            return
        if item.state == TO[line.verb] and (
            item.state != ItemState.FAILED or item.reason == line.reason.text
        ):
            self._unchanged += 1
        elif item.sheet.state != SheetState.OPEN:
            raise _Wrong("result", "cleared", at=_time(item.sheet.cleared_at))
        elif item.state == ItemState.EXEMPT:
            raise _Wrong("student_no", "exempt")
        elif item.state == ItemState.WAITING or (first and line.verb in possible(item)):
            raise _Wrong("result", "waiting", **_both("gates", lambda: _names(first)))
        elif line.verb not in possible(item):
            said = _both("state", item.get_state_display) | _both("who", lambda: _who(item))
            raise _Wrong("result", "decided_otherwise", at=_time(item.decided_at), **said)
        else:
            self._decided[line.verb][item.pk] = line.reason

    # --- writing ---

    def apply(self) -> Outcome:
        """A dozen statements for each of the three results. Raises Refused when something has changed since the check."""
        decided = 0
        for verb in (Verb.FAIL, Verb.WAIVE, Verb.PASS):
            reasons = self._decided.get(verb)
            if not reasons:
                continue
            outcome = decide(
                items=reasons, verb=verb, actor=self._batch.actor, reasons=reasons, how=DecidedBy.WORKBOOK,
                seen=self._looked["seen"], workbook=self._batch,
            )  # fmt: skip
            if outcome.skipped:
                raise Refused("changed_meanwhile", self._meanwhile(outcome.skipped))
            decided += len(outcome.decided)
        return Outcome(updated=decided, unchanged=self._unchanged, kept=self._looked)

    def _meanwhile(self, skipped: Sequence[Skipped]) -> str:
        """What has become of whom between the check and now."""
        told = [
            _("%(name)s (%(news)s)") % {"name": one.item.sheet.graduate.name, "news": self._news(one.item)}
            for one in skipped[:NAMED]
            if one.item
        ]
        text = ngettext(
            "Meanwhile %(number)d row of the list has changed: %(who)s. Hand the list in again.",
            "Meanwhile %(number)d rows of the list have changed: %(who)s. Hand the list in again.",
            len(skipped),
        )
        return text % {"number": len(skipped), "who": _(", ").join(told) or "–"}

    def _news(self, item: ClearanceItem) -> str:
        """Who decided it; but what was handed in, or waited for a gate, nobody has decided."""
        if item.decided_at is None or item.decided_at < datetime.datetime.fromisoformat(self._looked["at"]):
            return _("new since the check, look at the item first")
        said = {"state": item.get_state_display(), "who": _who(item), "at": _time(item.decided_at)}
        return _("“%(state)s” by %(who)s, %(at)s") % said


def _fits(written: str, known: str) -> bool:
    """The same name, whichever dot it is written with."""
    with suppress(Problem):  # it can still be exactly what is on file
        written = cleaned_name(written)
    return same_name(written, known)


def _both(name: str, say: Callable[[], object]) -> dict[str, str]:
    """A parameter of a message in both languages: whoever reads the fault may not read the one it was found in."""
    said = {}
    for language, suffix in (("zh-hans", "zh"), ("en", "en")):
        with override(language):
            said[f"{name}_{suffix}"] = str(say())
    return said


def _names(checkpoints: Sequence[Checkpoint]) -> str:
    return _(", ").join(localized(checkpoint, "name") for checkpoint in checkpoints) or "…"


def _who(item: ClearanceItem) -> str:
    by = item.decided_by
    return (
        f"{who_decided(item)} ({by.name})" if by and by.name not in who_decided(item) else who_decided(item)
    )


def _time(at: object) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else "–"  # type: ignore[arg-type]
