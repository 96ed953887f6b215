"""Since when what can be decided now has been waiting (C10)."""

import datetime
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

# Per item: since when it could be decided. Where a gate was passed only after the decision, the sheet's opening counts.
READY = """
    WITH needs AS (
        SELECT n.checkpoint_id AS one, n.first_id AS first FROM leaving_prerequisiteinforce n
            JOIN leaving_checkpoint c ON c.id = n.checkpoint_id WHERE c.cohort_id = %(cohort)s
    ), passed AS (
        SELECT n.one, q.sheet_id, max(q.decided_at) AS at FROM needs n
        JOIN leaving_clearanceitem q ON q.checkpoint_id = n.first AND q.state IN ('passed', 'waived')
        GROUP BY n.one, q.sheet_id
    ), ready AS (
        SELECT i.id, i.checkpoint_id, i.owner_id, i.supervisor_id, s.college_id, s.level IN ('master', 'doctor') AS postgraduate,
            i.state = 'pending' AS pending, i.decided_at,
            CASE WHEN i.state = 'pending' THEN greatest(s.opened_at, i.decided_at, p.at)
                WHEN p.at > i.decided_at THEN s.opened_at ELSE greatest(s.opened_at, p.at) END AS since
        FROM leaving_clearancesheet s JOIN leaving_clearanceitem i ON i.sheet_id = s.id
        LEFT JOIN passed p ON p.one = i.checkpoint_id AND p.sheet_id = i.sheet_id
        WHERE s.cohort_id = %(cohort)s AND s.state IN ('open', 'cleared') AND (i.state = 'pending'
            OR (i.state IN ('passed', 'waived', 'failed') AND i.decided_at IS NOT NULL AND i.decided_how <> 'rule'))
    )
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """What a department, or a supervisor, could have decided for some time."""

    checkpoint: int
    owner: int | None
    supervisor: int | None
    n: int
    oldest: datetime.datetime


def old_queues(cohort: int, *, days: int, supervisors: bool) -> list[Queue]:
    """Per checkpoint and owner: how many items could have been decided for at least so many days, and since when the oldest.

    With `supervisors` the reviews, per supervisor; else what departments decide.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{READY}
            SELECT checkpoint_id, owner_id, supervisor_id, count(*), min(since) FROM ready
            WHERE pending AND since <= %(before)s
                AND (CASE WHEN %(supervisors)s THEN supervisor_id IS NOT NULL ELSE owner_id IS NOT NULL END)
            GROUP BY checkpoint_id, owner_id, supervisor_id ORDER BY checkpoint_id, owner_id, supervisor_id
            """,  # noqa: S608  a constant
            {
                "cohort": cohort,
                "before": timezone.now() - datetime.timedelta(days=days),
                "supervisors": supervisors,
            },
        )
        return [Queue(*row) for row in cursor.fetchall()]
