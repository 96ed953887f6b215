"""The queue is paged by key: everybody is met once, there and back, whatever is decided meanwhile (C6)."""

import itertools
from collections.abc import Mapping

import pytest
from django.db import connection
from django.db.models import QuerySet

from leaving.choices import Verb
from leaving.models import ClearanceItem
from leaving.selectors.clearance import Filters, found, items_of_departments, parts_of_queue
from leaving.services.clearance import decide
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.keyset import KeysetPage, keyset_page, reading_few
from tests import builders
from tests.leaving.clearance import opened, published

pytestmark = pytest.mark.django_db

KEY, SIZE, GRADUATES = ("sheet_id", "checkpoint_id"), 5, 30
ALL, FIRST = Filters(), dict[str, str]()


@pytest.fixture
def alice() -> User:
    """The library's clerk, with thirty items to decide."""
    published()
    for number in range(GRADUATES):
        builders.graduate(f"2026{number:04}")
    opened()
    return builders.clerk("alice", Right.DECIDE, at=builders.office("library"))


@pytest.fixture
def of_two(alice: User) -> User:
    """Who decides for the hospital too."""
    grant(right=Right.DECIDE, department=builders.office("hospital"), to=alice, actor=None)
    return alice


def items_of(clerk: User, filters: Filters = ALL) -> QuerySet[ClearanceItem]:
    return found(items_of_departments(clerk), filters)


def page_of(
    clerk: User, filters: Filters = ALL, parameters: Mapping[str, str] = FIRST
) -> KeysetPage[ClearanceItem]:
    """A page as the view takes it."""
    parts = parts_of_queue(clerk, filters)
    with reading_few():
        return keyset_page(items_of(clerk, filters), key=KEY, parameters=parameters, size=SIZE, parts=parts)


def walked(
    clerk: User, filters: Filters = ALL, *, begin: Mapping[str, str] = FIRST
) -> list[KeysetPage[ClearanceItem]]:
    """The pages one after the other, backwards if they begin before a key."""
    pages = [page_of(clerk, filters, begin)]
    way = "before" if "before" in begin else "after"
    while key := getattr(pages[-1], way):
        pages.append(page_of(clerk, filters, {way: key}))
    return pages


def keys_of(pages: list[KeysetPage[ClearanceItem]]) -> list[list[int]]:
    return [[row.pk for row in page.rows] for page in pages]


@pytest.mark.parametrize("state", ["pending", ""])
def test_everybody_is_met_once_there_and_back(of_two: User, state: str) -> None:
    filters = Filters(state=state)
    pages = walked(of_two, filters)
    there = keys_of(pages)
    ordered = items_of(of_two, filters).order_by(*KEY).values_list("pk", flat=True)
    assert list(itertools.chain(*there)) == list(ordered)
    assert [len(rows) for rows in there] == [SIZE] * (2 * GRADUATES // SIZE)
    back = keys_of(walked(of_two, filters, begin={"before": str(pages[-1].before)}))
    assert back[::-1] == there[:-1]


def test_what_is_left_is_found_when_most_is_decided(of_two: User) -> None:
    pages = walked(of_two)
    decide(items=itertools.chain(*keys_of(pages[:-2])), verb=Verb.PASS, actor=None)
    assert keys_of(walked(of_two)) == keys_of(pages[-2:])


def test_departments_are_looked_through_one_by_one_only_where_the_index_has_their_order(of_two: User) -> None:
    departments = sorted(builders.office(code).pk for code in ("library", "hospital"))
    column, parts = parts_of_queue(of_two, ALL) or ("", [])
    assert (column, sorted(parts)) == ("owner_id", departments)
    assert parts_of_queue(of_two, Filters(state="")) is None
    assert parts_of_queue(builders.clerk("bob", Right.DECIDE, at=builders.office("library")), ALL) is None


@pytest.mark.django_db(transaction=True)
def test_the_database_is_told_for_one_page_only() -> None:
    before = settings_now()
    with reading_few():
        assert settings_now() == ("off", "1.1")
    assert settings_now() == before != ("off", "1.1")


def settings_now() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_mergejoin'), current_setting('random_page_cost')")
        merge, cost = cursor.fetchone()
    return merge, cost
