"""The demo's statistics: a third of the cohort has left, in the course of two weeks, and reminders go out every day."""

import datetime

from django.db.models import F
from django.db.models.functions import Mod
from django.utils import timezone

from leaving.choices import DecidedBy, ItemState, Reminded, RunState, Verb
from leaving.clearance_demo import YEAR
from leaving.demo_times import date_back, last_batch
from leaving.models import ClearanceItem, Cohort, Reminder, ReminderRun
from leaving.reminder_texts import DEFAULTS
from leaving.services.clearance import decide
from leaving.services.counters import fold
from leaving.services.pace import measure
from leaving.services.reminders import process, start_due
from portal.demo import Step

# How many parts of the crowd are decided on each of the last days: more of late.
DAYS = (1, 1, 2, 2, 3, 4, 5, 5, 6, 7)


def play(_graduates: int) -> None:
    """Idempotent. The demo's own accounts stay as they are."""
    cohort = Cohort.objects.filter(year=YEAR).first()
    if cohort is None or Reminder.objects.exists():
        return
    crowd = ClearanceItem.objects.filter(
        checkpoint__cohort=cohort, sheet__graduate__user=None, state=ItemState.PENDING
    ).annotate(
        lot=Mod("sheet__graduate_id", 20),
        share=Mod("sheet__college_id", 8) + 3,
        part=Mod("sheet_id", sum(DAYS)),
    )
    before, done = last_batch(), 0
    for parts in DAYS:
        today = crowd.filter(lot__lt=F("share"), part__gte=done, part__lt=done + parts)
        decide(items=today, verb=Verb.PASS, actor=None, how=DecidedBy.DATA)
        done += parts
    date_back(
        cohort, after=before, begins=datetime.timedelta(days=len(DAYS)), ends=datetime.timedelta(hours=2)
    )
    fold()
    measure(cohort=cohort)
    _remind(cohort)


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
