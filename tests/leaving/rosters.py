"""Rosters for tests, as Python rows: a plain undergraduate of 计算机学院 unless told otherwise."""

import datetime
import itertools
from collections.abc import Sequence
from typing import Any

from leaving.workbooks.graduates import GraduatesWorkbook
from leaving.workbooks.graduates.columns import KEYS
from leaving.workbooks.graduates.identity import with_check_character
from portal.accounts.models import User
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome

_serials = itertools.count(1)


def resident_number(born: str = "20040318", sex: str = "female", area: str = "420106") -> str:
    """A valid number nobody else in the test has."""
    serial = next(_serials) * 2 % 1000 + (1 if sex == "male" else 0)
    return with_check_character(f"{area}{born}{serial:03d}")


def row(student_no: str = "20221001234", **cells: Any) -> dict[str, Any]:
    """The cells of one graduate, normalised as the pipeline hands them over."""
    return {
        "student_no": student_no,
        "name": "张晓明",
        "sex": "female",
        "document_no": cells.pop("document_no", None) or resident_number(),
        "college": "计算机学院",
        "major": "软件工程",
        "school_class": "软工2201班",
        "grade": "2022",
        "campus": "南望山校区",
        "level": "undergraduate",
        "study_mode": "full_time",
        "dispatch": "yes",
        **cells,
    }


def master(student_no: str = "1202310001", **cells: Any) -> dict[str, Any]:
    """A full-time master with both certificates and a supervisor whom nobody knows yet."""
    values = {
        "level": "master", "certificates": "both", "school_class": None, "grade": "2023",
        "supervisor_no": "T1001", "supervisor_name": "黄导师",
    }  # fmt: skip
    return row(student_no, **{**values, **cells})


def faults_of(actor: User, *rows: dict[str, Any], blocks: int = 1) -> list[Fault]:
    """What is wrong with a roster; nothing is written."""
    return passed(actor, rows, blocks)[0]


def applied(actor: User, *rows: dict[str, Any]) -> Outcome:
    """Imports a roster that has no faults."""
    faults, run = passed(actor, rows)
    assert faults == []
    outcome: Outcome = run.apply()
    return outcome


def passed(actor: User, rows: Sequence[dict[str, Any]], blocks: int = 1) -> tuple[list[Fault], Any]:
    """The faults of a roster, and the run that has checked it."""
    batch = ImportBatch.objects.create(kind="graduates", actor=actor, file_name="roster.xlsx", parameters={})
    run = GraduatesWorkbook().run(batch)
    listed = [(number, tuple(cells.get(key) for key in KEYS)) for number, cells in enumerate(rows, start=2)]
    size = max(1, -(-len(listed) // blocks))
    faults: list[Fault] = []
    for start in range(0, len(listed), size):
        faults += run.check(listed[start : start + size])
    faults += run.finish()
    return faults, run


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)
