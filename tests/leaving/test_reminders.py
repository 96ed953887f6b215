"""Reminders: by hand and by schedule, listing what is missing and whom to call, never twice a day (C10)."""

import datetime
import threading
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from leaving.choices import Reminded, RunState, Verb
from leaving.forms.reminders import ScheduledReminderForm
from leaving.models import ClearanceSheet, Cohort, Graduate, Reminder, ReminderRun, SchoolClass
from leaving.reminder_texts import DEFAULTS, check_fields, filled
from leaving.selectors.reminders import recipients_of
from leaving.selectors.statistics import Selection, select
from leaving.services.clearance import decide
from leaving.services.reminders import process, remind_by_hand, start_due
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.errors import Refused
from portal.notify.kinds import Texts
from portal.notify.models import Message
from portal.notify.services.mail import send_waiting
from portal.notify.services.messages import Told, tell_each
from portal.workbooks.models import Lease
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.test_delegations import day, named

pytestmark = pytest.mark.django_db
URL = "/clearance/statistics/remind/"


@pytest.fixture
def people() -> dict[str, Graduate]:
    """Mei has an account with an address, Lan one without, Zhu none; all are of Li's class. Ju is a master of Huang's."""
    published()
    its_class = builders.school_class(counsellor=builders.user("li", email="li@example.com"))
    made = {
        "mei": builders.graduate(
            "20221001",
            name="梅花",
            school_class=its_class,
            user=builders.user("mei", email="mei@example.com"),
        ),
        "lan": builders.graduate("20221002", name="兰草", school_class=its_class, user=builders.user("lan")),
        "zhu": builders.graduate("20221003", name="竹君", school_class=its_class),
        "ju": postgraduate("20231001", name="菊香", supervisor=builders.user("huang", name="黄导师")),
    }
    opened()
    alice = builders.clerk("alice", Right.DECIDE, Right.STATISTICS, at=builders.office("library"))
    passed_but(made["mei"], 2, 7)
    decide(items=[item(made["mei"], 2).pk], verb=Verb.FAIL, actor=alice, reason="2 books")
    return made


def seen_by(username: str, **parameters: str) -> Selection:
    selection = select(User.objects.get(username=username), parameters)
    assert selection is not None
    return selection


def remind(selection: Selection, texts: Texts = DEFAULTS[Reminded.GRADUATES]) -> ReminderRun:
    run = remind_by_hand(selection=selection, texts=texts, actor=selection.user)
    process(run.uid)
    run.refresh_from_db()
    return run


def scheduled(audience: Reminded = Reminded.GRADUATES, **fields: Any) -> Reminder:
    today, words = timezone.localdate(), DEFAULTS[audience]
    values: dict[str, Any] = {
        "cohort": Cohort.objects.get(),
        "audience": audience,
        "at": datetime.time(0, 0),
        "starts_on": today,
        "ends_on": today,
        "title_zh": words.title_zh,
        "title_en": words.title_en,
        "text_zh": words.body_zh,
        "text_en": words.body_en,
        **fields,
    }
    return Reminder.objects.create(**values)


def ran(now: datetime.datetime | None = None) -> list[ReminderRun]:
    start_due(now)
    for uid in ReminderRun.objects.filter(state=RunState.WAITING).values_list("uid", flat=True):
        process(uid)
    return list(ReminderRun.objects.order_by("pk"))


# --- by hand ----------------------------------------------------------------------------------------------------------
def test_a_counsellor_reminds_the_class_and_everyone_reads_what_is_missing(
    people: dict[str, Graduate],
) -> None:
    selection = seen_by("li")
    before = recipients_of(selection)
    assert (before.late, before.with_mail, before.portal_only, before.without_account) == (3, 1, 1, 1)
    run = remind(selection)
    assert (run.state, run.messages, run.mails, run.unreachable) == (RunState.DONE, 2, 1, 1)
    message = Message.objects.get(person__username="mei")
    assert message.title_en == "Reminder: your clearance is not complete, open: 2"
    assert "1. Library · Not passed · 2 books" in message.body_en
    assert "图书馆 · 未通过 · 2 books" in message.body_zh
    assert message.url == "/sheet/"
    assert send_waiting() == 1
    assert mail.outbox[0].to == ["mei@example.com"]
    verbs = (
        AuditEntry.objects.filter(verb__startswith="reminders.").order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs) == ["reminders.asked_for", "reminders.sent"]
    assert not Lease.objects.filter(job_uid=run.uid).exists()


