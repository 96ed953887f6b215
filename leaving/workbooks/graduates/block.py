"""Some rows of a roster by column, and what combinations of cells become, worked out once each."""

import datetime
from collections.abc import Callable, Sequence
from typing import Any

from leaving.choices import DocumentType
from leaving.services.identity import mask
from leaving.workbooks.graduates import cells
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.columns import KEYS
from portal.workbooks.load import escaped
from portal.workbooks.runs import Fault, Row

RESIDENT = DocumentType.RESIDENT.value
REMEMBERED = 20_000

Answer = str | list[Problem]


def iso(value: datetime.date | None) -> str | None:
    """A date as it is stored and compared: 2026-06-30."""
    return None if value is None else value.isoformat()


class Answers(dict[Any, Answer]):
    """What combinations of cells become, remembered: the columns they are stored in, joined by tabs, or what is wrong."""

    def __init__(self, work_out: Callable[..., Answer], *, single: bool = False) -> None:
        super().__init__()
        self._work_out = work_out
        self._single = single
        self.broken = False

    def __missing__(self, key: Any) -> Answer:
        try:
            answer = self._work_out(key) if self._single else self._work_out(*key)
        except Problem as problem:
            answer = [problem]
        self.broken |= type(answer) is list
        if len(self) < REMEMBERED:
            self[key] = answer
        return answer


class Block:
    """Some rows by column, and the faults found in them so far."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.numbers: Sequence[int] = [number for number, _ in rows]
        self.cells: dict[str, Sequence[Any]] = dict(
            zip(KEYS, zip(*(values for _, values in rows), strict=True), strict=True)
        )
        self.faults: list[Fault] = []

    def answers(self, answers: Answers, *columns: str) -> list[Answer]:
        """The answers to the cells of some columns, row by row; what is wrong is put down as faults."""
        keys = (
            self.cells[columns[0]]
            if len(columns) == 1
            else zip(*(self.cells[c] for c in columns), strict=True)
        )
        found = list(map(answers.__getitem__, keys))
        if answers.broken:
            for place, answer in enumerate(found):
                if type(answer) is list:
                    for problem in answer:
                        self.fault(place, problem, columns[0])
        return found

    def texts(self, column: str) -> Sequence[Answer]:
        """A column whose cells stand for themselves, by its rule if any. Most cells differ, so nothing is remembered."""
        values = self.cells[column]
        rule = cells.RULES.get(column)
        if rule is None:
            found = [value or "" for value in values]
            return found if "\\" not in "".join(found) else list(map(escaped, found))
        try:
            return ["" if value is None else rule(value) for value in values]
        except Problem:
            return [self._text(rule, value, place, column) for place, value in enumerate(values)]

    def _text(self, rule: Callable[[str], str], value: str | None, place: int, column: str) -> Answer:
        if value is None:
            return ""
        try:
            return rule(value)
        except Problem as problem:
            self.fault(place, problem, column)
            return [problem]

    def fault(self, place: int, problem: Problem, column: str = "") -> None:
        """Puts a problem down. A document's number is quoted by its mask only (X2)."""
        column = problem.column or column
        value = self.cells[column][place] if column in self.cells else None
        if column == "document_no" and value is not None:
            value = mask(RESIDENT if len(value) > 8 else "", value)
        self.faults.append(
            Fault(
                self.numbers[place], column, problem.code, "" if value is None else str(value), problem.params
            )
        )
