"""The yearly staff list: who may do what in which department until when (P2)."""

import datetime
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department, UserGrant
from portal.departments.selectors import holds
from portal.departments.services import WantedGrant, bring_grants_in_line, grant
from portal.errors import Refused
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch
from portal.workbooks.services import faults as stored_faults
from portal.workbooks.services.imports import carry_out_now, receive_workbook
from tests import builders as make

pytestmark = pytest.mark.django_db

HEADER = ("工号", "姓名", "部门", "权限", "截止日期")
DAY = datetime.timedelta(days=1)
DECIDE, FIGURES = "可以审核离校环节", "可以查看统计"


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


@pytest.fixture
def library() -> Department:
    return make.office()


@pytest.fixture
def manager(library: Department) -> User:
    """Whoever manages the staff of the whole university."""
    return make.clerk("personnel", Right.MANAGE_STAFF, at=make.university())


def workbook(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> io.BytesIO:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (header, *rows):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def hand_in(
    actor: User, *rows: Sequence[Any], commit: bool = True, header: Sequence[str] = HEADER, **parameters: Any
) -> ImportBatch:
    batch = receive_workbook(
        kind="staff",
        file=workbook(*rows, header=header),
        file_name="staff.xlsx",
        actor=actor,
        parameters=parameters,
        foreground=True,
    )
    return carry_out_now(batch, commit=commit)


def counts(batch: ImportBatch) -> tuple[str, int, int, int]:
    return batch.state, batch.created, batch.updated, batch.unchanged


def codes(batch: ImportBatch) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in stored_faults.stored(batch)]


def grants(user: User) -> set[tuple[str, str, datetime.date | None]]:
    return {
        (row.permission.codename, row.content_object.code, row.ends_on)
        for row in UserGrant.objects.filter(user=user).select_related("permission", "content_object")
    }


def test_a_list_grants_makes_accounts_and_changes_nothing_the_second_time(
    manager: User, library: Department, today: datetime.date
) -> None:
    until = today + 300 * DAY
    rows = [
        ("T1001", "王老师", "图书馆", f"{DECIDE}、{FIGURES}", until),
        ("T1002", "Li Wei", "library", "导出", None),
    ]
    batch = hand_in(manager, *rows)
    assert counts(batch) == (BatchState.APPLIED, 3, 0, 0)
    wang, li = User.objects.get(username="T1001"), User.objects.get(username="T1002")
    assert grants(wang) == {("decide_checkpoints", "library", until), ("view_statistics", "library", until)}
    assert grants(li) == {("export_data", "library", None)}
    assert (wang.name, wang.has_usable_password(), holds(wang, Right.DECIDE, library)) == (
        "王老师",
        False,
        True,
    )
    assert {row.granted_by for row in UserGrant.objects.filter(user=wang)} == {manager}
    assert {row.starts_on for row in UserGrant.objects.filter(user=wang)} == {today}
    entries = AuditEntry.objects.count()
    assert counts(hand_in(manager, *rows)) == (BatchState.APPLIED, 0, 0, 3)
    assert counts(hand_in(manager, *rows, snapshot=True, department="library")) == (
        BatchState.APPLIED,
        0,
        0,
        3,
    )
    verbs = AuditEntry.objects.order_by("id").values_list("verb", flat=True)[entries:]
    assert set(verbs) == {"workbooks.received", "workbooks.applied"}


def test_without_snapshot_a_list_only_adds_and_changes(
    manager: User, library: Department, today: datetime.date
) -> None:
    wang = make.user("T1001", name="王老师")
    far = today + 100 * DAY
    grant(
        right=Right.DECIDE,
        department=library,
        to=wang,
        actor=None,
        starts_on=today - DAY,
        ends_on=today + DAY,
    )
    grant(right=Right.STATISTICS, department=library, to=wang, actor=None)
    grant(right=Right.EXPORT, department=library, to=wang, actor=None, ends_on=far)
    batch = hand_in(manager, ("T1001", "王老师", "图书馆", f"{DECIDE};{FIGURES}", far))
    assert counts(batch) == (BatchState.APPLIED, 0, 2, 0)
    assert {key: len(lines) for key, lines in batch.difference.items()} == {"prolonged": 1, "shortened": 1}
    assert {right: ends for right, _code, ends in grants(wang)} == {
        "decide_checkpoints": far,
        "view_statistics": far,
        "export_data": far,
    }
    assert UserGrant.objects.get(permission__codename="decide_checkpoints").starts_on == today - DAY


