"""Whose task it is to import whom (G2): the first fitting row of `ImportResponsibility` decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from leaving.choices import DocumentType, Level
from leaving.models import ImportResponsibility
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import holdings

_CHINA = frozenset(
    ("中国", "中华人民共和国", "china", "prchina", "people'srepublicofchina", "chinese", "cn", "chn")
)
_FOREIGN_DOCUMENTS = frozenset((DocumentType.PASSPORT.value, DocumentType.FOREIGN_PERMANENT.value))


def is_overseas(nationality: str, document_type: str) -> bool:
    """An overseas student has another nationality, or, where none is given, a foreign document.

    Students from Hong Kong, Macao and Taiwan are not overseas students.
    """
    if nationality:
        folded = nationality.replace(" ", "").replace(".", "").casefold()
        return folded not in _CHINA and not folded.startswith("中国")
    return document_type in _FOREIGN_DOCUMENTS


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a graduate decides who imports them."""

    college_id: int
    level: str
    study_mode: str
    certificates: str
    dispatch: bool | None
    overseas: bool


class Responsibilities:
    """The rows of G2 as they are now."""

    def __init__(self, rows: Iterable[ImportResponsibility]) -> None:
        self._rows = list(rows)

    @classmethod
    def current(cls) -> Self:
        return cls(ImportResponsibility.objects.order_by("order", "pk"))

    def responsible_for(self, standing: Standing) -> int | None:
        """The department that imports such a graduate, or None where no row fits."""
        for row in self._rows:
            if _fits(row, standing):
                return row.department_id or standing.college_id
        return None


def _fits(row: ImportResponsibility, standing: Standing) -> bool:
    return (
        (not row.levels or standing.level in row.levels)
        and (not row.study_modes or standing.study_mode in row.study_modes)
        and (not row.certificates or standing.certificates == row.certificates)
        and (row.dispatch is None or standing.dispatch is row.dispatch)
        and (row.overseas is None or standing.overseas is row.overseas)
    )


class Reach(Protocol):
    """Whose graduates somebody may bring in."""

    def covers(self, responsible: int | None, level: str) -> bool:
        """May a graduate of `level` be brought in whom the department `responsible` imports?"""


class ImportReach:
    """For which departments a person imports today.

    The right on an office or a college is the right to import what that department is responsible for; on a college's node it
    is the college's, for the postgraduate secretary its postgraduates. The right on the university stands in for every
    department, also where no row names one.
    """

    def __init__(self, user: User) -> None:
        self._everything = False
        self._whole: set[int] = set()
        self._postgraduates: set[int] = set()
        for held in holdings(user, Right.IMPORT_GRADUATES):
            pk, kind, parent = held.department, held.kind, held.parent
            self._everything |= kind == DepartmentKind.UNIVERSITY
            self._whole.add(pk)
            if kind in (DepartmentKind.WORK_GROUP, DepartmentKind.ROLL):
                self._whole.add(parent)
            elif kind == DepartmentKind.SECRETARY:
                self._postgraduates.add(parent)

    def covers(self, responsible: int | None, level: str) -> bool:
        """May this person import a graduate of `level` whom the department `responsible` imports?"""
        if self._everything or responsible in self._whole:
            return True
        return responsible in self._postgraduates and level in Level.postgraduate()


def name_of(department: int | None) -> dict[str, str]:
    """Both names of a department, for a message that is read in either language."""
    found = Department.objects.filter(pk=department).first() if department else None
    if found is None:
        return {"responsible_zh": "", "responsible_en": ""}
    return {"responsible_zh": found.name_zh, "responsible_en": found.name_en or found.name_zh}
