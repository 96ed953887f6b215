"""The queue is paged by key: everybody is met once, there and back, and no page reads more than it shows (P5, C5)."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

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


@pytest.mark.parametrize("filters", [ALL, Filters(level="undergraduate"), Filters(q="2026")])
def test_no_page_reads_more_than_it_shows_far_on_or_when_most_is_decided(
    alice: User, filters: Filters
) -> None:
    pages = walked(alice, filters)
    as_with_many_rows()
    most = {"leaving_clearanceitem": SIZE + 1, "leaving_clearancesheet": SIZE + 1}
    again = {**most, "leaving_clearanceitem": SIZE + 2}  # the one paged on from is looked at once more
    assert read(alice, filters) == most
    assert read(alice, filters, {"after": str(pages[-3].after)}) == again
    assert read(alice, filters, {"before": str(pages[2].before)}) == again
    decide(items=itertools.chain(*keys_of(pages[:-2])), verb=Verb.PASS, actor=None)
    assert keys_of([page_of(alice, filters)]) == keys_of([pages[-2]])
    assert read(alice, filters) == most


def test_of_several_departments_the_first_of_each_are_read(of_two: User) -> None:
    pages = walked(of_two)
    as_with_many_rows()
    first = {"leaving_clearanceitem": 2 * (SIZE + 1), "leaving_clearancesheet": 2 * (SIZE + 1)}
    assert read(of_two, in_parts=True) == first
    decide(items=itertools.chain(*keys_of(pages[:-4])), verb=Verb.PASS, actor=None)
    assert keys_of([page_of(of_two)]) == keys_of([pages[-4]])
    assert read(of_two, in_parts=True) == first


def as_with_many_rows() -> None:
    """What is best with so few rows is out of the question: reading all of a table, looking up row by row."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "hashjoin", "nestloop", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def read(
    clerk: User, filters: Filters = ALL, parameters: Mapping[str, str] = FIRST, *, in_parts: bool = False
) -> dict[str, int]:
    """How many items and sheets the database has looked at for that page, or to find what of each department is on it."""
    plans: list[Any] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "leaving_clearanceitem" in sql:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            plans.append(context["cursor"].fetchone()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        page_of(clerk, filters, parameters)
    [[plan]] = plans
    seen = dict.fromkeys(("leaving_clearanceitem", "leaving_clearancesheet"), 0)
    for node in nodes(plan["Plan"]):
        table = node.get("Relation Name")
        if table in seen and in_parts == (node["Alias"] != table):
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            seen[table] += round(rows * node["Actual Loops"])
    return seen


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from nodes(inner)
