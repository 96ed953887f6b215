"""The demo's statistics: a third of the cohort has left, in the course of two weeks, and reminders go out every day."""

import datetime

from django.db import connection
from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from leaving.choices import DecidedBy, ItemState, Reminded, RunState, Verb
from leaving.clearance_demo import YEAR
from leaving.models import ClearanceItem, Cohort, Reminder, ReminderRun
from leaving.models.clearance import DOOR
from leaving.reminder_texts import DEFAULTS
from leaving.services.clearance import decide
from leaving.services.counters import fold
from leaving.services.pace import measure
from leaving.services.reminders import process, start_due
from portal.demo import Step
from portal.doors import door, one_transaction


def play(_graduates: int) -> None:
    """Idempotent. The demo's own accounts stay as they are."""
    cohort = Cohort.objects.filter(year=YEAR).first()
    if cohort is None or Reminder.objects.exists():
        return
    crowd = ClearanceItem.objects.filter(
        checkpoint__cohort=cohort, sheet__graduate__user=None, state=ItemState.PENDING
    ).annotate(lot=Mod("sheet__graduate_id", 20), share=Mod("sheet__college_id", 8) + 3)
    decide(items=crowd.filter(lot__lt=F("share")), verb=Verb.PASS, actor=None, how=DecidedBy.DATA)
    _spread_over_two_weeks(cohort)
    fold()
    measure(cohort=cohort)
    _remind(cohort)


@one_transaction
def _spread_over_two_weeks(cohort: Cohort) -> None:
    """As if the sheets had been opened two weeks ago and the work done since, more of it of late: the history of a sheet
    tells when the demo was played, its figures look like those of a cohort that is leaving."""
    with door(DOOR), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE leaving_clearancesheet SET opened_at = now() - interval '15 days' WHERE cohort_id = %s",
            [cohort.pk],
        )
        cursor.execute(
            """
            UPDATE leaving_clearancesheet s
            SET cleared_at = now() - make_interval(hours => 2 + (s.id * 7919 %% 320 * (s.id * 104729 %% 100) / 100)::int)
            FROM leaving_graduate g
            WHERE g.id = s.graduate_id AND s.cohort_id = %s AND s.state = 'cleared' AND g.user_id IS NULL
            """,
            [cohort.pk],
        )
        cursor.execute(
            """
            UPDATE leaving_clearanceitem i
            SET decided_at = greatest(s.opened_at + interval '2 hours',
                coalesce(s.cleared_at, now()) - make_interval(hours => (i.id * 7919 %% 120)::int))
            FROM leaving_clearancesheet s JOIN leaving_graduate g ON g.id = s.graduate_id
            WHERE s.id = i.sheet_id AND s.cohort_id = %s AND g.user_id IS NULL AND i.decided_at IS NOT NULL
                AND i.decided_how <> 'rule'
            """,
            [cohort.pk],
        )


def _remind(cohort: Cohort) -> None:
    """A reminder for graduates and one for clerks, every day for a month; those of today go out at once."""
    today = timezone.localdate()
    for audience, at in ((Reminded.GRADUATES, datetime.time(9)), (Reminded.CLERKS, datetime.time(8, 30))):
        words = DEFAULTS[audience]
        Reminder.objects.create(
            cohort=cohort,
            audience=audience,
            older_than=3,
            at=at,
            starts_on=today,
            ends_on=today + datetime.timedelta(days=30),
            title_zh=words.title_zh,
            title_en=words.title_en,
            text_zh=words.body_zh,
            text_en=words.body_en,
        )
    start_due(timezone.localtime().replace(hour=23, minute=59))
    for uid in ReminderRun.objects.filter(state=RunState.WAITING).values_list("uid", flat=True):
        process(uid)


STEP = Step(35, "statistics", play)
