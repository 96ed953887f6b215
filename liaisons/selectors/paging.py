"""Pages of a list by key, never by offset; what `{% pager %}` reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows, and the keys of the next and the previous page (None where there is none)."""

    rows: list[Row]
    after: str | None
    before: str | None


def page_of(
    rows: QuerySet[Row], query: Mapping[str, str], *, newest_first: bool = False, size: int = SIZE
) -> Page[Row]:
    """The page that `?after=` or `?before=` names, in the order of the primary key. One query."""
    after, before = _number(query.get("after")), _number(query.get("before"))
    backward = after is None and before is not None
    key = before if backward else after
    descending = newest_first != backward
    if key is not None:
        rows = rows.filter(**{f"pk__{'lt' if descending else 'gt'}": key})
    found = list(rows.order_by("-pk" if descending else "pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    if not found:
        return Page([], None, None)
    follows = more if not backward else True
    precedes = more if backward else key is not None
    return Page(found, str(found[-1].pk) if follows else None, str(found[0].pk) if precedes else None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
