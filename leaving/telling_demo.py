"""The demo's messages: what was decided has been told, and who has not answered the questionnaire is reminded daily."""

import datetime

from django.utils import timezone

from leaving.choices import Reminded, RunState
from leaving.models import Cohort, Reminder, ReminderRun, Telling
from leaving.reminder_texts import DEFAULTS
from leaving.services import reminders, telling
from portal.demo import Step

YEAR = 2026


def play(_graduates: int) -> None:
    """Idempotent. What the other steps decided is told without a worker, so that inboxes are not empty at the first look."""
    for uid in Telling.objects.filter(state=RunState.WAITING).order_by("pk").values_list("uid", flat=True):
        telling.process(uid)
    cohort = Cohort.objects.filter(year=YEAR).first()
    if cohort is None or Reminder.objects.filter(audience=Reminded.UNANSWERED).exists():
        return
    words, today = DEFAULTS[Reminded.UNANSWERED], timezone.localdate()
    Reminder.objects.create(
        cohort=cohort,
        audience=Reminded.UNANSWERED,
        at=datetime.time(9, 30),
        starts_on=today,
        ends_on=today + datetime.timedelta(days=30),
        title_zh=words.title_zh,
        title_en=words.title_en,
        text_zh=words.body_zh,
        text_en=words.body_en,
    )
    reminders.start_due(timezone.localtime().replace(hour=23, minute=59))
    waiting = ReminderRun.objects.filter(audience=Reminded.UNANSWERED, state=RunState.WAITING)
    for uid in waiting.values_list("uid", flat=True):
        reminders.process(uid)


STEP = Step(60, "messages", play)
