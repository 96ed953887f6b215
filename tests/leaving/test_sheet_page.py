"""The graduate's own sheet, and who else may open it (C2, C3, decision 14)."""

import re
from typing import Any

import pytest
from django.test import Client

from leaving.choices import CohortState, Verb
from leaving.selectors.sheets import sheet_of
from leaving.services.clearance import decide
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states

pytestmark = pytest.mark.django_db

ITEM = re.compile(r'data-checkpoint="(\d+)" data-state="(\w+)"')


def page_of(client: Client, url: str = "/sheet/", language: str = "en") -> str:
    answer = client.get(url, headers={"accept-language": language})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_every_item_is_there_in_order_with_its_published_number_and_state(client: Client) -> None:
    published()
    mei = builders.user("mei")
    graduate = builders.graduate(user=mei, college=Department.objects.get(name_zh="艺术与传媒学院"))
    opened()
    client.force_login(mei)
    page = page_of(client)
    found = [(int(number), state) for number, state in ITEM.findall(page)]
    assert found == [*[(n, "pending") for n in (2, 4, 6, 7, 8, 9, 10, 12)], (3, "exempt")]
    assert dict(found) == states(graduate)
    # The sheet numbers its own items; the one that is not needed has no number, but its reason.
    assert re.findall(r'<span class="checkpoint-number">(\d+)</span>', page) == [str(n) for n in range(1, 9)]
    assert "Not needed by undergraduates of your college." in page
    assert "0 / 8" in page


def test_what_the_rules_no_longer_ask_says_so_to_the_graduate_and_to_the_clerk(client: Client) -> None:
    """The hospital did not pass it and opened it again; then its rules are taken away and published."""
    cohort = published()
    mei = builders.user("mei")
    graduate = builders.graduate(user=mei)
    opened()
    nurse = builders.clerk("nurse", Right.DECIDE, at=builders.office("hospital"))
    decide(items=[item(graduate, 6).pk], verb=Verb.FAIL, actor=nurse, reason="欠费")
    decide(items=[item(graduate, 6).pk], verb=Verb.REOPEN, actor=nurse)
    cohort.checkpoints.get(key="hospital").rules.all().delete()
    opened()
    told = "The rules of the cohort do not ask for this any more."
    client.force_login(mei)
    page = page_of(client)
    assert page.split("Not needed by you")[1].count(told) == 1
    client.force_login(nurse)
    queue = page_of(client, "/clearance/?state=any")
    assert (queue.count(told), f"Nurse · {told}" in queue) == (1, False)


def test_states_explain_themselves(client: Client) -> None:
    published()
    mei = builders.user("mei")
    graduate = postgraduate(
        user=mei, political_status="共青团员", supervisor=builders.user("wang", name="王导师")
    )
    opened()
    client.force_login(mei)
    page = page_of(client)
    assert "王导师 has not decided yet." in page
    assert page.count("Waiting for the supervisor&#x27;s review.") == 10
    assert "Passed by itself" in page
    assert "According to the register you are not a member of the Party." in page
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=None)
    decide(items=[item(graduate, 2).pk], verb=Verb.FAIL, actor=alice, reason="2 books <i>")
    page = page_of(client)
    assert "Clear according to 王导师" in page
    assert "Not passed according to Library" in page
    assert "2 books &lt;i&gt;" in page
    assert "Alice" not in page
    chinese = page_of(client, language="zh-hans")
    assert "图书馆审核未通过" in chinese
    assert "王导师审核通过" in chinese


def test_cleared_the_sheet_leads_to_the_certificate(client: Client) -> None:
    published()
    mei = builders.user("mei")
    graduate = builders.graduate(user=mei)
    opened()
    client.force_login(mei)
    url = f"/sheet/{graduate.uid}/certificate/"
    assert url not in page_of(client)
    assert client.get(url).status_code == 404
    passed_but(graduate)
    assert url in page_of(client)


def test_before_the_opening_the_page_says_so(client: Client) -> None:
    mei = builders.user("mei")
    builders.graduate(user=mei, cohort=builders.cohort(state=CohortState.PREPARED))
    client.force_login(mei)
    assert "The sheet has not been opened yet" in page_of(client)


