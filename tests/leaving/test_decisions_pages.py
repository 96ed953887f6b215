"""Decisions as a whole: found again by who made them and by their department, looked into, taken back (C6, decision 5)."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leaving.choices import DecidedBy, Verb
from leaving.models import ClearanceItem, DecisionBatch
from leaving.services.changes import possible
from leaving.services.clearance import decide
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.workbooks.models import ImportBatch
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published
from tests.leaving.test_supervision import huang, secretary, text_of

pytestmark = pytest.mark.django_db

URL = "/clearance/decisions/"
LIST_QUERIES, DETAIL_QUERIES = 12, 17


def librarian(name: str = "alice") -> User:
    return builders.clerk(name, Right.DECIDE, at=builders.office("library"))


def batch_of(actor: User | None, *ids: int, verb: Verb = Verb.PASS, **more: Any) -> DecisionBatch:
    made = decide(items=ids, verb=verb, actor=actor, reason=more.pop("reason", "x"), **more).batch
    assert made is not None
    return made


@pytest.fixture
def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def test_any_decision_is_found_and_taken_back_not_only_the_last(english: Client) -> None:
    published()
    first, second = builders.graduate(name="梅同学"), builders.graduate(name="兰同学")
    opened()
    alice = librarian()
    old = batch_of(alice, item(first, 2).pk, verb=Verb.FAIL, reason="图书未还")
    batch_of(alice, item(second, 2).pk)
    english.force_login(alice)
    page = text_of(english.get(URL))
    assert page.index("兰同学") < page.index("梅同学")
    assert "图书未还" in page
    detail = text_of(english.get(f"{URL}{old.uid}/"))
    assert ("梅同学" in detail, "兰同学" in detail, "stands" in detail) == (True, False, True)
    answer = text_of(english.post(f"{URL}{old.uid}/undo/?list=decision", follow=True))
    assert "Taken back: 1 item." in answer
    assert "/undo/" not in answer  # once is enough
    assert (item(first, 2).state, item(second, 2).state) == ("pending", "passed")
    assert "already" in text_of(english.post(f"{URL}{old.uid}/undo/?list=decision", follow=True))


def test_a_colleague_of_the_department_takes_it_back_and_others_do_not_see_it(english: Client) -> None:
    published()
    mei = builders.graduate(name="梅同学")
    opened()
    alice, bob = librarian(), librarian("bob")
    batch = batch_of(alice, item(mei, 2).pk)
    hospital = builders.clerk("hospital", Right.DECIDE, at=builders.office("hospital"))
    looks = builders.clerk("looks", Right.STATISTICS, at=builders.office("library"))
    for other in (hospital, looks):
        english.force_login(other)
        assert english.get(f"{URL}{batch.uid}/").status_code == 404
        assert english.post(f"{URL}{batch.uid}/undo/").status_code == 404
    english.force_login(hospital)
    assert "梅同学" not in text_of(english.get(URL))
    english.force_login(bob)
    assert "梅同学" in text_of(english.get(URL))
    assert "梅同学" not in text_of(english.get(f"{URL}?whose=mine"))
    english.post(f"{URL}{batch.uid}/undo/?list=decision")
    assert item(mei, 2).state == "pending"
    undone = DecisionBatch.objects.get(undoes=batch)
    assert (undone.actor, undone.departments) == (bob, [builders.office("library").pk])
    assert f"{URL}{undone.uid}/" in text_of(english.get(f"{URL}{batch.uid}/"))


def test_of_a_decision_over_several_departments_each_sees_its_own_part(english: Client) -> None:
    published()
    mei = builders.graduate()
    opened()
    batch = batch_of(builders.user("root", is_superuser=True), item(mei, 2).pk, item(mei, 6).pk)
    english.force_login(librarian())
    page = text_of(english.get(f"{URL}{batch.uid}/"))
    assert (page.count("Library"), page.count("Hospital")) == (1, 0)
    # And takes back no more than that.
    english.post(f"{URL}{batch.uid}/undo/")
    assert (item(mei, 2).state, item(mei, 6).state) == ("pending", "passed")


def test_what_the_system_decided_is_not_listed(english: Client) -> None:
    published()
    mei = builders.graduate(name="梅同学")
    opened()
    batch = batch_of(None, item(mei, 2).pk, how=DecidedBy.DATA)
    english.force_login(librarian())
    assert "梅同学" not in text_of(english.get(URL))
    assert english.get(f"{URL}{batch.uid}/").status_code == 404


def test_decided_again_since_stays(english: Client) -> None:
    published()
    first, second = builders.graduate(), builders.graduate()
    opened()
    alice, bob = librarian(), librarian("bob")
    batch = batch_of(alice, item(first, 2).pk, item(second, 2).pk)
    batch_of(bob, item(second, 2).pk, verb=Verb.REOPEN)
    english.force_login(alice)
    assert "decided again since" in text_of(english.get(f"{URL}{batch.uid}/"))
    page = text_of(english.post(f"{URL}{batch.uid}/undo/?list=decision", follow=True))
    assert "Taken back: 1 item." in page
    assert "Left as it is: 1 item." in page


def test_both_names_of_a_secretarys_decision(english: Client) -> None:
    published()
    xiaomi, old = secretary(), huang()
    graduate = postgraduate(supervisor=old)
    opened()
    batch = batch_of(xiaomi, item(graduate, 1).pk, delegation="出国访问")
    english.force_login(xiaomi)
    assert "for 黄导师" in text_of(english.get(URL))
    page = text_of(english.get(f"{URL}{batch.uid}/"))
    assert ("小米" in page, "for 黄导师" in page, "出国访问" in page) == (True, True, True)


def test_an_uploaded_list_is_looked_into_and_taken_back_as_one(english: Client) -> None:
    published()
    first, second = builders.graduate(), builders.graduate()
    opened()
    alice = librarian()
    uploaded = ImportBatch.objects.create(
        kind="decisions", actor=alice, file_name="list.xlsx", state="applied"
    )
    for graduate, verb in ((first, Verb.PASS), (second, Verb.FAIL)):
        batch_of(alice, item(graduate, 2).pk, verb=verb, how=DecidedBy.WORKBOOK, workbook=uploaded)
    english.force_login(alice)
    assert text_of(english.get(URL)).count("uploaded list") == 2
    assert f"{URL}lists/{uploaded.uid}/" in text_of(english.get(f"/imports/{uploaded.uid}/"))
    page = text_of(english.get(f"{URL}lists/{uploaded.uid}/"))
    assert ("Decision on 2 items" in page, "list.xlsx" in page) == (True, True)
    english.force_login(builders.clerk("hospital", Right.DECIDE, at=builders.office("hospital")))
    assert english.post(f"{URL}lists/{uploaded.uid}/undo/").status_code == 404
    english.force_login(alice)
    answer = text_of(english.post(f"{URL}lists/{uploaded.uid}/undo/", follow=True))
    assert "Taken back: 2 items." in answer
    assert {item(first, 2).state, item(second, 2).state} == {"pending"}
    assert "already" in text_of(english.post(f"{URL}lists/{uploaded.uid}/undo/", follow=True))


def test_pages_of_the_list_by_keyset(english: Client) -> None:
    published()
    graduates = [builders.graduate() for _ in range(3)]
    opened()
    alice = librarian()
    for graduate in graduates * 18:
        book = item(graduate, 2)
        batch_of(alice, book.pk, verb=Verb.REOPEN if book.state == "passed" else Verb.PASS)
    english.force_login(alice)
    page = english.get(URL).content.decode()
    assert page.count('<th scope="row"') == 50
    after = re.search(r"after=([\w-]+)", page)
    assert after is not None
    assert english.get(f"{URL}?after={after[1]}").content.decode().count('<th scope="row"') == 4


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pages_take_the_same_queries_for_one_row_and_three(
    rows: int, english: Client, django_assert_num_queries: Any
) -> None:
    published()
    graduates = [builders.graduate() for _ in range(rows)]
    opened()
    alice = librarian()
    batch = batch_of(alice, *(item(graduate, 2).pk for graduate in graduates))
    for graduate in graduates:
        batch_of(alice, item(graduate, 2).pk, verb=Verb.REOPEN)
    english.force_login(alice)
    english.get(URL)
    with django_assert_num_queries(LIST_QUERIES):
        english.get(URL)
    with django_assert_num_queries(DETAIL_QUERIES):
        english.get(f"{URL}{batch.uid}/")


def test_a_decision_is_found_by_whom_it_was_about_and_by_its_day(english: Client) -> None:
    published()
    first, second = builders.graduate("20221001", name="梅同学"), builders.graduate(name="兰同学")
    opened()
    alice = librarian()
    batch_of(alice, item(first, 2).pk)
    batch_of(alice, item(second, 2).pk)
    english.force_login(alice)

    def found(query: str) -> list[bool]:
        page = text_of(english.get(f"{URL}{query}"))
        return [name in page for name in ("梅同学", "兰同学")]

    today = timezone.localdate()
    assert found("?q=２０２２１００１ ") == [True, False]
    assert found("?q=兰同学&whose=mine") == [False, True]
    assert found(f"?day={today}") == [True, True]
    assert found(f"?day={today - datetime.timedelta(days=1)}") == [False, False]
    assert found("?day=yesterday") == [True, True]


@pytest.mark.parametrize(
    ("state", "how", "verbs"),
    [
        ("pending", "", "pass fail waive"),
        ("failed", "hand", "pass fail waive reopen"),
        ("passed", "hand", "reopen"),
        ("passed", "data", "fail waive reopen"),
        ("waived", "hand", "reopen"),
        ("waiting", "", ""),
        ("exempt", "", ""),
    ],
)
def test_what_can_be_done_to_an_item(state: str, how: str, verbs: str) -> None:
    found = possible(ClearanceItem(state=state, decided_how=how))
    assert found == [verb for verb in Verb if verb in verbs.split()]
