"""`import_workbook` and `export_workbook`: exit codes, the printed object, the files (the doors of the design)."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command

from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.models import Campus
from portal.workbooks.models import ImportBatch, Lease
from tests import builders
from tests.portal.workbooks.campuses import sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    builders.office("dormitory", "学生住宿服务中心")
    return builders.user("clerk", language="en")


def run(*arguments: object) -> tuple[int, Any]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("import_workbook", *map(str, arguments), "--json", stdout=out)
    return int(str(left.value.code)), json.loads(out.getvalue())


def test_applied_and_again(clerk: User, tmp_path: Path) -> None:
    file = tmp_path / "campuses.xlsx"
    file.write_bytes(sheet(("NW", "南望山校区", None, "是")).read())
    assert run("campuses", file, "--as", "clerk", "--dry-run") == (
        0,
        {"state": "checked", "rows": 1, "created": 1, "updated": 0, "unchanged": 0, "errors": []},
    )
    assert not Campus.objects.exists()
    applied = {"state": "applied", "rows": 1, "created": 1, "updated": 0, "unchanged": 0, "errors": []}
    assert run("campuses", file, "--as", "clerk") == (0, applied)
    assert run("campuses", file, "--as", "clerk") == (0, applied | {"created": 0, "unchanged": 1})
    assert not Lease.objects.exists()


def test_refused_rows_and_the_error_workbook(clerk: User, tmp_path: Path) -> None:
    file, errors = tmp_path / "campuses.xlsx", tmp_path / "errors.xlsx"
    file.write_bytes(sheet(("NW", "区", None, "是"), ("W", "未来城校区", None, None)).read())
    code, printed = run("campuses", file, "--as", "clerk", "--errors", errors)
    message = "The name “区” is too short. Write the full name."
    assert (code, printed) == (
        1,
        {
            "state": "refused",
            "rows": 2,
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "errors": [{"row": 2, "column": "名称", "code": "too_short", "value": "区", "message": message}],
        },
    )
    book = openpyxl.load_workbook(errors)
    assert [cell.value for cell in book.active[2]] == ["NW", "区", None, "是", f"名称: {message}"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["campuses", "{file}", "--as", "nobody"], "user_unknown"),
        (["campuses", "{file}", "--as", "student"], "not_allowed"),
        (["campuses", "{missing}", "--as", "clerk"], "file_unreadable"),
        (["menus", "{file}", "--as", "clerk"], "kind_unknown"),
        (["campuses", "{file}", "--as", "clerk", "--cohort", "2026"], "parameter_unknown"),
        (["campuses", "{broken}", "--as", "clerk"], "not_a_workbook"),
    ],
)
def test_a_file_or_person_that_is_refused(
    clerk: User, tmp_path: Path, arguments: list[str], code: str
) -> None:
    builders.user("student")
    file, broken = tmp_path / "campuses.xlsx", tmp_path / "broken.xlsx"
    file.write_bytes(sheet(("NW", "南望山校区", None, "是")).read())
    broken.write_bytes(b"nonsense")
    places = {"file": file, "missing": tmp_path / "missing.xlsx", "broken": broken}
    exit_code, printed = run(*(argument.format(**places) for argument in arguments))
    assert (exit_code, [error["code"] for error in printed["errors"]]) == (2, [code])
    assert not Campus.objects.exists()


def test_words_for_a_person_in_the_language_asked_for(clerk: User, tmp_path: Path) -> None:
    file = tmp_path / "campuses.xlsx"
    file.write_bytes(sheet((None, "南望山校区", None, "是")).read())
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_workbook", "campuses", str(file), "--as", "clerk", stdout=out)
    assert "A2 · 代码 · A value is missing. Fill in the cell." in out.getvalue()


def test_an_interrupted_command_leaves_a_batch_that_says_so(
    clerk: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(run: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "campuses.xlsx"
    file.write_bytes(sheet(("NW", "南望山校区", None, "是")).read())
    monkeypatch.setattr("tests.portal.workbooks.campuses.CampusRun.apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_command("import_workbook", "campuses", str(file), "--as", "clerk")
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.error_code, Lease.objects.count()) == ("failed", "interrupted", 0)


def test_an_export_is_written_whole_and_recorded(clerk: User, tmp_path: Path) -> None:
    builders.campus("NW")
    out = tmp_path / "out.xlsx"
    call_command(
        "export_workbook", "campuses", "--as", "clerk", "--purpose", "Notice board", "--out", str(out)
    )
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(out).active.rows]
    assert rows == [["Code", "Name", "English name"], ["NW", "南望山校区", None]]
    assert [path.name for path in tmp_path.iterdir()] == ["out.xlsx"]
    assert list(AuditEntry.objects.filter(verb__startswith="exports").values_list("verb", "reason")) == [
        ("exports.downloaded", "Notice board"),
        ("exports.requested", "Notice board"),
    ]


def test_an_export_without_the_right_leaves_no_file(tmp_path: Path) -> None:
    builders.user("student")
    with pytest.raises(SystemExit) as left:
        call_command(
            "export_workbook",
            "campuses",
            "--as",
            "student",
            "--purpose",
            "x",
            "--out",
            str(tmp_path / "out.csv"),
            stderr=io.StringIO(),
        )
    assert left.value.code == 2
    assert list(tmp_path.iterdir()) == []
