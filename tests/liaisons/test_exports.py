"""The college's summary table, row by row (L2)."""

import pytest

from liaisons.choices import Step
from liaisons.workbooks.exports import LiaisonSummary
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.errors import Refused
from tests import builders
from tests.liaisons import stories

pytestmark = pytest.mark.django_db


def rows(user: User, **parameters: str) -> list[tuple[object, ...]]:
    export = LiaisonSummary()
    found = [tuple(row) for row in export.rows(user, parameters, [column.key for column in export.columns])]
    assert export.count(user, parameters) == len(found)
    return found


@pytest.fixture
def people() -> dict[str, User]:
    """Zhang is appointed, Li recommended by the college, Wang not yet; Zhao is of another college."""
    college, economics = builders.college(), builders.college("06", "经济管理学院")
    stories.appointed([stories.student("zhang", name="张三")], stories.TERM_BEGINS)
    second = stories.class_of_2022("软工2202班")
    stories.reviewed(
        stories.nominated(
            stories.student("li", second, name="李四"), mobile="13900000002", student_office=""
        ),
        Step.COLLEGE,
    )
    stories.reviewed(stories.nominated(stories.student("wang", second, name="王五")), Step.CLASS)
    theirs = builders.school_class(economics, "会计2201班", counsellor=stories.counsellor())
    other = stories.dean(economics, "otherdean")
    zhao = stories.nominated(
        stories.student("zhao", theirs, college=economics, name="赵六", major=theirs.major)
    )
    from liaisons.services.opinions import give_opinion

    give_opinion(nominations=[zhao.pk], step=Step.CLASS, favourable=True, actor=stories.counsellor())
    give_opinion(nominations=[zhao.pk], step=Step.COLLEGE, favourable=True, actor=other)
    people = {"dean": stories.dean(), "other": other, "director": stories.director()}
    for user, department in (
        (people["dean"], college),
        (other, economics),
        (people["director"], builders.university()),
    ):
        grant(right=Right.EXPORT, department=department, to=user, actor=None)
    return people


ZHANG = (1, "张三", "计算机学院", "2022级软件工程专业1班", "13900000001", "wx_zhang", "班长；聘书 2026-0001")
LI = (2, "李四", "计算机学院", "2022级软件工程专业2班", "13900000002", "wx_zhang", "")
ZHAO = ("赵六", "经济管理学院", "2022级软件工程专业会计1班", "13900000001", "wx_zhang", "班长")


def test_the_published_columns() -> None:
    assert [column.header_zh for column in LiaisonSummary.columns] == [
        "序号", "姓名", "学院", "专业班级", "联系电话", "微信", "备注",
    ]  # fmt: skip


def test_a_college_gets_its_own_and_the_centre_all(people: dict[str, User]) -> None:
    assert rows(people["dean"]) == [ZHANG, LI]
    assert rows(people["other"]) == [(1, *ZHAO)]
    assert rows(people["director"], cohort="2026") == [(1, *ZHAO), (2, *ZHANG[1:]), (3, *LI[1:])]
    assert rows(people["director"], department="06") == [(1, *ZHAO)]
    assert rows(people["dean"], department="06") == []


def test_who_may_take_it_out(people: dict[str, User]) -> None:
    export = LiaisonSummary()
    assert [export.may_export(user) for user in people.values()] == [True, True, True]
    assert not export.may_export(stories.counsellor())
    assert not export.may_export(builders.clerk("manager", Right.MANAGE_LIAISONS, at=builders.college()))
    with pytest.raises(Refused) as refused:
        rows(people["director"], department="99")
    assert refused.value.code == "department_unknown"
