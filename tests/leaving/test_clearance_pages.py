"""The clerk's queue and the supervisor's list (C6, P4)."""

from typing import Any

import pytest
from django.test import Client

from leaving.choices import Verb
from leaving.models import ClearanceItem
from leaving.selectors.clearance import Filters, items_of_departments, matching_then, snapshot
from leaving.services.clearance import decide
from portal.accounts.models import User
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published

pytestmark = pytest.mark.django_db

QUERIES = 24


def librarian(name: str = "alice") -> User:
    return builders.clerk(name, Right.DECIDE, at=builders.office("library"))


def test_the_queue_holds_what_my_department_can_decide_now(client: Client) -> None:
    published()
    mei, waits = builders.graduate(name="梅同学"), postgraduate(name="等一等")
    opened()
    client.force_login(librarian())
    page = client.get("/clearance/").content.decode()
    assert page.count('name="item"') == 1
    assert f'value="{item(mei, 2).pk}"' in page
    assert "等一等" in client.get("/clearance/?state=waiting").content.decode()
    assert "等一等" in client.get(f"/clearance/?state=any&q={waits.student_no}").content.decode()
    assert "梅同学" not in client.get(f"/clearance/?state=any&q={waits.student_no}").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_takes_the_same_queries_for_one_row_and_three(
    rows: int, client: Client, django_assert_num_queries: Any
) -> None:
    published()
    for _ in range(rows):
        builders.graduate()
    opened()
    client.force_login(librarian())
    client.get("/clearance/")
    with django_assert_num_queries(QUERIES):
        client.get("/clearance/")


def post(client: Client, url: str = "/clearance/decide/", **data: Any) -> str:
    answer = client.post(url, {"seen": snapshot(), **data}, follow=True, headers={"accept-language": "en"})
    return " ".join(answer.content.decode().split()) if answer.status_code == 200 else str(answer.status_code)


def test_ticked_rows_are_decided_and_the_page_says_so(client: Client) -> None:
    published()
    graduates = [builders.graduate() for _ in range(3)]
    opened()
    client.force_login(librarian())
    books = [item(graduate, 2) for graduate in graduates]
    assert "Passed: 2 items." in post(client, verb="pass", item=[books[0].pk, books[1].pk])
    assert "Give a reason." in post(client, verb="fail", item=[books[2].pk])
    assert "Not passed: 1 item." in post(client, verb="fail", reason="1 book", item=[books[2].pk])
    assert list(
        ClearanceItem.objects.filter(checkpoint__number=2).order_by("pk").values_list("state", flat=True)
    ) == [
        "passed",
        "passed",
        "failed",
    ]


def test_who_was_quicker_is_told(client: Client) -> None:
    published()
    graduate = builders.graduate(name="梅同学")
    opened()
    bob = builders.clerk("bob", Right.DECIDE, at=builders.office("library"))
    decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=bob)
    client.force_login(librarian())
    page = post(client, verb="fail", reason="1 book", item=[item(graduate, 2).pk])
    assert "梅同学: “Passed” by Bob at" in page


def test_somebody_elses_item_is_forbidden_and_nothing_happens(client: Client) -> None:
    published()
    graduate = builders.graduate()
    opened()
    client.force_login(librarian())
    assert post(client, verb="pass", item=[item(graduate, 6).pk]) == "403"
    assert item(graduate, 6).state == "pending"


def test_all_matching_means_the_filter_and_my_departments_only(client: Client) -> None:
    published()
    first, second = builders.graduate(), builders.graduate()
    opened()
    client.force_login(librarian())
    url = f"/clearance/decide/?q={first.student_no}"
    assert "Passed: 1 item." in post(client, url, verb="pass", all_matching="1")
    assert (item(first, 2).state, item(first, 6).state, item(second, 2).state) == (
        "passed",
        "pending",
        "pending",
    )


def test_the_last_decision_is_taken_back_in_one_go(client: Client) -> None:
    published()
    graduates = [builders.graduate() for _ in range(2)]
    opened()
    alice = librarian()
    client.force_login(alice)
    post(client, verb="pass", item=[item(graduate, 2).pk for graduate in graduates])
    batch = alice.decision_batches.get()
    assert str(batch.uid) in client.get("/clearance/").content.decode()
    client.force_login(builders.clerk("bob", Right.DECIDE, at=builders.office("hospital")))
    assert client.post(f"/clearance/decisions/{batch.uid}/undo/").status_code == 404
    client.force_login(alice)
    client.post(f"/clearance/decisions/{batch.uid}/undo/")
    assert {item(graduate, 2).state for graduate in graduates} == {"pending"}


def test_a_supervisor_sees_own_students_only_and_opens_the_gate(client: Client) -> None:
    published()
    wang = builders.user("wang")
    own, second = (
        postgraduate(supervisor=wang, name="自己的"),
        postgraduate(second_supervisor=wang, name="第二的"),
    )
    opened()
    client.force_login(wang)
    answer = client.get("/clearance/", follow=True)
    assert answer.request["PATH_INFO"] == "/clearance/students/"
    page = answer.content.decode()
    assert "自己的" in page
    assert "第二的" not in page
    post(client, "/clearance/students/decide/", verb="pass", item=[item(own, 1).pk])
    assert post(client, "/clearance/students/decide/", verb="pass", item=[item(second, 1).pk]) == "403"
    assert (item(own, 1).state, item(own, 2).state, item(second, 1).state) == ("passed", "pending", "pending")


@pytest.mark.django_db(transaction=True)
def test_what_changed_since_the_clerk_looked_is_skipped_and_told() -> None:
    published()
    same, moved = builders.graduate(), builders.graduate()
    freed = postgraduate()
    opened()
    alice, bob = librarian(), librarian("bob")
    seen = snapshot()
    decide(items=[item(moved, 2).pk], verb=Verb.FAIL, actor=bob, reason="1 book")
    decide(items=[item(freed, 1).pk], verb=Verb.PASS, actor=None)
    late = builders.graduate()
    opened()
    ids = matching_then(items_of_departments(alice), Filters(), seen)
    assert ids == sorted([item(same, 2).pk, item(moved, 2).pk])
    assert item(late, 2).pk not in ids
    outcome = decide(items=ids, verb=Verb.PASS, actor=alice, seen=seen)
    assert outcome.decided == [item(same, 2).pk]
    assert [(skipped.item_id, skipped.code) for skipped in outcome.skipped] == [
        (item(moved, 2).pk, "changed")
    ]
    assert (item(moved, 2).state, item(moved, 2).reason) == ("failed", "1 book")
