"""What is on file of the student numbers that a roster names."""

import uuid
from collections.abc import Iterable
from typing import NamedTuple

from leaving.models import Graduate
from leaving.selectors.responsibilities import Standing, is_overseas


class Known(NamedTuple):
    """A graduate as on file, by the fields that a row is compared with."""

    student_no: str
    uid: uuid.UUID
    identity_index: memoryview
    year: int
    month: int
    name: str
    name_pinyin: str
    college_id: int
    level: str
    study_mode: str
    certificates: str
    dispatch: bool | None
    nationality: str
    document_type: str

    @property
    def standing(self) -> Standing:
        overseas = is_overseas(self.nationality, self.document_type)
        return Standing(
            self.college_id, self.level, self.study_mode, self.certificates, self.dispatch, overseas
        )


OF_THE_COHORT = ("year", "month")


def known_among(students: Iterable[object]) -> dict[str, Known]:
    """Those of these student numbers that are on file; what is not a number is passed over. One query."""
    columns = [f"cohort__{field}" if field in OF_THE_COHORT else field for field in Known._fields]
    numbers = [student for student in students if type(student) is str]
    rows = Graduate.objects.filter(student_no__in=numbers).values_list(*columns)
    return {row[0]: Known(*row) for row in rows}
