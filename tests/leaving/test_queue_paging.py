"""The queue is paged by key: everybody is met once, there and back, and no page reads more than it shows (P5, C5)."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from leaving.choices import Verb
from leaving.models import ClearanceItem
from leaving.selectors.clearance import Filters, for_list, found, items_of_departments
from leaving.services.clearance import decide
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.keyset import KeysetPage, keyset_page, reading_few
from tests import builders
from tests.leaving.clearance import opened, published

pytestmark = pytest.mark.django_db

KEY, SIZE, GRADUATES = ("sheet_id", "checkpoint_id"), 5, 30


@pytest.fixture
def alice() -> User:
    """The library's clerk, with thirty items to decide."""
    published()
    for number in range(GRADUATES):
        builders.graduate(f"2026{number:04}")
    opened()
    return builders.clerk("alice", Right.DECIDE, at=builders.office("library"))


def queue_of(clerk: User) -> QuerySet[ClearanceItem]:
    return found(items_of_departments(clerk), Filters())


def page_of(items: QuerySet[ClearanceItem], parameters: Mapping[str, str]) -> KeysetPage[ClearanceItem]:
    with reading_few():
        return keyset_page(items, key=KEY, parameters=parameters, size=SIZE)


def walked(items: QuerySet[ClearanceItem], forwards: bool = True) -> Iterator[KeysetPage[ClearanceItem]]:
    """The pages one after the other; backwards from behind the last."""
    parameters = {} if forwards else {"before": list(walked(items))[-1].before or ""}
    while True:
        yield (page := page_of(items, parameters))
        key = page.after if forwards else page.before
        if key is None:
            return
        parameters = {"after" if forwards else "before": key}


def test_everybody_is_met_once_there_and_back(alice: User) -> None:
    grant(right=Right.DECIDE, department=builders.office("hospital"), to=alice, actor=None)
    queue = queue_of(alice)
    there = [[row.pk for row in page.rows] for page in walked(for_list(queue))]
    assert list(itertools.chain(*there)) == list(queue.order_by(*KEY).values_list("pk", flat=True))
    assert [len(rows) for rows in there] == [SIZE] * (2 * GRADUATES // SIZE)
    back = [[row.pk for row in page.rows] for page in walked(for_list(queue), forwards=False)]
    assert back[::-1] == there[:-1]


@pytest.mark.parametrize("filters", [Filters(), Filters(level="undergraduate"), Filters(q="2026")])
def test_no_page_reads_more_than_it_shows_far_on_or_when_most_is_decided(
    alice: User, filters: Filters
) -> None:
    queue = queue_of(alice).filter(filters.condition())
    pages = list(walked(queue))
    as_with_many_rows()
    most = {"leaving_clearanceitem": SIZE + 1, "leaving_clearancesheet": SIZE + 1}
    again = {**most, "leaving_clearanceitem": SIZE + 2}  # the one paged on from is looked at once more
    assert read(queue, {}) == most
    assert read(queue, {"after": str(pages[-3].after)}) == again
    assert read(queue, {"before": str(pages[2].before)}) == again
    early = [row.pk for page in pages[:-2] for row in page.rows]
    decide(items=early, verb=Verb.PASS, actor=None)
    assert [row.pk for row in page_of(queue, {}).rows] == [row.pk for row in pages[-2].rows]
    assert read(queue, {}) == most


def as_with_many_rows() -> None:
    """What is best with so few rows is out of the question: reading all of a table, looking up row by row."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "hashjoin", "nestloop", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def read(items: QuerySet[ClearanceItem], parameters: Mapping[str, str]) -> dict[str, int]:
    """How many items and sheets the database has looked at for that page."""
    plans: list[Any] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "leaving_clearanceitem" in sql:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            plans.append(context["cursor"].fetchone()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        page_of(items, parameters)
    [[plan]] = plans
    seen = dict.fromkeys(("leaving_clearanceitem", "leaving_clearancesheet"), 0)
    for node in nodes(plan["Plan"]):
        if (table := node.get("Relation Name")) in seen:
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            seen[table] += round(rows * node["Actual Loops"])
    return seen


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from nodes(inner)
