"""The demo's past: what it has just decided is dated back, the history first, and then all that follows from it."""

import datetime

import pgtrigger
from django.conf import settings
from django.db import connection, transaction

from leaving.models import Cohort, DecisionBatch
from leaving.models.clearance import DOOR
from portal.audit.roles import acting_as_owner
from portal.doors import door, one_transaction


def last_batch() -> int:
    """The key of the latest decision; 0 before the first."""
    return DecisionBatch.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def date_back(cohort: Cohort, *, after: int, begins: datetime.timedelta, ends: datetime.timedelta) -> None:
    """Spreads the decisions made since `after` (the key of a batch) over the time from `begins` to `ends` ago, in their order.

    History is append-only for the application, so the owner of the tables dates it; where the portal has no such role at hand
    (or is inside a transaction) it keeps its time. Items, sheets and certificates take theirs from the history in any case.
    """
    if settings.MIGRATE_DATABASE is not None and not connection.in_atomic_block:
        with acting_as_owner(connection), pgtrigger.ignore("leaving.DecisionBatch:append_only"):
            _date_history(after, begins, ends)
    _follow_history(cohort)


def _date_history(after: int, begins: datetime.timedelta, ends: datetime.timedelta) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE leaving_decisionbatch b
            SET at = now() - make_interval(secs => %s) + make_interval(secs => %s) * (o.place::float / o.number)
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS number
                FROM leaving_decisionbatch WHERE id > %s) o
            WHERE o.id = b.id
            """,
            [begins.total_seconds(), (begins - ends).total_seconds(), after],
        )


@one_transaction
def _follow_history(cohort: Cohort) -> None:
    """Each item was decided when its last decision was made, or by rule when the sheet was opened; a sheet was cleared with its
    last item, and its certificate says so and was issued then."""
    with door(DOOR), connection.cursor() as cursor:
        for statement in (
            """
            UPDATE leaving_clearancesheet s SET opened_at = least(s.opened_at, (
                SELECT min(b.at) - interval '1 day' FROM leaving_decisionbatch b)) WHERE s.cohort_id = %(cohort)s
            """,
            """
            UPDATE leaving_clearanceitem i SET decided_at = s.opened_at
            FROM leaving_clearancesheet s
            WHERE s.id = i.sheet_id AND s.cohort_id = %(cohort)s AND i.decided_how = 'rule' AND i.decided_at IS NOT NULL
            """,
            """
            UPDATE leaving_clearanceitem i SET decided_at = last.at
            FROM leaving_clearancesheet s, (
                SELECT DISTINCT ON (d.item_id) d.item_id, b.at FROM leaving_decision d
                JOIN leaving_decisionbatch b ON b.id = d.batch_id ORDER BY d.item_id, d.id DESC) last
            WHERE s.id = i.sheet_id AND s.cohort_id = %(cohort)s AND last.item_id = i.id AND i.decided_at IS NOT NULL
            """,
            """
            UPDATE leaving_clearancesheet s SET cleared_at = (
                SELECT max(i.decided_at) FROM leaving_clearanceitem i WHERE i.sheet_id = s.id)
            WHERE s.cohort_id = %(cohort)s AND s.state = 'cleared'
            """,
            """
            UPDATE leaving_certificate c SET issued_at = s.cleared_at, snapshot = jsonb_set(
                c.snapshot, '{cleared_on}', to_jsonb((s.cleared_at AT TIME ZONE %(here)s)::date))
            FROM leaving_clearancesheet s
            WHERE s.id = c.sheet_id AND s.cohort_id = %(cohort)s AND s.cleared_at IS NOT NULL AND c.revoked_at IS NULL
            """,
        ):
            cursor.execute(statement, {"cohort": cohort.pk, "here": settings.TIME_ZONE})
