"""Taking alumni data out (A2, A4): exact rows, order, reach, one query."""

import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from alumni.services.people import record_graduates
from alumni.workbooks.exports import AlumniChanges, AlumniExport, AlumniList
from leaving.choices import CohortState, Level
from leaving.models import Graduate
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from tests import builders

pytestmark = pytest.mark.django_db


def rows_of(
    kind: ExportKind, user: User, columns: list[str] | None = None, **parameters: Any
) -> list[list[Any]]:
    keys = columns or [column.key for column in kind.columns]
    with transaction.atomic():
        return [list(row) for row in kind.rows(user, parameters, keys)]


@pytest.fixture
def office() -> User:
    return builders.clerk("alumnioffice", Right.MANAGE_ALUMNI, at=builders.university())


@pytest.fixture
def graduates() -> Mapping[str, Graduate]:
    earth = builders.college("01", "地球科学学院")
    made = {
        "junior": builders.graduate("1", name="周末", level=Level.JUNIOR_COLLEGE),
        "amber": builders.graduate(
            "2",
            name="阿不都拉 · 买买提",
            sex="male",
            mobile="+86 139-0000-0001",
            wechat="amber_2022",
            email="amber.b@example.edu",
            employer="示范公司（武汉）",
            post="工程师/组长",
            identity_address="湖北省武汉市388号，3栋",
            graduated_on=datetime.date(2026, 6, 20),
            qq="10001",
        ),
        "pal": builders.graduate("3", name="PAL ANAND MOHAN", employer="=1+1", college=earth),
        "old": builders.graduate("4", cohort=builders.cohort(2020, CohortState.CLOSED)),
    }
    record_graduates(graduate_ids=[graduate.pk for graduate in made.values()], actor=None)
    return made


def test_the_published_form_has_undergraduates_first_and_no_punctuation(
    office: User, graduates: Mapping[str, Graduate]
) -> None:
    assert [column.header_zh for column in AlumniExport.columns] == [
        "序号", "姓名", "性别", "年级专业", "手机号", "微信号", "邮箱", "工作单位", "职务", "身份证住址",
    ]  # fmt: skip
    assert rows_of(AlumniExport(), office) == [
        [1, "PAL ANAND MOHAN", "女", "2022级软件工程", "", "", "", "11", "", ""],
        [
            2, "阿不都拉·买买提", "男", "2022级软件工程", "8613900000001", "amber_2022", "amber.b@example.edu",
            "示范公司武汉", "工程师组长", "湖北省武汉市388号3栋",
        ],
        [3, "周末", "女", "2022级软件工程", "", "", "", "", "", ""],
    ]  # fmt: skip


def test_what_the_form_changed_is_listed_value_by_value(
    office: User, graduates: Mapping[str, Graduate]
) -> None:
    amber = [2, "阿不都拉 · 买买提", "2022级软件工程"]
    assert rows_of(AlumniChanges(), office) == [
        [1, "PAL ANAND MOHAN", "2022级软件工程", "工作单位", "=1+1", "11"],
        [*amber, "姓名", "阿不都拉 · 买买提", "阿不都拉·买买提"],
        [*amber, "手机号", "+86 139-0000-0001", "8613900000001"],
        [*amber, "工作单位", "示范公司（武汉）", "示范公司武汉"],
        [*amber, "职务", "工程师/组长", "工程师组长"],
        [*amber, "身份证住址", "湖北省武汉市388号，3栋", "湖北省武汉市388号3栋"],
    ]


def test_one_file_per_college_or_cohort(office: User, graduates: Mapping[str, Graduate]) -> None:
    def names(**parameters: Any) -> list[str]:
        return [row[1] for row in rows_of(AlumniExport(), office, **parameters)]

    assert names(department="01") == ["PAL ANAND MOHAN"]
    assert names(cohort=2020) == [graduates["old"].name]
    assert len(names(cohort=0)) == 4
    with pytest.raises(Refused) as refused:
        names(department="nowhere")
    assert refused.value.code == "department_unknown"
    assert [value for value, _ in AlumniExport().choices("cohort", office)] == ["2026", "2020", "0"]
    assert [code for code, _ in AlumniExport().choices("department", office)] == ["01", "08"]


def test_a_college_takes_out_its_own_only_and_a_stranger_nothing(graduates: Mapping[str, Graduate]) -> None:
    earth = builders.college("01")
    clerk = builders.clerk("clerk", Right.VIEW_GRADUATES, Right.EXPORT, at=builders.node(earth, "work"))
    assert [row[1] for row in rows_of(AlumniExport(), clerk)] == ["PAL ANAND MOHAN"]
    with pytest.raises(Refused) as refused:
        rows_of(AlumniExport(), clerk, department="08")
    assert refused.value.code == "department_unknown"
    watcher = builders.clerk("watcher", Right.VIEW_GRADUATES, at=earth)
    librarian = builders.clerk("librarian", Right.EXPORT, at=builders.office())
    for stranger in (watcher, librarian, builders.user("stranger")):
        assert AlumniExport().may_export(stranger) is False
        assert rows_of(AlumniExport(), stranger) == []


def test_chosen_columns_come_as_recorded(office: User, graduates: Mapping[str, Graduate]) -> None:
    columns = ["student_no", "name", "level", "employer", "qq", "graduated_on", "class"]
    assert rows_of(AlumniList(), office, columns) == [
        ["3", "PAL ANAND MOHAN", "本科", "=1+1", "", "", ""],
        ["2", "阿不都拉 · 买买提", "本科", "示范公司（武汉）", "10001", datetime.date(2026, 6, 20), ""],
        ["1", "周末", "专科", "", "", "", ""],
    ]


def test_the_rows_come_from_one_query(office: User, graduates: Mapping[str, Graduate]) -> None:
    def queries(department: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            rows_of(AlumniExport(), office, cohort=2026, department=department)
        return len([q for q in captured if "alumni_person" in q["sql"]])

    assert (queries("01"), queries("08")) == (1, 1)
