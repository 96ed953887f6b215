"""Keeping the counters: every verb appends what it moved, a task folds it, a check recounts (C10; decision 2).

Only `states` and `cohorts`, which write the states, append; in the same transaction, mostly in the same statement.
"""

from collections.abc import Sequence

from django.db import connection

from portal.doors import one_transaction

ROW = "cohort_id, checkpoint_id, college_id, level"
KEY = f"{ROW}, state"
# What sheets and their items come to, per key. A closed sheet counts nowhere, nor do its items (G5).
TALLY = """
    SELECT s.cohort_id, i.checkpoint_id, s.college_id, s.level, i.state, count(*) AS n
    FROM leaving_clearancesheet s JOIN leaving_clearanceitem i ON i.sheet_id = s.id
    WHERE {which} AND s.state <> 'closed' GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT s.cohort_id, NULL, s.college_id, s.level, s.state, count(*)
    FROM leaving_clearancesheet s WHERE {which} AND s.state <> 'closed' GROUP BY 1, 3, 4, 5
"""
KEPT = f"""
    SELECT {KEY}, sum(n) AS n FROM (
        SELECT {KEY}, n FROM leaving_clearancecount UNION ALL SELECT {KEY}, n FROM leaving_clearancecountdelta) kept
    GROUP BY {KEY}
"""  # noqa: S608  names of this module
DRIFT = f"""
    SELECT {KEY}, sum(n)::int AS n FROM (
        ({TALLY.format(which="true")}) UNION ALL SELECT {KEY}, -n FROM ({KEPT}) kept) difference
    GROUP BY {KEY} HAVING sum(n) <> 0
"""  # noqa: S608


def items_moved(source: str) -> str:
    """SQL that appends what the rows of `source` (a CTE with the KEY but `before` and `after` for the state) moved."""
    return f"""
        INSERT INTO leaving_clearancecountdelta ({KEY}, n)
        SELECT {ROW}, m.state, sum(c.n * m.n)
        FROM (SELECT {ROW}, before, after, count(*) AS n FROM {source} GROUP BY {ROW}, before, after) c
        CROSS JOIN LATERAL (VALUES (c.before, -1), (c.after, 1)) AS m (state, n)
        GROUP BY {ROW}, m.state HAVING sum(c.n * m.n) <> 0
    """  # noqa: S608


def sheets_moved(source: str, *, before: str, after: str) -> str:
    """SQL that appends that the sheets of `source` (a CTE with cohort_id, college_id, level) went from one state to another."""
    items = f"SELECT *, NULL::bigint AS checkpoint_id, '{before}' AS before, '{after}' AS after FROM {source}"  # noqa: S608
    return items_moved(f"({items}) sheets")


def count_in(*, cohort: int, since: int) -> None:
    """Adds the sheets of a cohort from the id `since` on, with all their items: they have just been made."""
    with (
        connection.cursor() as cursor
    ):  # the planner, not knowing of these sheets yet, would sort all their items
        cursor.execute("SET LOCAL enable_sort = off")
        _count("s.cohort_id = %s AND s.id >= %s", [cohort, since], sign=1)
        cursor.execute("SET LOCAL enable_sort = on")


def count_again(sheets: Sequence[int], *, sign: int) -> None:
    """Takes these sheets and their items off the counters (-1), or puts them on (1): around what moves many."""
    if sheets:
        _count("s.id = ANY(%s)", [list(sheets)], sign=sign)


def _count(which: str, parameters: list[int | list[int]], *, sign: int) -> None:
    tally = TALLY.format(which=which)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO leaving_clearancecountdelta ({KEY}, n) SELECT {KEY}, n * {sign:d} FROM ({tally}) t",  # noqa: S608
            parameters * 2,
        )


def fold() -> int:
    """Adds the appended changes to the totals, and returns how many there were. Two at once do each change once."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH taken AS (
                DELETE FROM leaving_clearancecountdelta RETURNING {KEY}, n
            ), folded AS (
                INSERT INTO leaving_clearancecount AS kept ({KEY}, n)
                SELECT {KEY}, sum(n) FROM taken GROUP BY {KEY} ORDER BY {KEY}
                ON CONFLICT ({KEY}) DO UPDATE SET n = kept.n + EXCLUDED.n
            )
            SELECT count(*) FROM taken
            """  # noqa: S608
        )
        return int(cursor.fetchone()[0])


def drift() -> list[tuple[int, int | None, int, str, str, int]]:
    """Where the counters differ from a recount: cohort, checkpoint, college, level, state, and what is missing. None is right."""
    with connection.cursor() as cursor:
        cursor.execute(f"{DRIFT} ORDER BY {KEY}")
        return list(cursor.fetchall())


@one_transaction
def repair() -> int:
    """Appends what is missing, from one look at the database, and returns how many counters that mended."""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO leaving_clearancecountdelta ({KEY}, n) {DRIFT}")
        return int(cursor.rowcount)
