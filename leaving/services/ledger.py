"""The statements behind a delivery: what it opens, changes, settles and covers. Only `obligations` calls them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg2 import sql

from leaving.choices import DeliveryKind
from leaving.models import Delivery, LatestWord, Obligation
from leaving.services.states import array
from portal.workbooks.load import Stage, Target

TARGET = Target(model=Obligation, key=("graduate_id", "key"), compared=("title", "amount", "note"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A row whose graduate is known. A settled one without a key settles everything of that graduate."""

    graduate: int
    key: str
    title: str
    amount: Decimal | None
    note: str
    settled: bool


@dataclass(slots=True)
class Written:
    """What was written, and the graduates (ids) for whom anything is different now."""

    opened: int = 0
    changed: int = 0
    settled: int = 0
    touched: set[int] = field(default_factory=set)


def write_entries(
    delivery: Delivery, entries: Sequence[Entry], *, about: Iterable[int], strangers: Iterable[str] = ()
) -> Written:
    """Brings the obligations of the delivery's feed in line with its entries, in a fixed number of statements. What newer
    changes have spoken about stays as they said; newer complete lists the caller has ruled out.

    `about` are the graduates a complete list speaks about; changes speak about those they name. `strangers` are the student
    numbers of rows that were dropped as not ours. The caller holds the feed.
    """
    written = Written()
    named = about if delivery.kind == DeliveryKind.SNAPSHOT else {entry.graduate for entry in entries}
    done = [entry for entry in entries if entry.settled]
    passed_over = sql.SQL(_PASSED_OVER[DeliveryKind(delivery.kind)])
    with Stage(TARGET) as stage:
        stage.add_rows((e.graduate, e.key, e.title, e.amount, e.note) for e in entries if not e.settled)
        values: dict[str, Any] = {
            "checkpoint": delivery.checkpoint_id,
            "department": delivery.department_id,
            "delivery": delivery.pk,
            "complete": delivery.kind == DeliveryKind.SNAPSHOT,
            "graduates": [entry.graduate for entry in done],
            "keys": [entry.key for entry in done],
            "named": array(sorted(named)),
            "strangers": list(strangers),
            "taken_at": delivery.taken_at,
        }
        for count, statement in (
            ("", _OVERTAKEN),
            ("", _COVER),
            ("settled", _SETTLE),
            ("changed", _CHANGE),
            ("opened", _OPEN),
        ):
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(stage=stage.name, passed_over=passed_over), values)
                graduates = [row[0] for row in cursor.fetchall()] if cursor.description else []
            written.touched.update(graduates)
            if count:
                setattr(written, count, len(graduates))
    _remember(delivery, entries)
    return written


def _remember(delivery: Delivery, entries: Sequence[Entry]) -> None:
    """Changes leave word of what they spoke about; a complete list makes what is older than itself unneeded."""
    if delivery.kind == DeliveryKind.SNAPSHOT:
        words = LatestWord.objects.filter(
            checkpoint=delivery.checkpoint_id, department=delivery.department_id
        )
        words.filter(taken_at__lte=delivery.taken_at).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO leaving_latestword AS w (checkpoint_id, department_id, graduate_id, key, taken_at)
            SELECT %s, %s, d.graduate_id, d.key, %s FROM unnest(%s::bigint[], %s::text[]) AS d (graduate_id, key)
            ORDER BY d.graduate_id, d.key
            ON CONFLICT (checkpoint_id, department_id, graduate_id, key)
                DO UPDATE SET taken_at = EXCLUDED.taken_at WHERE w.taken_at < EXCLUDED.taken_at
            """,
            [
                delivery.checkpoint_id,
                delivery.department_id,
                delivery.taken_at,
                [entry.graduate for entry in entries],
                [entry.key for entry in entries],
            ],
        )


_OURS = "o.checkpoint_id = %(checkpoint)s AND o.department_id = %(department)s AND o.settled_at IS NULL"
_NEWER = """EXISTS (
    SELECT 1 FROM leaving_latestword w WHERE w.checkpoint_id = %(checkpoint)s AND w.department_id = %(department)s
        AND w.graduate_id = o.graduate_id AND w.key IN ('', o.key) AND w.taken_at > %(taken_at)s)"""
_OVERTAKEN = f"DELETE FROM {{stage}} o WHERE {_NEWER}"  # noqa: S608  a constant of this module
_ABOUT = "(SELECT unnest(%(named)s::bigint[]))"
# Who was covered and is no longer the department's to decide about, as far as the delivery can have meant them.
_PASSED_OVER = {
    DeliveryKind.SNAPSHOT: "NOT EXISTS (SELECT 1 FROM unnest(%(named)s::bigint[]) AS g WHERE g = v.graduate_id)",
    DeliveryKind.CHANGES: "v.graduate_id IN (SELECT id FROM leaving_graduate WHERE student_no = ANY(%(strangers)s::text[]))",
}
# Whoever is on the roll only after this was asked was not looked for in the delivery, and is not covered by it.
_COVER = """
    WITH ended AS (
        DELETE FROM leaving_datacoverage v
        WHERE v.checkpoint_id = %(checkpoint)s AND v.department_id = %(department)s AND {passed_over})
    INSERT INTO leaving_datacoverage (checkpoint_id, department_id, graduate_id, delivery_id)
    SELECT %(checkpoint)s, %(department)s, g, %(delivery)s FROM unnest(%(named)s::bigint[]) AS g
    WHERE NOT EXISTS (
        SELECT 1 FROM leaving_datacoverage v
        WHERE v.checkpoint_id = %(checkpoint)s AND v.department_id = %(department)s AND v.graduate_id = g)
    ORDER BY g ON CONFLICT DO NOTHING
    RETURNING graduate_id