def test_a_complete_list_ends_what_is_not_on_it_today(
    manager: User, library: Department, today: datetime.date
) -> None:
    kept, left, elsewhere = (make.user(name, name=name) for name in ("kept", "left", "elsewhere"))
    over = make.clerk("over", Right.DECIDE, at=library, ends_on=today - DAY)
    for user in (kept, left):
        grant(right=Right.DECIDE, department=library, to=user, actor=None)
    grant(right=Right.DECIDE, department=make.office("finance", "财务处"), to=elsewhere, actor=None)
    group = make.group("librarians", left)
    grant(right=Right.STATISTICS, department=library, to=group, actor=None)
    row = ("kept", "kept", "图书馆", DECIDE, None)
    batch = hand_in(manager, row, snapshot=True, department="library")
    assert counts(batch) == (BatchState.APPLIED, 0, 1, 1)
    assert batch.difference == {
        "ended": [["left", "left", "library", "decide_checkpoints", None, today.isoformat()]],
        "unchanged": [["kept", "kept", "library", "decide_checkpoints", None, None]],
    }
    assert grants(left) == {("decide_checkpoints", "library", today)}
    assert grants(elsewhere) == {("decide_checkpoints", "finance", None)}
    assert grants(over) == {("decide_checkpoints", "library", today - DAY)}
    assert holds(left, Right.STATISTICS, library)  # by the group
    assert counts(hand_in(manager, row, snapshot=True, department="library")) == (BatchState.APPLIED, 0, 0, 1)
    entry = AuditEntry.objects.get(verb="departments.staff_list_applied")
    assert entry.details == {"ended": [["left", "decide_checkpoints", "library", None, today.isoformat()]]}


def test_a_grant_that_is_over_is_granted_anew(
    manager: User, library: Department, today: datetime.date
) -> None:
    wang = make.clerk("wang", Right.DECIDE, at=library, starts_on=today - 9 * DAY, ends_on=today - DAY)
    assert counts(hand_in(manager, ("wang", "Wang", "图书馆", DECIDE, None))) == (BatchState.APPLIED, 1, 0, 0)
    assert list(UserGrant.objects.filter(user=wang).values_list("starts_on", "ends_on")) == [(today, None)]


def test_a_grant_that_has_not_begun_begins_today(
    manager: User, library: Department, today: datetime.date
) -> None:
    wang = make.clerk("wang", Right.DECIDE, at=library, starts_on=today + 30 * DAY)
    assert counts(hand_in(manager, ("wang", "Wang", "图书馆", DECIDE, None))) == (BatchState.APPLIED, 1, 0, 0)
    assert holds(User.objects.get(pk=wang.pk), Right.DECIDE, library)


def test_the_dry_run_shows_the_difference_and_writes_nothing(
    manager: User, library: Department, today: datetime.date
) -> None:
    left = make.clerk("left", Right.DECIDE, at=library)
    batch = hand_in(
        manager, ("T1", "王老师", "图书馆", DECIDE, None), commit=False, snapshot=True, department="library"
    )
    assert counts(batch) == (BatchState.CHECKED, 1, 1, 0)
    assert grants(left) == {("decide_checkpoints", "library", None)}
    assert not User.objects.filter(username="T1").exists()
    client = Client()
    client.force_login(manager)
    client.cookies["django_language"] = "zh-hans"
    page = client.get(reverse("workbooks:import-detail", args=[batch.uid])).content.decode()
    for word in ("授予", "王老师", "终止", "Left", "原截止日期", today.isoformat()):
        assert word in page


def test_every_fault_is_told_with_its_place(manager: User, today: datetime.date) -> None:
    make.college("08")
    make.college("11", "艺术与传媒学院")
    make.user("T1", name="王老师")
    make.user("T2", name="已走", is_active=False)
    batch = hand_in(
        manager,
        ("T1", "李老师", "图书馆", DECIDE, None),
        ("T2", "已走", "图书馆", DECIDE, None),
        ("T3", "新人", "图书处", DECIDE, None),
        ("T3", "旧人", "图书馆", DECIDE, None),
        ("T1", "王老师", "学生工作组", DECIDE, None),
        ("T1", "王老师", "计算机学院学生工作组", "可以飞", None),
        ("T1", "王老师", "图书馆", FIGURES, today - DAY),
        ("T1", "王 老师", "图书馆", "view_statistics", None),
        (None, "王老师", None, None, "soon"),
        ("t1", "王老师", "图书馆", DECIDE, None),
    )
    assert batch.state == BatchState.REFUSED
    assert codes(batch) == [
        (2, "name", "name_differs"),
        (3, "staff_no", "account_closed"),
        (4, "department", "department_unknown"),
        (5, "name", "name_differs_above"),
        (6, "department", "department_ambiguous"),
        (7, "rights", "right_unknown"),
        (8, "until", "until_past"),
        (9, "rights", "twice"),
        (10, "staff_no", "required"),
        (10, "department", "required"),
        (10, "rights", "required"),
        (10, "until", "not_a_date"),
        (11, "staff_no", "spelt_otherwise"),
    ]
    assert not UserGrant.objects.exclude(user=manager).exists()


def test_nobody_changes_their_own_rights(manager: User, library: Department) -> None:
    own = ("personnel", "Personnel", "示范大学", "可以管理人员权限", None)
    assert counts(hand_in(manager, own)) == (BatchState.APPLIED, 0, 0, 1)  # as exported
    batch = hand_in(manager, ("personnel", "Personnel", "图书馆", DECIDE, None))
    assert codes(batch) == [(2, "rights", "own_rights")]
    hand_in(manager, ("T1", "王老师", "图书馆", DECIDE, None), snapshot=True)
    assert grants(manager) == {("manage_staff", "U", None)}


