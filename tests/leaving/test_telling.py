"""Graduates are told what became of their items and sheets: once, in their language, with what to do (C6, C8, C9)."""

import datetime

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaving.choices import ItemState, RunState, Verb
from leaving.models import ClearanceItem, Telling
from leaving.services import telling
from leaving.services.clearance import Outcome, decide, reopen_batch
from leaving.services.handin import hand_in_form, look_again
from portal.accounts.models import User
from portal.notify.models import Message
from portal.notify.services.mail import send_waiting
from portal.workbooks.models import Lease
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, published
from tests.leaving.handin import CAREERS, LIBRARY, WAITING, clerk, failed, mei, student
from tests.leaving.obligations import by_data, owes, snapshot
from tests.processes import Process, eventually

pytestmark = pytest.mark.django_db
REASON = "尚有 1 册图书未归还"
FINANCE = 7


def worked() -> list[Telling]:
    """A worker has come to everything that was noted."""
    for uid in Telling.objects.filter(state=RunState.WAITING).order_by("pk").values_list("uid", flat=True):
        telling.process(uid)
    assert not Lease.objects.exists()
    return list(Telling.objects.order_by("pk"))


def read(person: User | None = None) -> list[str]:
    """The titles of a person's messages in English, oldest first; the inbox is empty afterwards."""
    worked()
    messages = Message.objects.filter(person=person) if person else Message.objects.all()
    titles = list(messages.order_by("pk").values_list("title_en", flat=True))
    messages.delete()
    return titles


def crowd(number: int) -> list[int]:
    """So many graduates with accounts; their items at the library."""
    for _place in range(number):
        builders.graduate(user=builders.user(email=f"{_place}@example.com"))
    opened()
    return list(ClearanceItem.objects.filter(checkpoint__number=LIBRARY).values_list("pk", flat=True))


# --- decisions ---------------------------------------------------------------------------------------------------------
def test_who_did_not_pass_reads_why_what_to_do_and_whom_to_ask() -> None:
    graduate, library = mei(), clerk("library")
    User.objects.filter(pk=student(graduate).pk).update(email="mei@example.com")
    decide(items=[item(graduate, LIBRARY).pk], verb=Verb.FAIL, actor=library, reason=REASON)
    assert not Message.objects.exists()  # not in the clerk's transaction
    (told,) = worked()
    assert (told.state, told.messages, told.mails) == (RunState.DONE, 1, 1)
    message = Message.objects.get(person=student(graduate))
    assert (message.title_zh, message.title_en) == ("图书馆：未通过", "Library: not passed")
    assert f"原因：{REASON}" in message.body_zh
    assert "点击“申请重新审核”" in message.body_zh
    assert f"Reason: {REASON}" in message.body_en
    assert message.url == f"/sheet/{graduate.uid}/items/{LIBRARY}/"
    send_waiting()
    (letter,) = mail.outbox
    assert letter.subject == "图书馆：未通过"
    assert message.url in str(letter.body)
    assert graduate.student_no not in str(letter.body)
    assert graduate.name not in str(letter.body)


def test_one_message_for_each_decision_and_graduate() -> None:
    graduate = mei()
    both = [item(graduate, number).pk for number in (LIBRARY, FINANCE)]
    decide(items=both, verb=Verb.FAIL, actor=None, reason=REASON)
    worked()
    message = Message.objects.get()
    assert message.title_en == "Library: not passed, and 1 more"
    assert (message.body_en.count(REASON), message.url) == (2, "/sheet/")
    decide(items=both, verb=Verb.FAIL, actor=None, reason=REASON)  # the next is another
    worked()
    assert Message.objects.count() == 2


def test_who_has_no_account_is_passed_over() -> None:
    published()
    graduate = builders.graduate()
    opened()
    decide(items=[item(graduate, LIBRARY).pk], verb=Verb.FAIL, actor=None, reason=REASON)
    (told,) = worked()
    assert (told.state, told.messages) == (RunState.DONE, 0)


