"""The pages of graduates: who finds whom, what one page shows, and what is recorded."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leaving.choices import CohortState, Level
from leaving.models import Graduate
from leaving.selectors.graduates import GraduateFilters, completeness, found
from leaving.services.responsibilities import set_published_responsibilities
from leaving.workbooks.graduates.export import GraduatesExport
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.pinyin import sort_key
from tests import builders

pytestmark = pytest.mark.django_db

LIST = "/graduates/"


def named(name: str, student_no: str | None = None, **fields: object) -> Graduate:
    return builders.graduate(student_no, name=name, sort_key=sort_key(name), **fields)


@pytest.fixture
def college() -> User:
    return builders.clerk("college", Right.VIEW_GRADUATES, Right.REVEAL, Right.EXPORT, at=builders.college())


def shown(client: Client, user: User, query: str = "") -> list[str]:
    client.force_login(user)
    response = client.get(LIST + query)
    assert response.status_code == 200
    return re.findall(r'<td class="code"[^>]*>(\w+)</td>', response.content.decode())


def test_a_list_ends_where_the_reach_ends(client: Client, college: User) -> None:
    elsewhere = builders.college("01", "地球科学学院", "School of Earth Sciences")
    supervisor, counsellor = builders.user("supervisor"), builders.user("counsellor")
    named("张晓明", "20220001", school_class=builders.school_class(counsellor=counsellor))
    named("李四", "20220002", supervisor=supervisor)
    named("王五", "20220003", college=elsewhere)
    everybody = builders.clerk("affairs", Right.VIEW_GRADUATES, at=builders.university())
    assert shown(client, college) == ["20220001", "20220002"]
    assert shown(client, supervisor) == ["20220002"]
    assert shown(client, counsellor) == ["20220001"]
    assert shown(client, everybody) == ["20220001", "20220002", "20220003"]


def test_whoever_looks_after_nobody_has_no_list(client: Client) -> None:
    graduate = named("张晓明", user=builders.user("student"))
    assert graduate.user is not None
    client.force_login(graduate.user)
    assert client.get(LIST).status_code == 404
    assert client.get(f"/graduates/{graduate.uid}/").status_code == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("张", ["张晓明", "张三"]),
        ("晓明", ["张晓明"]),
        ("20220002", ["单雄信"]),
        ("2022000", ["张晓明", "单雄信", "张三"]),
        ("zhangxiaoming", ["张晓明"]),
        ("zhang xiao", ["张晓明"]),
        ("Zhang", ["张晓明", "张三"]),
        ("zxm", ["张晓明"]),
        ("shan", ["单雄信"]),
        ("%", []),
        ("nobody", []),
    ],
)
def test_search_by_number_name_and_pinyin(text: str, expected: list[str]) -> None:
    named("张晓明", "20220001")
    named("单雄信", "20220002")
    named("张三", "20220003")
    rows = found(Graduate.objects.order_by("student_no"), GraduateFilters(q=text))
    assert [graduate.name for graduate in rows] == expected


def test_filters_narrow_the_list(client: Client, college: User) -> None:
    named("张晓明", "20220001", school_class=builders.school_class())
    named("李四", "12230002", level=Level.MASTER)
    named("王五", "20210003", cohort=builders.cohort(2025, CohortState.CLOSED))
    assert shown(client, college, "?level=master") == ["12230002"]
    assert shown(client, college, "?cohort=2025") == ["20210003"]
    assert shown(client, college, "?school_class=软工") == ["20220001"]
    assert shown(client, college, "?college=08&q=zxm") == ["20220001"]
    assert shown(client, college, "?college=nonsense") == ["12230002", "20210003", "20220001"]


def test_a_longer_list_asks_no_more_questions(client: Client, college: User) -> None:
    asked = []
    for _ in range(2):
        named("张晓明", school_class=builders.school_class())
        client.force_login(college)
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        asked.append(len(queries))
        named("李四")
        named("王五")
    assert asked[0] == asked[1]


def test_the_number_is_masked_until_a_reason_is_given_and_recorded(client: Client, college: User) -> None:
    graduate = named("张晓明", identity="E12345678")
    client.force_login(college)
    page = client.get(f"/graduates/{graduate.uid}/").content.decode()
    assert graduate.identity_mask in page
    assert "E12345678" not in page
    reveal = reverse("leaving:graduate-reveal", args=[graduate.uid])
    assert "E12345678" not in client.post(reveal, {"reason": " "}).content.decode()
    assert AuditEntry.objects.filter(verb="identity.revealed").count() == 0
    assert "E12345678" in client.post(reveal, {"reason": "核对证书"}).content.decode()
    entry = AuditEntry.objects.get(verb="identity.revealed")
    assert (entry.actor, entry.reason) == (college, "核对证书")


def test_who_may_see_but_not_reveal_is_told_so(client: Client) -> None:
    graduate = named("张晓明", supervisor=builders.user("supervisor"), identity="E12345678")
    assert graduate.supervisor is not None
    client.force_login(graduate.supervisor)
    response = client.post(f"/graduates/{graduate.uid}/reveal/", {"reason": "x"})
    assert response.status_code == 403
    assert "E12345678" not in response.content.decode()
    assert client.get("/graduates/00000000-0000-4000-8000-000000000000/").status_code == 404


def test_completeness_counts_by_responsible_department(client: Client) -> None:
    affairs = builders.office("student-affairs", "学生工作处", "Student Affairs Office")
    set_published_responsibilities(
        student_affairs=affairs,
        graduate_school=builders.office("gs", "研究生院", "Graduate School"),
        actor=None,
    )
    for document in ("resident", "resident"):
        named("张晓明", document_type=document)
    named("李四", dispatch=False, document_type="resident")
    clerk = builders.clerk("affairs", Right.VIEW_GRADUATES, at=builders.university())
    grant(right=Right.IMPORT_GRADUATES, department=affairs, to=clerk, actor=None)
    lines = completeness(clerk, builders.cohort())
    assert [(str(line.responsible), line.level, line.total, line.mine) for line in lines] == [
        ("学生工作处", "undergraduate", 2, True),
        ("计算机学院", "undergraduate", 1, False),
    ]
    client.force_login(clerk)
    assert client.get("/graduates/completeness/").status_code == 200


def test_an_export_ends_where_the_right_to_export_ends(college: User) -> None:
    graduate = named("张晓明", "20220001", identity="E12345678")
    named("王五", "20220002", college=builders.college("01", "地球科学学院", "School of Earth Sciences"))
    columns = ["student_no", "name", "document_no", "college", "level", "dispatch"]
    assert list(GraduatesExport().rows(college, {"cohort": "2026"}, columns)) == [
        ["20220001", "张晓明", graduate.identity_mask, "计算机学院", "本科", "是"]
    ]


def test_the_administration_shows_the_reach_and_no_more(client: Client) -> None:
    named("张晓明", "20220001")
    named("王五", "20220002", college=builders.college("01", "地球科学学院", "School of Earth Sciences"))
    clerk = builders.clerk("clerk", Right.VIEW_GRADUATES, at=builders.college())
    clerk.is_staff = True
    clerk.save()
    client.force_login(clerk)
    page = client.get("/admin/leaving/graduate/").content.decode()
    assert "20220001" in page
    assert "20220002" not in page
    assert client.get("/admin/leaving/graduate/export/").status_code == 403
    assert client.get("/admin/leaving/graduate/add/").status_code == 403
