"""Paging by key: as quick on page 1 000 as on page 1, and nobody slips through while rows come and go."""

import base64
import binascii
import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from portal.lookups import OneOf

M = TypeVar("M", bound=Model)
COUNTED = 1_000


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """One page: its rows, and the keys for the `pager` component (None at the ends)."""

    rows: Sequence[M]
    after: str | None
    before: str | None
    total: str = ""


def keyset_page(
    rows: QuerySet[M],
    *,
    key: Sequence[str],
    parameters: Mapping[str, str],
    size: int = 50,
    parts: tuple[str, Sequence[int]] | None = None,
) -> KeysetPage[M]:
    """The page of `rows` that `?after=` or `?before=` names; the first one if neither is readable.

    `key` names the fields of the order, all ascending (or, with a `-`, all descending), the last one unique.
    `parts` is the column of a foreign key and its values among `rows`. Give it where an index has the rows of each value in the
    order of the key, but not those of all of them together: the page is then found among the first rows of each.
    One query, and rows are fetched with whatever `rows` selects and prefetches.
    """
    descending = key[0].startswith("-")
    fields = [field.removeprefix("-") for field in key]
    after, before = _values(parameters.get("after"), fields), _values(parameters.get("before"), fields)
    backwards = after is None and before is not None
    start = before if backwards else after
    falling = descending != backwards
    ordered = rows.order_by(*(f"-{field}" if falling else field for field in fields))
    if start is not None:
        try:
            ordered = ordered.filter(_beyond(fields, start, "lt" if falling else "gt"))
        except (ValidationError, ValueError, TypeError):  # made up: a field has no such value
            return keyset_page(rows, key=key, parameters={}, size=size, parts=parts)
    if parts is not None:
        column, values = parts
        of_part = ordered.filter(**{column: RawSQL("part.value", ())}).values_list(*fields, "pk")[: size + 1]
        ordered = ordered.filter(_AmongTheFirst(of_part, values, size + 1, falling))
    found = list(ordered[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next = bool(found) and (backwards or more)
    has_previous = bool(found) and (more if backwards else after is not None)
    return KeysetPage(
        rows=found,
        after=_token(found[-1], fields) if has_next else None,
        before=_token(found[0], fields) if has_previous else None,
    )


@contextmanager
def reading_few() -> Iterator[None]:
    """A transaction in which the database looks up row by row: for a page that shows a few out of very many.

    Left to itself it may join two tables by walking both in the order of the key, the other one from its very beginning; or,
    because it expects each row to cost a movement of the disk, read a whole table in order and throw nearly all of it away.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('enable_mergejoin', 'off', true), set_config('random_page_cost', '1.1', true)"
        )
        yield


def counted(rows: QuerySet[M]) -> str:
    """How many, counted no further than to a thousand: `37`, or `1000+`."""
    number = rows.order_by()[: COUNTED + 1].count()
    return str(number) if number <= COUNTED else f"{COUNTED}+"


class _AmongTheFirst(OneOf):
    """One of the first rows of all parts together, from a query that finds the first ones of the part `part.value`."""

    def __init__(self, of_part: QuerySet[Any], values: Sequence[int], size: int, falling: bool) -> None:
        """`of_part` gives the fields of its order, then the primary key."""
        super().__init__(F("pk"), of_part.query)
        keys = [f"k{place}" for place in range(len(of_part.query.order_by))]
        self.values, self.size = list(values), size
        self.columns = ", ".join((*keys, "id"))
        self.order = ", ".join(f"{key} DESC" if falling else key for key in keys)

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        of_part, parameters = super().process_rhs(compiler, connection)
        sql = f"""(SELECT first.id FROM unnest(%s::bigint[]) AS part(value)
            CROSS JOIN LATERAL {of_part} AS first({self.columns}) ORDER BY {self.order} LIMIT %s)"""  # noqa: S608  our names
        return sql, (self.values, *parameters, self.size)


def _beyond(fields: Sequence[str], values: Sequence[Any], comparison: str) -> Q:
    """`(a, b) > (x, y)` written so that an index on (a, b) is walked from there: a >= x and (a > x or b > y)."""
    first, value = fields[0], values[0]
    beyond = Q(**{f"{first}__{comparison}": value})
    if len(fields) == 1:
        return beyond
    return Q(**{f"{first}__{comparison}e": value}) & (beyond | _beyond(fields[1:], values[1:], comparison))


def _token(row: Model, fields: Sequence[str]) -> str:
    values: list[Any] = []
    for field in fields:
        value: Any = row
        for part in field.split("__"):
            value = getattr(value, part)
        values.append({"at": value} if isinstance(value, datetime.datetime | datetime.date) else value)
    packed = json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _values(token: str | None, fields: Sequence[str]) -> list[Any] | None:
    if not token:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(values, list) or len(values) != len(fields):
        return None
    unpacked = [
        value["at"] if isinstance(value, dict) and set(value) == {"at"} else value for value in values
    ]
    if not all(isinstance(value, str | int) and "\0" not in str(value) for value in unpacked):
        return None
    return unpacked