def test_a_form_that_is_not_accepted_is_returned() -> None:
    graduate = mei()
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    decide(items=[item(graduate, CAREERS).pk], verb=Verb.FAIL, actor=None, reason="缺派遣地址")
    worked()
    message = Message.objects.get()
    assert message.title_en == "Employment: what you handed in was returned"
    assert "correct what it asks for, and hand it in" in message.body_en
    decide(items=[item(graduate, CAREERS).pk], verb=Verb.FAIL, actor=None, reason="仍缺")
    assert read()[1:] == ["Employment: not passed"]  # nothing new had been handed in


@pytest.mark.parametrize(
    ("verb", "title"),
    [
        (Verb.PASS, "Library: looked at again and passed"),
        (Verb.WAIVE, "Library: looked at again and waived"),
        (Verb.FAIL, "Library: looked at again, still not passed"),
        (Verb.REOPEN, "Library: opened again, to be decided anew"),
    ],
)
def test_please_look_again_is_answered_whatever_the_answer_is(verb: Verb, title: str) -> None:
    graduate = mei()
    look_again(item=failed(graduate, LIBRARY), text="还了", actor=student(graduate))
    read()
    decide(items=[item(graduate, LIBRARY).pk], verb=verb, actor=None, reason=REASON)
    assert read() == [title]


def test_passing_tells_nobody_who_had_not_asked() -> None:
    graduate = mei()
    failed(graduate, LIBRARY)
    read()
    decide(items=[item(graduate, LIBRARY).pk, item(graduate, FINANCE).pk], verb=Verb.PASS, actor=None)
    assert (Telling.objects.count(), read()) == (1, [])


def test_what_was_decided_again_meanwhile_is_not_told() -> None:
    graduate = mei()
    failed(graduate, LIBRARY, "手误")
    failed(graduate, LIBRARY)
    worked()
    assert REASON in Message.objects.get().body_zh


def test_taking_back_is_told_to_who_had_been_told() -> None:
    early, late = mei(), builders.graduate(user=builders.user("late"))
    opened()
    library = clerk("library")
    items = [item(graduate, LIBRARY).pk for graduate in (early, late)]
    outcome = decide(items=items, verb=Verb.FAIL, actor=library, reason="导入了错误的名单")
    decide(items=items[1:], verb=Verb.PASS, actor=library)  # before a worker came
    assert [told.messages for told in worked()] == [1]
    assert outcome.batch is not None
    reopen_batch(batch=outcome.batch, actor=library)
    worked()
    message = Message.objects.latest("pk")
    assert (message.person, message.title_en) == (student(early), "Library: a decision was taken back")
    assert "It is now: No decision yet." in message.body_en
    assert Message.objects.count() == 2


# --- never twice -------------------------------------------------------------------------------------------------------
def test_a_worker_that_died_half_way_goes_on_where_it_was_even_the_next_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published()
    decide(items=crowd(3), verb=Verb.FAIL, actor=None, reason=REASON)
    noted = Telling.objects.get()
    monkeypatch.setattr("leaving.selectors.telling.BLOCK", 1)
    told = telling._tell_block(noted.pk)
    assert (told, Message.objects.count()) == (1, 1)
    Message.objects.update(day=timezone.localdate() - datetime.timedelta(days=1))
    telling.process(noted.uid)
    telling.process(noted.uid)
    noted.refresh_from_db()
    assert (noted.state, noted.messages) == (RunState.DONE, 3)
    assert Message.objects.values("person").distinct().count() == Message.objects.count() == 3


def test_after_three_attempts_somebody_sees_that_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    failed(mei(), LIBRARY)
    noted = Telling.objects.get()

    def breaks(_pk: int) -> int:
        raise RuntimeError

    monkeypatch.setattr(telling, "_tell_block", breaks)
    for _attempt in range(3):
        telling.process(noted.uid)
    noted.refresh_from_db()
    assert (noted.state, noted.error, Lease.objects.count()) == (RunState.FAILED, "RuntimeError", 0)


