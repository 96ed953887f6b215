"""Records that are locked: after clearing an import brings contacts and employers up to date, and nothing else (G7).

A locked column whose value is on file keeps it, and a row that says otherwise is a fault; what is not on file yet (the number
of the diploma, say) may still be filled in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from leaving.models import Graduate
from leaving.selectors.locks import OPEN_FIELDS, locked
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.target import TARGET
from portal.workbooks.load import NULL, escaped

COLUMNS = TARGET.key + TARGET.compared  # as a run writes them down
FOLLOWING = ("sort_key", "identity_mask")  # they follow from other columns
CELLS = {
    "identity_index": "document_no",
    "supervisor_id": "supervisor_no",
    "second_supervisor_id": "second_supervisor_no",
}
PLACES = [
    (place, name, CELLS.get(name, name.removesuffix("_id")))
    for place, name in enumerate(COLUMNS)
    if place and name not in (*OPEN_FIELDS, *FOLLOWING)
]
KEPT = [place for place, name in enumerate(COLUMNS) if place and name not in OPEN_FIELDS]


class Locked:
    """Of some known graduates, those that are locked, with what is on file."""

    def __init__(self, on_file: Mapping[str, Sequence[str]]) -> None:
        self._on_file = on_file

    @classmethod
    def among(cls, students: Iterable[str]) -> Self:
        """Of these student numbers. One query, none for nobody."""
        wanted = list(students)
        if not wanted:
            return cls({})
        rows = Graduate.objects.filter(locked(), student_no__in=wanted).values_list(*COLUMNS)
        return cls({row[0]: [escaped(value) for value in row] for row in rows})

    def changed(
        self, cells: Mapping[str, Sequence[Any]], segments: Sequence[Sequence[Any]]
    ) -> Iterator[tuple[int, Problem]]:
        """Places of a block and what a row says otherwise than the record; of rows with other faults nothing is said."""
        if not self._on_file:
            return
        for place, student in enumerate(cells["student_no"]):
            known = self._on_file.get(student)
            answers = [segment[place] for segment in segments]
            if known is None or not all(type(answer) is str for answer in answers):
                continue
            said = "\t".join(answers).split("\t")
            if len(said) != len(COLUMNS):
                continue  # a cell that others depend on is missing, which is a fault already
            for at, _name, cell in PLACES:
                empty = said[at] in ("", NULL) or known[at] in ("", NULL) or cells[cell][place] is None
                if not empty and said[at] != known[at]:
                    yield place, Problem("locked", cell)

    def kept(self, students: Sequence[str], lines: list[str]) -> list[str]:
        """The lines of a block as they may be written: with what is on file in the locked columns."""
        if not self._on_file:
            return lines
        return [
            self._line(self._on_file[student], line) if student in self._on_file else line
            for student, line in zip(students, lines, strict=True)
        ]

    def _line(self, known: Sequence[str], line: str) -> str:
        said = line.split("\t")
        for place in KEPT:
            if known[place] not in ("", NULL):
                said[place] = known[place]
        return "\t".join(said)
