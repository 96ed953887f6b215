"""Who the rows of a roster are: student number, name, identity. Each stands once in a file."""

import datetime
from collections.abc import Mapping, Sequence

from leaving.models import Cohort
from leaving.services.identity import identity_index, mask
from leaving.workbooks.graduates.block import RESIDENT, Answer, Block, iso
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.identity import check_number
from leaving.workbooks.graduates.known import Known
from portal.pinyin import sort_key
from portal.workbooks.load import NULL


class Persons:
    """The persons of one run so far, and the row in which each stands."""

    def __init__(self, cohort: Cohort) -> None:
        self.rows: dict[str, int] = {}  # by student number
        self._identities: dict[tuple[bytes, str], int] = {}
        self._years = (str(cohort.year - 90), str(cohort.year - 13))
        self._isos: dict[datetime.date | None, str | None] = {}

    def note(self, block: Block, students: Sequence[Answer]) -> None:
        """A student number stands once in a file."""
        seen = self.rows
        for place, (student, number) in enumerate(zip(students, block.numbers, strict=True)):
            if student and type(student) is str and seen.setdefault(student, number) != number:
                block.fault(place, Problem("student_no_twice", first=seen[student]), "student_no")

    def names(self, block: Block, existing: Mapping[str, Known]) -> list[Sequence[Answer]]:
        """Name, pinyin and what lists sort by. Adds the column `clean_name` to the block."""
        names = block.texts("name")
        given = block.texts("name_pinyin")
        block.cells["clean_name"] = names
        keys: list[Answer] = []
        for name, pinyin, student in zip(names, given, block.cells["student_no"], strict=True):
            if type(name) is not str or type(pinyin) is not str or not name:
                keys.append("")
                continue
            if not pinyin and student in existing:
                pinyin = existing[student].name_pinyin
            keys.append(sort_key(name, pinyin))
        return [names, given, keys]

    def identities(self, block: Block) -> list[Answer]:
        """Sex, date of birth, index and mask: the number is right, and agrees with the row and with other rows.

        Adds the column `identity_index` to the block.
        """
        found: list[Answer] = []
        indexes = block.cells["identity_index"] = [b""] * len(block.numbers)
        isos, cells = self._isos, block.cells
        columns = ("document_type", "document_no", "sex", "birth_date", "level")
        for place, (kind, number, sex, birth, level) in enumerate(
            zip(*(cells[column] for column in columns), strict=True)
        ):
            if birth not in isos:
                isos[birth] = iso(birth)
            if number is None:
                found.append("")
                continue
            kind = kind or RESIDENT
            said = check_number(kind, number)
            if isinstance(said, str):
                block.fault(place, Problem(said), "document_no")
                found.append("")
                continue
            born = self._born(block, place, said, sex, isos[birth])
            index = indexes[place] = identity_index(kind, number)
            first = self._identities.setdefault((index, level), block.numbers[place])
            if first != block.numbers[place]:
                block.fault(place, Problem("identity_twice", first=first), "document_no")
            found.append(f"{sex}\t{born}\t{index.hex()}\t{mask(kind, number)}")
        return found

    def _born(
        self, block: Block, place: int, said: tuple[str, str], sex: str | None, written: str | None
    ) -> str:
        """The date of birth that the number says, else the one written; the sex, too, must agree with the number."""
        born, says_sex = said
        if says_sex and sex and says_sex != sex:
            block.fault(place, Problem("sex_differs"), "sex")
        if born and written and born != written:
            block.fault(place, Problem("birth_date_differs", said=born), "birth_date")
        born = born or written or NULL
        earliest, latest = self._years
        if born != NULL and not earliest <= born[:4] <= latest:
            column = "birth_date" if written else "document_no"
            block.fault(place, Problem("birth_date_implausible"), column)
        return born