"""
_SETTLE = f"""
    UPDATE leaving_obligation o SET settled_at = now(), settled_by_id = %(delivery)s
    WHERE {_OURS} AND NOT EXISTS (SELECT 1 FROM {{stage}} t WHERE t.graduate_id = o.graduate_id AND t.key = o.key)
        AND NOT {_NEWER}
        AND o.graduate_id IN {_ABOUT} AND (%(complete)s OR EXISTS (
            SELECT 1 FROM unnest(%(graduates)s::bigint[], %(keys)s::text[]) AS d (graduate_id, key)
            WHERE d.graduate_id = o.graduate_id AND d.key IN ('', o.key)))
    RETURNING o.graduate_id
"""  # noqa: S608  a constant of this module
_CHANGE = f"""
    UPDATE leaving_obligation o SET title = t.title, amount = t.amount, note = t.note
    FROM {{stage}} t
    WHERE {_OURS} AND t.graduate_id = o.graduate_id AND t.key = o.key
        AND (t.title, t.amount, t.note) IS DISTINCT FROM (o.title, o.amount, o.note)
    RETURNING o.graduate_id
"""  # noqa: S608
_OPEN = f"""
    INSERT INTO leaving_obligation (checkpoint_id, department_id, graduate_id, key, title, amount, note, brought_by_id)
    SELECT %(checkpoint)s, %(department)s, t.graduate_id, t.key, t.title, t.amount, t.note, %(delivery)s
    FROM {{stage}} t
    WHERE NOT EXISTS (
        SELECT 1 FROM leaving_obligation o WHERE {_OURS} AND o.graduate_id = t.graduate_id AND o.key = t.key)
    ORDER BY t.graduate_id, t.key
    RETURNING graduate_id
"""  # noqa: S608


def hold_feed(delivery_checkpoint: int, cohort: int, *, wait: bool = True) -> bool:
    """Makes deliveries of a checkpoint wait for each other, and for whoever opens the cohort.

    Without `wait`: False where somebody else is at it.
    """
    or_not = "" if wait else " SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM leaving_cohort WHERE id = %s FOR SHARE{or_not}", [cohort])  # noqa: S608  a constant
        if cursor.fetchone() is None:
            return False
        cursor.execute(
            f"SELECT 1 FROM leaving_checkpoint WHERE id = %s FOR NO KEY UPDATE{or_not}",  # noqa: S608
            [delivery_checkpoint],
        )
        return cursor.fetchone() is not None


def hold_sheets(delivery: Delivery, graduates: Iterable[int], *, cohort: int) -> list[int]:
    """The open sheets for which the delivery can change something, held: those of `graduates`, and with a complete list
    those whose item nobody has decided (`decided by data` may have been switched on since)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id FROM leaving_clearancesheet s
            WHERE s.cohort_id = %(cohort)s AND s.state = 'open' AND (s.graduate_id = ANY(%(graduates)s::bigint[]) OR %(complete)s
                AND EXISTS (SELECT 1 FROM leaving_clearanceitem i
                    WHERE i.sheet_id = s.id AND i.checkpoint_id = %(checkpoint)s AND i.state = 'pending'))
            ORDER BY s.id FOR NO KEY UPDATE
            """,
            {
                "cohort": cohort,
                "graduates": array(graduates),
                "complete": delivery.kind == DeliveryKind.SNAPSHOT,
                "checkpoint": delivery.checkpoint_id,
            },
        )
        return [row[0] for row in cursor.fetchall()]
