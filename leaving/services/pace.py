"""Measuring what statistics keep: clearances by day, and the pace of checkpoints and offices (C10).

Called by a periodic task. A page reads what was kept, and shows when that was.
"""

from django.db import connection
from django.utils import timezone

from leaving.choices import CohortState
from leaving.models import ClearanceDay, Cohort, Measurement, Pace
from leaving.selectors.queues import READY
from portal.doors import one_transaction

LOCK = 7_401_010  # advisory lock: one measures at a time


def measure_open_cohorts() -> int:
    """Measures every open cohort; returns how many."""
    return sum(measure(cohort=cohort) for cohort in Cohort.objects.filter(state=CohortState.OPEN))


@one_transaction
def measure(*, cohort: Cohort) -> bool:
    """Replaces what is kept of a cohort, in two statements; False while another measures.

    The pace of a checkpoint: from the moment an item could be decided (the sheet was opened, the gates before it passed) to its
    decision, what rules decided left out. Nothing is locked that anybody else writes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        as_of = timezone.now()
        ClearanceDay.objects.filter(cohort=cohort).delete()
        cursor.execute(
            _DAYS, {"cohort": cohort.pk, "as_of": as_of, "zone": timezone.get_current_timezone_name()}
        )
        Pace.objects.filter(cohort=cohort).delete()
        cursor.execute(_PACE, {"cohort": cohort.pk})
    Measurement.objects.update_or_create(cohort=cohort, defaults={"as_of": as_of})
    return True


_DAYS = """
    INSERT INTO leaving_clearanceday (cohort_id, college_id, level, day, n)
    SELECT cohort_id, college_id, level, (cleared_at AT TIME ZONE %(zone)s)::date, count(*)
    FROM leaving_clearancesheet WHERE cohort_id = %(cohort)s AND state = 'cleared' AND cleared_at < %(as_of)s
    GROUP BY 1, 2, 3, 4
"""
_PACE = f"""
    INSERT INTO leaving_pace (cohort_id, checkpoint_id, owner_id, all_owners, college_id, postgraduates,
        decided, median_duration, ready, oldest_since, median_since)
    {READY}
    SELECT %(cohort)s, checkpoint_id, owner_id, GROUPING(owner_id) = 1, college_id, coalesce(postgraduate, false),
        count(*) FILTER (WHERE NOT pending),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY decided_at - since) FILTER (WHERE NOT pending),
        count(*) FILTER (WHERE pending),
        min(since) FILTER (WHERE pending),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY since) FILTER (WHERE pending)
    FROM ready
    GROUP BY GROUPING SETS (
        (checkpoint_id), (checkpoint_id, college_id), (checkpoint_id, college_id, postgraduate),
        (checkpoint_id, owner_id), (checkpoint_id, owner_id, college_id), (checkpoint_id, owner_id, college_id, postgraduate))
    HAVING GROUPING(postgraduate) = 1 OR postgraduate
"""  # noqa: S608  a constant
