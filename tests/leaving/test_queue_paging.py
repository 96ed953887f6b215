"""The queue is paged by key: everybody is met once, there and back, and a far page reads no more than the first (P5, C5)."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from leaving.models import ClearanceItem
from leaving.selectors.clearance import Filters, for_list, found, items_of_departments
from portal.departments.choices import Right
from portal.departments.services import grant
from portal.keyset import KeysetPage, keyset_page
from tests import builders
from tests.leaving.clearance import opened, published

pytestmark = pytest.mark.django_db

KEY, SIZE, PAGES = ("sheet_id", "checkpoint_id"), 5, 12


@pytest.fixture
def queue() -> QuerySet[ClearanceItem]:
    """What two offices see together whose clerk one is: two items of each of thirty graduates."""
    published()
    for number in range(SIZE * PAGES // 2):
        builders.graduate(f"2026{number:04}")
    opened()
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    grant(right=Right.DECIDE, department=builders.office("hospital"), to=alice, actor=None)
    items = found(items_of_departments(alice), Filters())
    assert items.count() == SIZE * PAGES
    return items


def page_of(items: QuerySet[ClearanceItem], parameters: Mapping[str, str]) -> KeysetPage[ClearanceItem]:
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


def test_everybody_is_met_once_there_and_back(queue: QuerySet[ClearanceItem]) -> None:
    there = [[row.pk for row in page.rows] for page in walked(for_list(queue))]
    assert list(itertools.chain(*there)) == list(queue.order_by(*KEY).values_list("pk", flat=True))
    assert [len(rows) for rows in there] == [SIZE] * PAGES
    back = [[row.pk for row in page.rows] for page in walked(for_list(queue), forwards=False)]
    assert back[::-1] == there[:-1]


@pytest.mark.parametrize("filters", [Filters(), Filters(level="undergraduate"), Filters(q="2026")])
def test_a_far_page_reads_no_more_rows_than_the_first(
    queue: QuerySet[ClearanceItem], filters: Filters
) -> None:
    """Merging with the sheets, as the server does where there are many of them, begins at the key too."""
    queue = queue.filter(filters.condition())
    pages = list(walked(queue))
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "hashjoin", "nestloop", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    first = sheets_read(queue, {})
    assert first >= SIZE // 2
    begun = 1  # the sheet in whose midst a page begins
    assert sheets_read(queue, {"after": str(pages[-3].after)}) <= first + begun
    assert sheets_read(queue, {"before": str(pages[2].before)}) <= first + begun


def sheets_read(items: QuerySet[ClearanceItem], parameters: Mapping[str, str]) -> int:
    """How many sheets the server has looked at for that page."""
    plans: list[Any] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        cursor = context["cursor"]
        execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        plans.append(cursor.fetchone()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        page_of(items, parameters)
    [[plan]] = plans
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(plan["Plan"])
        if node.get("Relation Name") == "leaving_clearancesheet"
    )


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from nodes(inner)