@pytest.mark.django_db(transaction=True)
def test_after_the_commit_a_worker_tells(worker: Process) -> None:
    failed(mei(), LIBRARY)
    eventually(Message.objects.exists)
    assert Message.objects.get().title_en == "Library: not passed"


@pytest.mark.parametrize("number", [1, 3])
def test_noting_and_telling_take_as_many_statements_for_one_as_for_many(number: int) -> None:
    published()
    items = crowd(number)
    statements = {}
    with CaptureQueriesContext(connection) as queries:
        decide(items=items, verb=Verb.FAIL, actor=None, reason=REASON)
    statements["note"] = sum("telling" in one["sql"] or "lease" in one["sql"] for one in queries)
    with CaptureQueriesContext(connection) as queries:
        telling._tell_block(Telling.objects.get().pk)
    statements["tell"] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        decide(items=items, verb=Verb.PASS, actor=None)
    statements["pass"] = sum("lookagain" in one["sql"] or "lease" in one["sql"] for one in queries)
    assert statements == {"note": 2, "tell": 16, "pass": 1}
    assert Message.objects.count() == number


# --- data, and whole sheets --------------------------------------------------------------------------------------------
def test_of_data_only_what_they_take_away_is_told_and_once_a_night() -> None:
    graduate = mei()
    by_data(LIBRARY, FINANCE)
    snapshot(LIBRARY, owes(graduate), minutes=1)
    assert item(graduate, LIBRARY).state == ItemState.FAILED
    assert read() == []  # it stands on the sheet, and reminders list it
    other = builders.graduate()
    snapshot(FINANCE, owes(other), minutes=2)
    snapshot(LIBRARY, owes(other), minutes=3)
    assert {item(graduate, number).state for number in (LIBRARY, FINANCE)} == {ItemState.PASSED}
    assert read() == []
    snapshot(LIBRARY, owes(graduate, "《结构地质学》"), minutes=4)
    snapshot(FINANCE, owes(graduate, "学费", "800"), minutes=5)
    worked()
    message = Message.objects.get()
    assert message.title_en == "Library: not passed any more"
    assert "《结构地质学》" in message.body_en
    assert "passes by itself" in message.body_en


def test_data_answer_please_look_again() -> None:
    graduate = mei()
    by_data(LIBRARY)
    snapshot(LIBRARY, owes(graduate), minutes=1)
    look_again(item=item(graduate, LIBRARY), text="还了", actor=student(graduate))
    snapshot(LIBRARY, owes(builders.graduate()), minutes=2)
    assert read() == ["Library: looked at again and passed"]


def test_who_is_cleared_is_led_to_the_certificate_and_told_nothing_else() -> None:
    graduate = mei()
    passed_but(graduate, LIBRARY)
    look_again(item=failed(graduate, LIBRARY), text="还了", actor=student(graduate))
    read()
    outcome = decide(items=[item(graduate, LIBRARY).pk], verb=Verb.PASS, actor=None)
    worked()
    message = Message.objects.get()
    assert message.title_zh == "离校手续已全部办结，离校证明已出具"
    assert message.url == f"/sheet/{graduate.uid}/certificate/"
    assert _undone(outcome)[1:] == ["Your clearance sheet is open again"]


def _undone(outcome: Outcome) -> list[str]:
    assert outcome.batch is not None
    reopen_batch(batch=outcome.batch, actor=clerk("library"))
    return read()


def test_clearing_that_was_taken_back_before_the_worker_came_is_not_told() -> None:
    graduate = mei()
    passed_but(graduate, LIBRARY)
    outcome = decide(items=[item(graduate, LIBRARY).pk], verb=Verb.PASS, actor=None)
    assert outcome.cleared
    assert _undone(outcome) == ["Your clearance sheet is open again"]
