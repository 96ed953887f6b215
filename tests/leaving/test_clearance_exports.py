"""Who misses what, and who may collect certificates: exact rows, reach, one query (C9, C10)."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from leaving.choices import Verb
from leaving.models import Certificate, Graduate
from leaving.services.clearance import decide
from leaving.workbooks.clearance import CertificateCollection, ClearanceExport
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published

pytestmark = pytest.mark.django_db


def rows_of(
    kind: ExportKind, user: User, keys: list[str] | None = None, **parameters: Any
) -> list[list[Any]]:
    columns = keys or [column.key for column in kind.columns]
    with transaction.atomic(), translation.override("en"):
        found = [list(row) for row in kind.rows(user, parameters, columns)]
        assert kind.count(user, parameters) == len(found)
    return found


@pytest.fixture
def people() -> dict[str, Graduate]:
    """Mei of computing misses books, which the library failed; Ju of earth sciences everything; Lan is cleared."""
    published()
    its_class = builders.school_class()
    made = {
        "mei": builders.graduate("20221001", name="梅花", school_class=its_class),
        "lan": builders.graduate("20221002", name="兰草", school_class=its_class),
        "ju": postgraduate("20231001", name="菊香", supervisor=builders.user("T0001", name="黄导师")),
    }
    opened()
    passed_but(made["lan"])
    passed_but(made["mei"], 2)
    alice = builders.clerk("alice", Right.DECIDE, Right.STATISTICS, at=builders.office("library"))
    decide(items=[item(made["mei"], 2).pk], verb=Verb.FAIL, actor=alice, reason="=2 books")
    return made


def test_who_misses_what_with_state_reason_owner_and_the_last_change(people: dict[str, Graduate]) -> None:
    dean = builders.clerk("dean", Right.EXPORT, at=people["mei"].college)
    (row,) = rows_of(ClearanceExport(), dean)
    assert row[:-1] == [
        "20221001", "梅花", "School of Computer Science", "软件工程", "软工2201班", "Undergraduate", "Library", "Not passed",
        "=2 books", "Library",
    ]  # fmt: skip
    assert len(row[-1]) == 16


def test_each_gets_what_lies_within_reach(people: dict[str, Graduate]) -> None:
    earth = Department.objects.get(name_zh="地球科学学院")
    keys = ["student_no", "checkpoint", "owner"]
    alice = User.objects.get(username="alice")
    # The office: its own checkpoint, of everybody.
    assert rows_of(ClearanceExport(), alice, keys) == [
        ["20231001", "Library", "Library"],
        ["20221001", "Library", "Library"],
    ]
    secretary = builders.clerk("xiaomi", Right.STATISTICS, at=builders.node(earth, "secretary"))
    mine = rows_of(ClearanceExport(), secretary, keys)
    assert len(mine) == 12
    assert mine[0][2] == "黄导师"
    affairs = builders.clerk("affairs", Right.EXPORT, at=builders.university())
    assert len(rows_of(ClearanceExport(), affairs)) == 13
    assert [row[0] for row in rows_of(ClearanceExport(), affairs, department="08")] == ["20221001"]
    work = builders.clerk("work", Right.DECIDE, at=builders.office("library"))
    assert not ClearanceExport().may_export(work)
    with pytest.raises(Refused):
        rows_of(ClearanceExport(), affairs, department="nowhere")


def test_the_list_for_collecting_certificates_has_room_for_signatures(people: dict[str, Graduate]) -> None:
    dean = builders.clerk("dean", Right.EXPORT, at=people["mei"].college)
    number = Certificate.objects.get().number
    assert rows_of(CertificateCollection(), dean) == [["20221002", "兰草", "软工2201班", number, "", ""]]
    other = builders.clerk("other", Right.EXPORT, at=builders.college("11"))
    assert rows_of(CertificateCollection(), other) == []
    assert rows_of(CertificateCollection(), User.objects.get(username="alice")) == []


def test_rows_come_from_the_same_few_queries_however_many(people: dict[str, Graduate]) -> None:
    affairs = builders.clerk("affairs", Right.EXPORT, at=builders.university())

    def queries() -> int:
        with transaction.atomic(), CaptureQueriesContext(connection) as found:
            list(ClearanceExport().rows(affairs, {}, ["student_no"]))
        return len(found)

    before = queries()
    for _ in range(5):
        builders.graduate()
    opened()
    assert queries() == before


@pytest.mark.parametrize(("kind", "rows"), [("clearance", 13), ("certificate-collection", 1)])
def test_the_command_writes_it(kind: str, rows: int, people: dict[str, Graduate], tmp_path: Path) -> None:
    builders.clerk("affairs", Right.EXPORT, at=builders.university())
    out = tmp_path / "out.xlsx"
    call_command("export_workbook", kind, "--as", "affairs", "--purpose", "催办", "--out", str(out))
    sheet: Any = openpyxl.load_workbook(out).active
    assert sheet.max_row == rows + 1
    assert sheet["A1"].value == "学号"
    assert AuditEntry.objects.filter(verb="exports.requested", reason="催办").count() == 1
