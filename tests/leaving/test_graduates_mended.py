"""A roster of 2 000 with faults in 200 rows: nothing is written, each fault is told, the mended workbook goes in (G3)."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command

from leaving import demo
from leaving.models import Graduate
from leaving.sample_roster import SampleRoster, as_written
from leaving.workbooks.graduates.columns import COLUMNS
from portal.accounts.models import User
from portal.departments import demo as departments

pytestmark = pytest.mark.django_db
ROWS, FAULTY = 2000, 200
HEADINGS = [column.header_zh for column in COLUMNS]


def import_roster(file: Path, *more: object) -> tuple[int, Any]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command(
            "import_workbook", "graduates", str(file), "--as", "admin", "--json", *map(str, more), stdout=out
        )
    return int(str(left.value.code)), json.loads(out.getvalue())


def test_200_faults_are_told_each_with_its_place_and_mended_go_in(tmp_path: Path) -> None:
    departments.play(0)
    demo.play(0)
    User.objects.filter(username="admin").update(language="en")
    before = Graduate.objects.count()
    sex = HEADINGS.index("性别")
    right: dict[int, Any] = {}
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("毕业生")
    sheet.append(HEADINGS)
    for number, cells in enumerate(SampleRoster(demo.YEAR).rows(ROWS), start=2):
        line = list(as_written(cells))
        if number % (ROWS // FAULTY) == 0:
            right[number] = line[sex]
            line[sex] = "不详"
        sheet.append(line)
    book.save(tmp_path / "roster.xlsx")

    code, told = import_roster(tmp_path / "roster.xlsx", "--errors", tmp_path / "to-mend.xlsx")

    assert (code, told["state"], told["rows"], told["created"]) == (1, "refused", ROWS, 0)
    assert Graduate.objects.count() == before
    assert len(right) == FAULTY
    assert [(fault["row"], fault["column"], fault["value"]) for fault in told["errors"]] == [
        (row, "性别", "不详") for row in sorted(right)
    ]
    assert {fault["code"] for fault in told["errors"]} == {told["errors"][0]["code"]}
    assert all(
        "Male" in fault["message"] for fault in told["errors"]
    )  # what to do: the values that are allowed

    mending = openpyxl.load_workbook(tmp_path / "to-mend.xlsx")
    rows: Any = mending.active
    assert rows.max_row == ROWS + 1
    for row, value in right.items():
        assert rows.cell(row, rows.max_column).value
        rows.cell(row, sex + 1).value = value
    mending.save(tmp_path / "mended.xlsx")

    code, told = import_roster(tmp_path / "mended.xlsx")
    assert (code, told["state"], told["created"], told["errors"]) == (0, "applied", ROWS, [])
    assert Graduate.objects.count() == before + ROWS
    code, told = import_roster(tmp_path / "mended.xlsx")
    assert (code, told["created"], told["updated"], told["unchanged"]) == (0, 0, 0, ROWS)
