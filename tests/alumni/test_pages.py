"""The pages of alumni: reach, search, a record, one's own (A1, A4, P5)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alumni.models import Person
from alumni.services.people import record_graduates
from leaving.choices import CohortState, Level
from leaving.models import Graduate
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders

pytestmark = pytest.mark.django_db
LIST = reverse("alumni:person-list")
LIST_QUERIES = 17


def record(**fields: Any) -> Person:
    made = builders.graduate(**fields)
    record_graduates(graduate_ids=[made.pk], actor=None)
    return Graduate.objects.get(pk=made.pk).degree.person


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def names(client: Client, **query: Any) -> list[str]:
    return [person.name for person in client.get(LIST, query).context["page"].rows]


@pytest.fixture
def office() -> Client:
    return signed_in(builders.clerk("alumnioffice", Right.MANAGE_ALUMNI, at=builders.university()))


@pytest.fixture
def people() -> None:
    earth = builders.college("01", "地球科学学院")
    record(name="曾晓明", mobile="13900001111", employer="示范地质公司")
    record(name="张三", level=Level.MASTER, major=builders.major(name_zh="网络工程"), grade=2023)
    record(name="PAL ANAND MOHAN", college=earth, cohort=builders.cohort(2020, CohortState.CLOSED))


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["PAL ANAND MOHAN", "曾晓明", "张三"]),
        ({"q": "张三"}, ["张三"]),
        ({"q": "晓明"}, []),  # two characters find the beginnings of names
        ({"q": "zeng xiao"}, ["曾晓明"]),
        ({"q": "zs"}, ["张三"]),
        ({"q": "anand"}, ["PAL ANAND MOHAN"]),
        ({"q": "00001111"}, ["曾晓明"]),
        ({"q": "地质公司"}, ["曾晓明"]),
        ({"q": "网络"}, ["张三"]),
        ({"level": "master"}, ["张三"]),
        ({"grade": 2023}, ["张三"]),
        ({"cohort": 2020}, ["PAL ANAND MOHAN"]),
        ({"major": "软件", "cohort": 2026}, ["曾晓明"]),
        ({"q": "张三", "cohort": 2020}, []),
        ({"cohort": "nonsense"}, ["PAL ANAND MOHAN", "曾晓明", "张三"]),
    ],
)
def test_the_office_finds_people_by_what_it_knows_of_them(
    office: Client, query: dict[str, Any], found: list[str]
) -> None:
    assert names(office, **query) == found


@pytest.mark.usefixtures("people")
def test_a_college_sees_its_own_and_a_stranger_no_page_at_all() -> None:
    earth = builders.college("01")
    college = signed_in(builders.clerk("earth", Right.VIEW_GRADUATES, at=builders.node(earth, "work")))
    assert names(college) == ["PAL ANAND MOHAN"]
    assert names(college, q="张三") == []
    own, other = Person.objects.get(name="PAL ANAND MOHAN"), Person.objects.get(name="张三")
    assert college.get(reverse("alumni:person-detail", args=[own.uid])).status_code == 200
    assert college.get(reverse("alumni:person-detail", args=[other.uid])).status_code == 404
    assert college.get(reverse("alumni:person-edit", args=[own.uid])).status_code == 403
    librarian = signed_in(builders.clerk("librarian", Right.VIEW_GRADUATES, at=builders.office()))
    for stranger in (librarian, signed_in(builders.user("stranger"))):
        assert stranger.get(LIST).status_code == 404
        assert stranger.get(reverse("alumni:person-detail", args=[own.uid])).status_code == 404


def test_the_secretary_sees_postgraduates_only() -> None:
    record(name="本科生")
    record(name="硕士生", level=Level.MASTER)
    secretary = builders.clerk(
        "secretary", Right.VIEW_GRADUATES, at=builders.node(builders.college(), "secretary")
    )
    assert names(signed_in(secretary)) == ["硕士生"]


def test_a_college_does_not_see_the_degree_from_another(office: Client) -> None:
    person = record(identity="E7", college=builders.college("01", "地球科学学院"))
    record(identity="E7", level=Level.MASTER)
    here = signed_in(builders.clerk("here", Right.VIEW_GRADUATES, at=builders.college()))
    page = reverse("alumni:person-detail", args=[person.uid])
    assert [degree.college.code for degree in here.get(page).context["degrees"]] == ["08"]
    assert [degree.college.code for degree in office.get(page).context["degrees"]] == ["08", "01"]


@pytest.mark.usefixtures("people")
def test_searching_and_opening_are_recorded_without_what_was_typed(office: Client) -> None:
    names(office)
    names(office, q="张三", cohort=2026)
    person = Person.objects.get(name="张三")
    office.get(reverse("alumni:person-detail", args=[person.uid]))
    kept = AuditEntry.objects.filter(verb__startswith="alumni.", actor__username="alumnioffice").order_by(
        "pk"
    )
    assert [(entry.verb, entry.target, entry.details) for entry in kept] == [
        ("alumni.searched", "", {"fields": ["q", "cohort"], "found": "1"}),
        ("alumni.viewed", f"alumni.person:{person.uid}", {}),
    ]


def test_the_list_takes_the_same_queries_for_one_and_three(office: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert office.get(LIST).status_code == 200
        return len(captured)

    record(mobile="13900000001", employer="甲公司")
    one = queries()
    record(mobile="13900000002", employer="乙公司")
    record(mobile="13900000003", employer="丙公司")
    assert (one, queries()) == (LIST_QUERIES, LIST_QUERIES)


def test_the_pager_walks_forth_and_back(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alumni.views.people.PAGE", 2)
    for name in ("安一", "白二", "陈三", "丁四", "鄂五"):
        record(name=name)
    first = office.get(LIST).context["page"]
    second = office.get(LIST, {"after": first.after}).context["page"]
    last = office.get(LIST, {"after": second.after}).context["page"]
    back = office.get(LIST, {"before": last.before}).context["page"]
    shown = [[person.name for person in page.rows] for page in (first, second, last, back)]
    assert shown == [["安一", "白二"], ["陈三", "丁四"], ["鄂五"], ["陈三", "丁四"]]
    assert (first.before, last.after) == (None, None)
    assert [p.name for p in office.get(LIST, {"after": "broken"}).context["page"].rows] == ["安一", "白二"]


def test_alumni_keep_their_own_record_up_to_date() -> None:
    amber = builders.user("amber")
    person = record(name="曾晓明", user=amber, mobile="13900000001", employer="甲公司", post="会计")
    client = signed_in(amber)
    page = reverse("alumni:own-record")
    assert client.get(page).context["form"].initial == {
        "mobile": "13900000001",
        "employer": "甲公司",
        "post": "会计",
    }
    told = {"mobile": "13900000002", "email": "amber@example.edu", "employer": "甲公司", "post": "财务主管"}
    assert client.post(page, told).status_code == 302
    current = person.contacts.filter(is_current=True)
    assert [(c.kind, c.value, c.source) for c in current] == [
        ("email", "amber@example.edu", "self"),
        ("mobile", "13900000002", "self"),
    ]
    assert [(e.post, e.source, e.is_current) for e in person.employments.all()] == [
        ("财务主管", "self", True),
        ("会计", "graduate", False),
    ]
    refused = client.post(page, {"mobile": "call me", "qq": "abc", "post": "会计"})
    assert sorted(refused.context["form"].errors) == ["employer", "mobile", "qq"]
    assert client.get(LIST).status_code == 404
    assert signed_in(builders.user("stranger")).get(page).status_code == 404


def test_the_office_brings_a_record_up_to_date_and_the_alumnus_sees_who(office: Client) -> None:
    amber = builders.user("amber")
    person = record(user=amber)
    page = reverse("alumni:person-edit", args=[person.uid])
    assert office.post(page, {"wechat": "amber_22"}).status_code == 302
    assert [(c.value, c.source) for c in person.contacts.all()] == [("amber_22", "staff")]
    uses = signed_in(amber).get(reverse("alumni:own-record")).context["uses"]
    assert [(use.who, str(use.what)) for use in uses] == [("Alumnioffice", uses[0].what)]


def test_the_identity_number_is_never_on_a_page(office: Client) -> None:
    person = record(identity="E98765432")
    body = office.get(reverse("alumni:person-detail", args=[person.uid])).content.decode()
    assert ("E98765432" in body, "*****5432" in body) == (False, True)