def test_the_same_person_is_reminded_once_a_day_by_hand_and_by_schedule(people: dict[str, Graduate]) -> None:
    remind(seen_by("li"))
    again = remind(seen_by("li"))
    assert (again.messages, again.already) == (0, 2)
    assert recipients_of(seen_by("li")).already == 2
    scheduled()
    run = ran()[-1]
    assert (run.messages, run.already, run.unreachable) == (0, 2, 2)


def test_whom_to_ask_stands_there(people: dict[str, Graduate]) -> None:
    library = builders.office("library")
    library.contact, library.phone, library.place_en = "涂老师", "027-1", "Ground floor"
    library.save()
    remind(seen_by("li"))
    assert "Ask: 涂老师 · 027-1 · Ground floor" in Message.objects.get(person__username="mei").body_en


def test_a_node_without_a_telephone_is_reached_through_its_college(people: dict[str, Graduate]) -> None:
    Department.objects.filter(pk=people["mei"].college_id).update(phone="027-8")
    decide(items=[item(people["mei"], 10).pk], verb=Verb.REOPEN, actor=None)
    remind(seen_by("li"))
    assert "Ask: 027-8" in Message.objects.get(person__username="mei").body_en


def test_what_waits_for_a_gate_is_told_after_it(people: dict[str, Graduate]) -> None:
    Graduate.objects.filter(pk=people["ju"].pk).update(user=builders.user("ju"))
    builders.clerk("affairs", Right.STATISTICS, at=builders.university())
    remind(seen_by("affairs", level="master"))
    body = Message.objects.get(person__username="ju").body_en
    assert "1. Supervisor · No decision yet" in body
    assert "After these: Library, Equipment" in body
    assert "2." not in body


def test_an_office_reminds_of_its_own_checkpoint_only(people: dict[str, Graduate]) -> None:
    assert remind(seen_by("alice")).messages == 2
    body = Message.objects.get(person__username="mei").body_en
    assert "Library" in body
    assert "Finance" not in body
    again = remind(seen_by("li"))  # the counsellor's too, but not today any more: once a day is once a day
    assert (again.messages, again.already) == (0, 2)


def test_the_graduates_own_address_is_used_where_the_account_has_none(people: dict[str, Graduate]) -> None:
    Graduate.objects.filter(pk=people["lan"].pk).update(email="lan@example.com")
    assert recipients_of(seen_by("li")).with_mail == 2
    assert remind(seen_by("li")).mails == 2


def test_what_is_out_of_reach_when_the_worker_begins_is_not_sent(people: dict[str, Graduate]) -> None:
    selection = seen_by("li")
    run = remind_by_hand(selection=selection, texts=DEFAULTS[Reminded.GRADUATES], actor=selection.user)
    SchoolClass.objects.update(counsellor=None)
    process(run.uid)
    run.refresh_from_db()
    assert (run.state, run.error, Message.objects.count()) == (RunState.FAILED, "out of reach", 0)


def test_when_nobody_is_late_nobody_is_reminded(people: dict[str, Graduate]) -> None:
    decide(items=[item(people["mei"], 2).pk], verb=Verb.PASS, actor=None)
    for name in ("mei", "lan", "zhu"):
        passed_but(people[name])
    with pytest.raises(Refused):
        remind(seen_by("li"))


def test_the_page_shows_the_words_in_both_languages_and_sends(
    people: dict[str, Graduate], client: Client
) -> None:
    client.cookies["django_language"] = "en"
    client.force_login(User.objects.get(username="li"))
    page = client.get(URL).content.decode()
    assert "离校手续提醒：还有 2 项未办结" in page
    assert "Reminder: your clearance is not complete, open: 2" in page
    words = {"title_zh": "请尽快", "text_zh": "{name}：{missing}", "title_en": "", "text_en": ""}
    assert "请尽快" in client.post(URL, words).content.decode()
    assert not ReminderRun.objects.exists()
    bad = client.post(f"{URL}send/", words | {"text_zh": "{password}"}).content.decode()
    assert "There is no field {password}" in bad
    assert client.post(f"{URL}send/", words).status_code == 302
    process(ReminderRun.objects.get().uid)
    message = Message.objects.get(person__username="mei")
    assert (message.title_zh, message.title_en) == ("请尽快", "请尽快")
    assert "Being sent" not in client.get(URL).content.decode()


# --- the words --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["{password}", "{name.__class__}", "{name!r}", "{name:>9}", "{", "{}"])
def test_a_place_that_nothing_fills_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        check_fields(text)


def test_places_are_filled_and_braces_stay() -> None:
    check_fields("{name} {{x}}")
    assert filled("{name} {{x}} {count}", {"name": "{count}", "count": 2}) == "{count} {x} 2"
    for words in DEFAULTS.values():
        for text in (words.title_zh, words.body_zh, words.title_en, words.body_en):
            check_fields(text)


