"""The rules' pages: what publishing would do, to whom, and publishing it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leaving.choices import CohortState, Verb
from leaving.models import Checkpoint, Cohort, Graduate, RulesPublication
from leaving.selectors.applicability import checkpoints_of
from leaving.selectors.rules import simulate
from leaving.services.clearance import decide
from leaving.services.publications import process
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.demo import OFFICES
from tests import builders
from tests.leaving.clearance import item, opened, published, states

pytestmark = pytest.mark.django_db


def url(name: str, year: int = 2026, **query: object) -> str:
    return reverse(f"leaving:rules-{name}", args=[year]) + (
        "?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""
    )


@pytest.fixture
def dean(client: Client) -> Any:
    made = builders.clerk("dean", Right.OPEN_COHORT, Right.VIEW_GRADUATES, at=builders.university())
    client.force_login(made)
    client.cookies["django_language"] = "en"
    return made


def test_from_the_start_page_to_the_publication(client: Client, dean: Any) -> None:
    published()
    one, other = builders.graduate(name="陆小满"), builders.graduate(name="何雨晴")
    opened()
    decide(items=[item(other, 6).pk], verb=Verb.PASS, actor=None)
    Checkpoint.objects.get(key="hospital").rules.all().delete()
    assert url("show") in client.get("/").content.decode()
    assert client.get(reverse("leaving:rules-home"))["Location"] == url("show")
    page = client.get(url("show")).content.decode()
    assert url("graduates") + "?what=loses&amp;checkpoint=6" in page
    names = client.get(url("graduates", what="loses", checkpoint=6)).content.decode()
    assert ("陆小满" in names, "何雨晴" in names) == (True, False)
    assert reverse("leaving:sheet-detail", args=[one.uid]) in names
    stays = client.get(url("graduates", what="stands", checkpoint=6)).content.decode()
    assert ("陆小满" in stays, "何雨晴" in stays) == (False, True)
    asked = client.get(url("publish"))
    client.post(url("publish"), {"seen": asked.context["seen"]})
    job = RulesPublication.objects.get()
    waiting = client.get(url("show"))
    assert ("being published" in waiting.content.decode(), "HX-Refresh" in client.get(url("progress"))) == (
        True,
        False,
    )
    process(job.uid)
    assert client.get(url("progress"))["HX-Refresh"] == "true"
    assert "Published" in client.get(url("show")).content.decode()
    assert (6 in states(one), states(other)[6]) == (False, "passed")


def test_what_was_edited_since_is_not_published(client: Client, dean: Any) -> None:
    published()
    asked = client.get(url("publish"))
    Checkpoint.objects.get(key="hospital").rules.all().delete()
    answer = client.post(url("publish"), {"seen": asked.context["seen"]}, follow=True)
    assert "edited since you looked" in answer.content.decode()
    assert not RulesPublication.objects.exists()


def test_nothing_there_says_what_to_do(client: Client, dean: Any) -> None:
    assert "No cohort yet" in client.get(reverse("leaving:rules-home")).content.decode()
    builders.cohort(2026, CohortState.PREPARED)
    assert "No checkpoints yet" in client.get(url("show")).content.decode()
    assert client.get(url("publish"))["Location"] == url("show")
    assert "nothing to copy" in client.get(url("copy")).content.decode()
    Cohort.objects.update(state=CohortState.CLOSED)
    assert "closed" in client.get(url("show")).content.decode()
    for query in (
        {"what": "gains", "checkpoint": 1},
        {"what": "x"},
        {},
        {"what": "gains"},
        {"what": "gains", "checkpoint": "²"},
    ):
        assert client.get(url("graduates", **query)).status_code == 404


def test_the_first_cohort_starts_with_the_published_checkpoints(client: Client, dean: Any) -> None:
    cohort = builders.cohort(2026, CohortState.PREPARED)
    builders.office()
    assert url("preset") in client.get(url("show")).content.decode()
    answer = client.post(url("preset"), follow=True).content.decode()
    assert "Set up these departments first" in answer
    assert "University hospital (hospital)" in answer
    assert ("(library)" in answer, cohort.checkpoints.exists()) == (False, False)
    builders.offices(*((code, name_zh, name_en) for code, name_zh, name_en, *_rest in OFFICES))
    builders.college("05", "国家重点实验室")
    answer = client.post(url("preset"), follow=True).content.decode()
    assert ("The published checkpoints are there: 13." in answer, url("publish") in answer) == (True, True)
    assert "are not set up: 体育学院, 地球科学学院" in answer
    assert AuditEntry.objects.get(verb="checkpoints.preset").actor == dean
    assert url("preset") not in answer
    assert "has checkpoints already" in client.post(url("preset"), follow=True).content.decode()
    assert cohort.checkpoints.count() == 13


def test_a_closed_cohort_without_checkpoints_gets_none(client: Client, dean: Any) -> None:
    cohort = published(2026)
    cohort.checkpoints.all().delete()
    Cohort.objects.update(state=CohortState.CLOSED)
    assert url("preset") not in client.get(url("show")).content.decode()
    assert "is closed" in client.post(url("preset"), follow=True).content.decode()
    assert not cohort.checkpoints.exists()


def test_copying_makes_the_next_year(client: Client, dean: Any) -> None:
    published()
    assert client.get(url("copy")).context["form"].fields["code"].choices == [(2027, "2027 (will be set up)")]
    answer = client.post(url("copy"), {"code": 2027})
    assert answer["Location"] == url("show", 2027)
    again = client.post(url("copy"), {"code": 2027})
    assert "has checkpoints already" in again.content.decode()
    assert client.post(url("copy"), {"code": 2027, "replace": "on"}).status_code == 302
    assert Cohort.objects.get(year=2027).checkpoints.count() == 13


def test_pages_take_the_same_queries_for_one_and_for_many(client: Client, dean: Any) -> None:
    published()
    builders.office("archive")
    taken = []
    for number in (1, 3):
        while Graduate.objects.count() < number:
            builders.graduate(school_class=builders.school_class())
        for address in (url("show"), url("graduates", what="gains", checkpoint=2), url("publish")):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            taken.append(len(queries))
    assert taken[:3] == taken[3:]
    with CaptureQueriesContext(connection) as queries:
        simulate(builders.cohort(), checkpoints_of(builders.cohort().pk))
    # the cohort twice; checkpoints, rules, their colleges and campuses, prerequisites; two kinds of node, the campuses, for
    # those with and without a sheet; the count itself, and who waits for it
    assert len(queries) == 15