def test_strangers_and_offices_get_what_does_not_exist_gets(client: Client) -> None:
    published()
    graduate = builders.graduate(user=builders.user("mei"))
    opened()
    for stranger in (
        builders.user("classmate"),
        builders.clerk("alice", Right.DECIDE, at=builders.office("library")),
        builders.clerk("other", Right.VIEW_GRADUATES, at=builders.college("11")),
    ):
        client.force_login(stranger)
        assert client.get(f"/sheet/{graduate.uid}/").status_code == 404
        assert client.get("/sheet/").status_code == 404
    assert not AuditEntry.objects.filter(verb="sheet.viewed").exists()


def test_staff_within_reach_open_it_and_that_is_recorded(client: Client) -> None:
    published()
    graduate = builders.graduate(user=builders.user("mei"))
    opened()
    dean = builders.clerk("dean", Right.VIEW_GRADUATES, at=graduate.college)
    client.force_login(dean)
    page_of(client, f"/sheet/{graduate.uid}/")
    assert list(AuditEntry.objects.filter(verb="sheet.viewed").values_list("actor", "target")) == [
        (dean.pk, f"leaving.graduate:{graduate.uid}")
    ]


def test_the_page_takes_as_many_queries_for_six_items_as_for_twelve(
    client: Client, django_assert_num_queries: Any
) -> None:
    published()
    short, long = postgraduate(certificates="one"), postgraduate()
    opened()
    for graduate in (short, long):
        with django_assert_num_queries(8):
            sheet_of(graduate)


def test_what_waits_leads_to_what_comes_first(client: Client) -> None:
    published()
    mei = builders.user("mei")
    graduate = postgraduate(user=mei)
    opened()
    client.force_login(mei)
    review = '<a href="#checkpoint-1">Waiting for the supervisor&#x27;s review.</a>'
    page = page_of(client)
    assert 'id="checkpoint-1"' in page
    assert page.count(review) == 11
    assert '<a href="/sheet/#checkpoint-1">' in page_of(client, f"/sheet/{graduate.uid}/items/2/")
    group, library = item(graduate, 10).checkpoint, item(graduate, 2).checkpoint
    group.requires.add(library, item(graduate, 7).checkpoint)
    opened()
    decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=None)
    first = 'Waiting for: <a href="#checkpoint-2">Library</a>, <a href="#checkpoint-7">Finance</a>'
    assert first in page_of(client)


def test_a_node_without_a_telephone_is_reached_through_its_college(client: Client) -> None:
    published()
    mei = builders.user("mei")
    graduate = builders.graduate(user=mei)
    Department.objects.filter(pk=graduate.college_id).update(phone="027-6788 4208")
    opened()
    client.force_login(mei)
    assert (
        page_of(client).count('href="tel:027-67884208"') == 2
    )  # the college's equipment, the student work group


@pytest.mark.parametrize(
    ("state", "told"), [("open", "The college can tell why."), ("closed", "The cohort is closed and had no")]
)
def test_without_a_sheet_it_says_why(client: Client, state: str, told: str) -> None:
    mei = builders.user("mei")
    graduate = builders.graduate(user=mei)
    type(graduate.cohort).objects.update(state=state)
    client.force_login(mei)
    assert told in page_of(client)


def test_on_a_closed_cohort_nothing_can_be_done_any_more(client: Client) -> None:
    published()
    mei = builders.user("mei")
    graduate = builders.graduate(user=mei)
    opened()
    type(graduate.cohort).objects.update(state="closed")
    client.force_login(mei)
    assert "This cohort is closed" in page_of(client)


def test_who_comes_back_as_a_master_finds_the_sheet_of_the_bachelor(client: Client) -> None:
    mei = builders.user("mei")
    before = builders.graduate(user=mei, cohort=builders.cohort(2023))
    builders.graduate(user=mei, level="master")
    builders.graduate(user=builders.user("bai"))
    client.force_login(mei)
    page = page_of(client)
    assert page.count("Your other sheet") == 1
    assert f"/sheet/{before.uid}/" in page