def test_the_administration_refuses_such_a_place_too() -> None:
    form = ScheduledReminderForm({"text_zh": "{who}", "title_zh": "x"})
    assert "text_zh" in form.errors
    assert "title_zh" not in form.errors


# --- by schedule ------------------------------------------------------------------------------------------------------
def test_a_scheduled_reminder_goes_out_once_on_its_days(people: dict[str, Graduate]) -> None:
    now = timezone.localtime().replace(hour=9, minute=0)
    scheduled(at=datetime.time(8, 30))
    scheduled(at=datetime.time(9, 30))
    scheduled(is_active=False)
    scheduled(weekdays=[now.isoweekday() % 7 + 1])
    scheduled(
        starts_on=now.date() + datetime.timedelta(days=1), ends_on=now.date() + datetime.timedelta(days=2)
    )
    (run,) = ran(now)
    assert (run.audience, run.messages, run.unreachable) == (Reminded.GRADUATES, 2, 2)
    assert start_due(now) == 0
    tomorrow = now + datetime.timedelta(days=1)
    Reminder.objects.update(ends_on=tomorrow.date())
    assert start_due(tomorrow) == 3  # the first, the one of that weekday, and the one that starts


def test_clerks_hear_of_what_is_old(people: dict[str, Graduate]) -> None:
    builders.user("visitor")
    scheduled(Reminded.CLERKS, older_than=3)
    assert ran()[-1].messages == 0
    ReminderRun.objects.all().delete()
    ClearanceSheet.objects.update(opened_at=timezone.now() - datetime.timedelta(days=5))
    run = ran()[-1]
    message = Message.objects.get()
    assert (run.messages, message.person.username) == (1, "alice")
    assert (
        "Library, Library: 2, the oldest since" in message.body_en
    )  # Lan's and Zhu's; Ju's waits for her supervisor


def test_supervisors_hear_of_the_students_who_wait(people: dict[str, Graduate]) -> None:
    ClearanceSheet.objects.update(opened_at=timezone.now() - datetime.timedelta(days=5))
    scheduled(Reminded.SUPERVISORS)
    ran()
    message = Message.objects.get()
    assert message.person.username == "huang"
    assert "菊香 (20231001)" in message.body_zh


def test_who_stands_in_for_a_supervisor_hears_of_the_students_too(people: dict[str, Graduate]) -> None:
    ClearanceSheet.objects.update(opened_at=timezone.now() - datetime.timedelta(days=5))
    huang = User.objects.get(username="huang")
    named(huang, builders.user("bai", name="白导师"))
    named(huang, builders.user("later"), starts_on=day(1), ends_on=day(9))
    scheduled(Reminded.SUPERVISORS)
    ran()
    bodies = {one.person.username: one.body_zh for one in Message.objects.select_related("person")}
    assert sorted(bodies) == ["bai", "huang"]
    assert "菊香 (20231001)，代黄导师" in bodies["bai"]
    assert "代" not in bodies["huang"]


def test_counsellors_get_a_digest_of_their_classes(people: dict[str, Graduate]) -> None:
    passed_but(people["lan"])
    scheduled(Reminded.COUNSELLORS)
    ran()
    message = Message.objects.get()
    assert message.person.username == "li"
    assert "软工2201班: 1 of 3 cleared, 2 not yet" in message.body_en
    assert message.title_zh == "班级离校进度：2 名毕业生尚未办结"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_reminder() -> None:
    published()
    for place in range(5):
        builders.graduate(user=builders.user(f"g{place}"))
    opened()
    scheduled()
    start, errors = threading.Barrier(2), []

    def worker() -> None:
        try:
            start.wait()
            start_due()
            for uid in ReminderRun.objects.values_list("uid", flat=True):
                process(uid)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert ReminderRun.objects.count() == 1
    assert Message.objects.count() == 5
    assert (
        list(User.objects.filter(username__startswith="g").values_list("unread_messages", flat=True))
        == [1] * 5
    )


def test_after_a_crash_the_rest_is_told(people: dict[str, Graduate], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leaving.selectors.reminders.BLOCK", 1)
    selection = seen_by("li")
    run = remind_by_hand(selection=selection, texts=DEFAULTS[Reminded.GRADUATES], actor=selection.user)
    calls: list[dict[str, Any]] = []

    def fails_second(**values: Any) -> Told:
        calls.append(values)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return tell_each(**values)

    monkeypatch.setattr("leaving.services.reminders.tell_each", fails_second)
    process(run.uid)
    assert Message.objects.count() == 1
    process(run.uid)
    run.refresh_from_db()
    assert (run.state, run.messages, run.already, Message.objects.count()) == (RunState.DONE, 1, 1, 2)
