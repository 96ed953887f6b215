"""The kept counters, as they are this moment (C10)."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from leaving.choices import Level


@dataclass(frozen=True, slots=True)
class Count:
    """So many items of a checkpoint, or sheets where `checkpoint` is None, of a college and level, in a state."""

    checkpoint: int | None
    college: int
    level: Level
    state: str
    n: int


def counts(
    cohort: int, *, colleges: Collection[int] | None = None, levels: Collection[Level] | None = None
) -> list[Count]:
    """All counters of a cohort that are not zero, in one statement; only of these colleges and levels, where given."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT checkpoint_id, college_id, level, state, sum(n)::int FROM (
                SELECT checkpoint_id, college_id, level, state, n FROM leaving_clearancecount WHERE cohort_id = %(cohort)s
                UNION ALL
                SELECT checkpoint_id, college_id, level, state, n FROM leaving_clearancecountdelta WHERE cohort_id = %(cohort)s
            ) kept
            WHERE (%(colleges)s::bigint[] IS NULL OR college_id = ANY(%(colleges)s))
                AND (%(levels)s::text[] IS NULL OR level = ANY(%(levels)s))
            GROUP BY checkpoint_id, college_id, level, state HAVING sum(n) <> 0
            """,
            {
                "cohort": cohort,
                "colleges": None if colleges is None else list(colleges),
                "levels": None if levels is None else [str(level) for level in levels],
            },
        )
        return [
            Count(checkpoint, college, Level(level), state, n)
            for checkpoint, college, level, state, n in cursor
        ]