def test_a_college_reaches_its_own_staff_and_hands_no_staff_rights_on(library: Department) -> None:
    computing = make.college("08")
    dean = make.clerk("dean", Right.MANAGE_STAFF, at=computing)
    other = make.clerk("other", Right.MANAGE_STAFF, at=computing)
    batch = hand_in(
        dean,
        ("T1", "王老师", "图书馆", DECIDE, None),
        ("T1", "王老师", "示范大学", DECIDE, None),
        ("T1", "王老师", "08", "可以管理人员权限", None),
        ("other", "Other", "08", "可以管理人员权限", None),
        ("T1", "王老师", "08-work", DECIDE, None),
    )
    assert codes(batch) == [
        (2, "department", "department_out_of_reach"),
        (3, "department", "department_out_of_reach"),
        (4, "rights", "not_handed_on"),
    ]
    assert counts(hand_in(dean, ("T1", "王老师", "08-work", DECIDE, None), snapshot=True)) == (
        BatchState.APPLIED, 1, 0, 0,
    )  # fmt: skip
    assert grants(other) == {("manage_staff", "08", None)}
    elsewhere = hand_in(dean, ("T1", "王老师", "08", DECIDE, None), department="08-work")
    assert codes(elsewhere) == [(2, "department", "department_elsewhere")]
    refused = hand_in(dean, ("T1", "王老师", "08", DECIDE, None), department="library")
    assert (refused.state, refused.error_code) == (BatchState.REFUSED, "department_unknown")


def test_the_service_asks_again_under_its_lock(library: Department) -> None:
    """A right that was taken away between check and confirmation is not used any more."""
    dean = make.clerk("dean", Right.MANAGE_STAFF, at=make.college("08"))
    wang = make.user("wang")
    for one in (
        WantedGrant(wang.pk, Right.DECIDE, library.pk, None),
        WantedGrant(dean.pk, Right.DECIDE, make.college("08").pk, None),
        WantedGrant(wang.pk, Right.MANAGE_STAFF, make.college("08").pk, None),
    ):
        with pytest.raises(Refused):
            bring_grants_in_line(wanted=[one], actor=dean)
    assert not UserGrant.objects.filter(user=wang).exists()


def test_who_manages_no_staff_hands_nothing_in(library: Department) -> None:
    clerk = make.clerk("clerk", Right.DECIDE, Right.IMPORT_GRADUATES, at=library)
    with pytest.raises(Refused):
        hand_in(clerk, ("T1", "王老师", "图书馆", DECIDE, None))


def test_an_empty_complete_list_ends_nothing(manager: User, library: Department) -> None:
    clerk = make.clerk("clerk", Right.DECIDE, at=library)
    batch = hand_in(manager, snapshot=True)
    assert batch.state == BatchState.REFUSED
    assert grants(clerk) == {("decide_checkpoints", "library", None)}


def test_the_statements_do_not_grow_with_the_rows(
    manager: User, library: Department, django_assert_max_num_queries: Any
) -> None:
    def wanted(number: int) -> list[WantedGrant]:
        users = [make.user() for _ in range(number)]
        return [WantedGrant(user.pk, Right.DECIDE, library.pk, None) for user in users]

    for number in (1, 30):
        rows = wanted(number)
        with django_assert_max_num_queries(13):
            bring_grants_in_line(wanted=rows, complete_for=[library.pk], actor=manager)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_was_exported_comes_back_unchanged(
    manager: User, today: datetime.date, tmp_path: Path, language: str
) -> None:
    computing = make.college("08")
    User.objects.filter(pk=manager.pk).update(language=language)
    make.clerk("T1", Right.DECIDE, Right.EXPORT, at=make.node(computing, "work"), ends_on=today + DAY)
    make.clerk("T2", Right.VIEW_GRADUATES, at=computing, ends_on=today - DAY)
    make.clerk("T3", Right.VIEW_GRADUATES, Right.STATISTICS, at=computing)
    out = tmp_path / "staff.xlsx"
    call_command("export_workbook", "staff", "--as", "personnel", "--purpose", "next year", "--out", str(out))
    sheet: Any = openpyxl.load_workbook(out).active
    rows = [tuple(cell.value for cell in row) for row in sheet.iter_rows()]
    with translation.override(language):
        assert len(rows) == 1 + 3, rows
        assert rows[0][0] == ("工号" if language == "zh-hans" else "Staff number")
        college = str(computing)
    assert rows[1][:3] == ("T3", "T3", college)
    printed = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command(
            "import_workbook", "staff", str(out), "--as", "personnel", "--snapshot", "--json", stdout=printed
        )
    result = json.loads(printed.getvalue())
    assert (left.value.code, result["created"], result["updated"], result["unchanged"]) == (0, 0, 0, 5)
    assert list(result["difference"]) == ["unchanged"]
