"""A reassignment by the postgraduate secretary stands until the roster names somebody new (C4).

The college's list goes on naming the supervisor who is away or was recorded wrongly; handed in again for a telephone number,
it must not give the reviews back. So a row that names whom the secretary has replaced leaves the supervisors as they are,
while anybody else it names (or even the same one, once it has named another) is the roster's new word and counts.
"""

from collections.abc import Sequence

from leaving.models import Cohort, SupervisorChange
from leaving.workbooks.graduates.block import Answer
from portal.workbooks.load import NULL


class Reassignments:
    """Who has been replaced by whom in a cohort, where that still stands. One query."""

    def __init__(self, cohort: Cohort) -> None:
        changes: dict[str, list[tuple[int | None, int]]] = {}
        present: dict[str, int | None] = {}
        rows = SupervisorChange.objects.filter(graduate__cohort=cohort).order_by("-pk")
        for student, supervisor, before, after in rows.values_list(
            "graduate__student_no", "graduate__supervisor", "before", "after"
        ):
            changes.setdefault(student, []).append((before, after))
            present[student] = supervisor
        self._replaced = {student: _replaced(present[student], made) for student, made in changes.items()}
        self._present = present

    def keeping(self, students: Sequence[Answer], supervisors: Sequence[Answer]) -> list[Answer]:
        """The supervisors (first, second) of a block's rows; where a reassignment stands NULL, which keeps what is there."""
        if not self._replaced:
            return list(supervisors)
        return [
            self._kept(student, answer) if isinstance(student, str) and isinstance(answer, str) else answer
            for student, answer in zip(students, supervisors, strict=True)
        ]

    def _kept(self, student: str, answer: str) -> str:
        first, _tab, second = answer.partition("\t")
        if first not in self._replaced.get(student, ()):
            return answer
        # Whom the reassignment made the first supervisor is the second no longer.
        return f"{NULL}\t{NULL if second == str(self._present[student]) else second}"


def _replaced(present: int | None, changes: Sequence[tuple[int | None, int]]) -> set[str]:
    """Whom the changes (newest first) led away from, as far as they lead to the present supervisor without a break."""
    found: set[str] = set()
    for before, after in changes:
        if after != present:
            break
        found.add(str(before))
        present = before
    return found
