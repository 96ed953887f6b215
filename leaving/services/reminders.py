"""Reminders: asked for by hand or due by schedule, sent by a worker, never twice a day (C10, P7)."""

import datetime
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, Reminded, RunState
from leaving.models import ClearanceItem, ClearanceSheet, Reminder, ReminderRun
from leaving.reminder_texts import check_fields
from leaving.selectors.questionnaire_reminders import letters_to_unanswered
from leaving.selectors.questionnaires import unanswered
from leaving.selectors.reminders import (
    KINDS,
    late_in_cohort,
    letters_to_clerks,
    letters_to_counsellors,
    letters_to_graduates,
    letters_to_supervisors,
    matter_of,
    reminded_of,
)
from leaving.selectors.statistics import OutOfReach, Selection, select
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import Refused
from portal.notify.kinds import Texts
from portal.notify.services.messages import Letter, Told, tell_each
from portal.workbooks.services import leases

TASK = "leaving.tasks.send_reminders"
URLS = {
    Reminded.GRADUATES: "leaving:sheet-own",
    Reminded.CLERKS: "leaving:clearance-queue",
    Reminded.SUPERVISORS: "leaving:clearance-students",
    Reminded.COUNSELLORS: "leaving:statistics",
    Reminded.UNANSWERED: "leaving:questionnaire-own",
}


@transaction.atomic
def remind_by_hand(
    *, selection: Selection, texts: Texts, actor: User, audience: Reminded = Reminded.GRADUATES
) -> ReminderRun:
    """Has all who are late in a selection reminded, or with `audience` UNANSWERED those who have not answered the questionnaire
    that keeps their sheets shut (C1); a worker does it. Audited as `reminders.asked_for`.

    What lies within the actor's reach is asked again when the worker begins. Raises Refused (`nobody_late`, `cohort_not_open`;
    `not_allowed` for an office, which sees its own checkpoints only, about questionnaires), and ValidationError for a text with
    places that nothing fills.
    """
    for text in (texts.title_zh, texts.body_zh, texts.title_en, texts.body_en):
        check_fields(text)
    if selection.cohort.state != CohortState.OPEN:
        raise Refused("cohort_not_open", _("This cohort is not open; nobody can settle anything now."))
    if audience == Reminded.UNANSWERED and selection.sight.office:
        raise Refused("not_allowed", _("An office reminds of its own checkpoints."))
    if not reminded_of(selection, audience).exists():
        raise Refused("nobody_late", _("There is nobody here to be reminded."))
    run = ReminderRun.objects.create(
        cohort=selection.cohort,
        audience=audience,
        actor=actor,
        selection=selection.parameters(),
        day=timezone.localdate(),
        title_zh=texts.title_zh,
        title_en=texts.title_en,
        text_zh=texts.body_zh,
        text_en=texts.body_en,
    )
    record("reminders.asked_for", actor=actor, target=run, details={"selection": run.selection})
    leases.open_lease(run.uid, task=TASK)
    return run


def start_due(now: datetime.datetime | None = None) -> int:
    """Starts the scheduled reminders whose time of today has come, each once a day however often this is called at once."""
    here = timezone.localtime(now)
    due = Reminder.objects.filter(
        is_active=True,
        cohort__state=CohortState.OPEN,
        starts_on__lte=here.date(),
        ends_on__gte=here.date(),
        at__lte=here.time(),
    ).exclude(runs__day=here.date())
    wanted = [one for one in due if not one.weekdays or here.isoweekday() in one.weekdays]
    return sum(_start(reminder, here.date()) for reminder in wanted)


@transaction.atomic
def _start(reminder: Reminder, day: datetime.date) -> bool:
    """True when this call started it: the database lets one row a day through."""
    uid = uuid.uuid4()
    ReminderRun.objects.bulk_create(
        [
            ReminderRun(
                uid=uid,
                reminder=reminder,
                cohort_id=reminder.cohort_id,
                audience=reminder.audience,
                older_than=reminder.older_than,
                day=day,
                title_zh=reminder.title_zh,
                title_en=reminder.title_en,
                text_zh=reminder.text_zh,
                text_en=reminder.text_en,
            )
        ],
        ignore_conflicts=True,
    )
    if not ReminderRun.objects.filter(uid=uid).exists():
        return False
    leases.open_lease(uid, task=TASK)
    return True


