"""Telling graduates what has become of their items and sheets: noted by the doors, told by a worker (C6, C8, C9).

Whoever is told reads what happened, why, what to do and whom to ask, with a link to the page for it. One message for each
decision and graduate, however many items of the sheet it was about:

* *Not passed by a person*, by hand or by list: always, with the reason; what had been handed in, and that it is thereby
  returned, is said.
* *Passed, waived or reopened*: only who had asked to look again, as the answer. All others see it on the sheet; who waits for
  the last item hears of the clearing.
* *Taken back*: who had been told of the decision. Who had not been told needs not be told that it is gone.
* *By data*: only where they take away what had passed, once a night at most. That a list of 8 000 open loans came in tells
  nobody anything the sheet does not show, and reminders, whose days the university chooses, list it with reason and contact;
  a second message in the same night would be the one that makes people read none. What rules decide is not told: publishing
  them is announced by a notice.
* *Cleared*, however it came about, with the way to the certificate; and *clearing taken back*. Deferrals tell for themselves
  (`services.proposals`).

A decision that was overtaken before the worker came to it is not told. Nothing is told twice: see `Telling`.
"""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from leaving.choices import DecidedBy, News, RunState, Verb
from leaving.models import DecisionBatch, Telling
from leaving.selectors.telling import KINDS, letters_of, matter_of
from leaving.services.states import array
from portal.doors import one_transaction
from portal.notify.services.messages import tell_each
from portal.workbooks.services import leases

TASK = "leaving.tasks.tell_news"


def note_decision(batch: DecisionBatch, items: Sequence[int]) -> None:
    """Notes that a decision on `items` (ids) has to be told, where somebody may have to be; in the caller's transaction.

    One short look before the noting, for one item as for thousands.
    """
    if _may_concern_somebody(batch, items):
        _note(News.DECIDED, batch=batch)


def note_cleared(*, sheet_ids: list[int], **_others: Any) -> None:
    """Receives `sheets_cleared`."""
    _note(News.CLEARED, sheets=sheet_ids)


def note_reopened(*, sheet_ids: list[int], **_others: Any) -> None:
    """Receives `sheets_reopened`. Sheets that a deferral closed are left out when it is told."""
    _note(News.REOPENED, sheets=sheet_ids)


def _may_concern_somebody(batch: DecisionBatch, items: Sequence[int]) -> bool:
    if batch.undoes_id is not None:
        return Telling.objects.filter(batch=batch.undoes_id).exists()
    if batch.verb != Verb.FAIL:
        return _is_there(
            "leaving_lookagain WHERE item_id = ANY((SELECT %s::bigint[])::bigint[])", array(items)
        )
    if batch.how != DecidedBy.DATA:
        return True
    taken_away = "leaving_decision WHERE item_id = ANY(%s::bigint[]) AND batch_id = %s AND before = 'passed'"
    return _is_there(taken_away, array(items), batch.pk)


def _is_there(rows: str, *parameters: str | int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {rows})", parameters)  # noqa: S608  constants of this module
        return bool(cursor.fetchone()[0])


def _note(news: News, *, batch: DecisionBatch | None = None, sheets: list[int] | None = None) -> None:
    noted = Telling.objects.create(news=news, batch=batch, sheets=sheets or [])
    leases.open_lease(noted.uid, task=TASK)


def process(uid: uuid.UUID) -> None:
    """What a worker does when the bell rings: tells everybody, block by block in transactions of their own."""
    taken = leases.take(uid)
    if taken is None:
        return
    telling = Telling.objects.get(uid=uid)
    with suppress(leases.LeaseLost):
        if taken.exhausted:
            _rest(telling, taken, RunState.FAILED, error="attempts exhausted")
            return
        with leases.attempt(
            taken, failed=lambda error: _rest(telling, taken, RunState.FAILED, error=error)
        ) as watch:
            told = 0
            while number := _tell_block(telling.pk):
                told += number
                watch.report(told)
            _rest(telling, taken, RunState.DONE)


@one_transaction
def _tell_block(pk: int) -> int:
    """Tells the next persons, and notes how far that is; returns how many were looked at, 0 when nobody is left."""
    telling = Telling.objects.select_for_update(of=("self",)).select_related("batch__undoes").get(pk=pk)
    if telling.state != RunState.WAITING:
        return 0
    letters, last = letters_of(telling, after=telling.told_up_to)
    if last is None:
        return 0
    told = tell_each(letters=letters, kind=KINDS[News(telling.news)], matter=matter_of(telling))
    Telling.objects.filter(pk=pk).update(
        told_up_to=last, messages=F("messages") + told.messages, mails=F("mails") + told.mails
    )
    return max(len(letters), 1)


@one_transaction
def _rest(telling: Telling, taken: leases.Taken, state: RunState, *, error: str = "") -> None:
    Telling.objects.filter(pk=telling.pk).update(state=state, finished_at=timezone.now(), error=error)
    leases.close_lease(taken)