def process(run_uid: uuid.UUID) -> None:
    """What a worker does when the bell rings. Audited as `reminders.sent` with how many were told, and how.

    Block by block in transactions of their own: after a crash the next attempt tells those who have not been told today.
    """
    taken = leases.take(run_uid)
    if taken is None:
        return
    run = ReminderRun.objects.select_related("cohort", "actor").get(uid=run_uid)
    with suppress(leases.LeaseLost):
        _work(run, taken)


def _work(run: ReminderRun, taken: leases.Taken) -> None:
    if taken.exhausted:
        return _rest(run, taken, RunState.FAILED, error="attempts exhausted")
    try:
        with leases.attempt(
            taken, failed=lambda error: _rest(run, taken, RunState.FAILED, error=error), tells=(OutOfReach,)
        ) as watch:
            told, unreachable = _tell(run, watch)
            _rest(
                run,
                taken,
                RunState.DONE,
                messages=told.messages,
                mails=told.mails,
                already=told.already,
                unreachable=unreachable,
            )
    except OutOfReach:
        _rest(run, taken, RunState.FAILED, error="out of reach")
    return None


def _tell(run: ReminderRun, watch: leases.Watch) -> tuple[Told, int]:
    told, unreachable = Told(), 0
    selection = _selection(run)
    for letters, missed in _letters(run, selection):
        told += tell_each(
            letters=letters,
            kind=KINDS[Reminded(run.audience)],
            matter=matter_of(run.cohort),
            url=reverse(URLS[Reminded(run.audience)]),
        )
        unreachable += missed
        watch.report(told.messages + told.already + unreachable)
    return told, unreachable


def _selection(run: ReminderRun) -> Selection | None:
    """What the person who asked may see of it now; None for a schedule. Raises OutOfReach."""
    if run.actor is None:
        return None
    selection = select(run.actor, run.selection)
    if selection is None:
        raise OutOfReach
    return selection


def _letters(run: ReminderRun, selection: Selection | None) -> Iterator[tuple[list[Letter], int]]:
    texts = Texts(run.title_zh, run.text_zh, run.title_en, run.text_en)
    match Reminded(run.audience):
        case Reminded.GRADUATES:
            sheets = reminded_of(selection, Reminded.GRADUATES) if selection else late_in_cohort(run.cohort)
            items = (
                ClearanceItem.objects.filter(selection.items()) if selection else ClearanceItem.objects.all()
            )
            yield from letters_to_graduates(texts, sheets, items)
        case Reminded.CLERKS:
            yield letters_to_clerks(texts, run.cohort, days=run.older_than), 0
        case Reminded.SUPERVISORS:
            yield letters_to_supervisors(texts, run.cohort, days=run.older_than), 0
        case Reminded.COUNSELLORS:
            yield letters_to_counsellors(texts, run.cohort), 0
        case Reminded.UNANSWERED:
            sheets = selection.sheets() if selection else ClearanceSheet.objects.all()
            yield from letters_to_unanswered(texts, unanswered(sheets, run.cohort), run.cohort)


@transaction.atomic
def _rest(run: ReminderRun, taken: leases.Taken, state: RunState, **fields: object) -> None:
    changes: Mapping[str, object] = {"state": state, "finished_at": timezone.now(), **fields}
    ReminderRun.objects.filter(pk=run.pk).update(**changes)
    record(
        "reminders.sent" if state == RunState.DONE else "reminders.failed",
        actor=run.actor,
        target=run,
        details={"audience": run.audience, "cohort": run.cohort.code, **fields},
    )
    leases.close_lease(taken)
