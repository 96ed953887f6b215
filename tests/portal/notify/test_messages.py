"""Telling people: in the portal and by e-mail, in their language, never twice a day, from the row in the database."""

import datetime
import threading
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import environment
from portal.accounts.models import User
from portal.notify import kinds
from portal.notify.choices import MailState
from portal.notify.kinds import MessageKind
from portal.notify.models import Mail, Message
from portal.notify.services.mail import MAX_ATTEMPTS, send_again, send_waiting
from portal.notify.services.messages import Told, mark_read, tell
from tests import builders

pytestmark = pytest.mark.django_db
KIND = "tests.hello"


@pytest.fixture(autouse=True)
def kind() -> None:
    kinds.register(MessageKind(KIND, "hello", _("Messages"), _("and %(number)d more")))


@pytest.fixture
def people() -> tuple[User, User]:
    """Mei reads Chinese and has an address; Anand reads English and has none."""
    return builders.user("mei", email="mei@example.com"), builders.user("anand", language="en")


def unread(*users: User) -> list[int]:
    return [User.objects.get(pk=user.pk).unread_messages for user in users]


def hello(*users: User, number: int = 3, matter: str = "") -> Told:
    return tell(users=[user.pk for user in users], kind=KIND, context={"number": number}, matter=matter)


def test_everyone_reads_it_in_the_portal_and_whoever_has_an_address_by_email(
    people: tuple[User, User],
) -> None:
    assert hello(*people) == Told(messages=2, mails=1)
    assert unread(*people) == [1, 1]
    message = Message.objects.get(person=people[1])
    assert (message.title_zh, message.body_en) == ("消息", "and 3 more")
    assert send_waiting() == 1
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["mei@example.com"], "消息")
    assert "另有 3 项" in str(letter.body)
    assert Mail.objects.get().state == MailState.SENT
    assert send_waiting() == 0


def test_nobody_is_told_the_same_twice_a_day(people: tuple[User, User]) -> None:
    hello(people[0])
    assert hello(*people) == Told(messages=1, mails=0, already=1)
    assert hello(people[0], matter="another").messages == 1
    Message.objects.update(day=timezone.localdate() - datetime.timedelta(days=1))
    assert hello(*people).messages == 2
    assert unread(*people) == [3, 2]


def test_who_left_is_told_nothing(people: tuple[User, User]) -> None:
    User.objects.filter(pk=people[0].pk).update(is_active=False)
    assert hello(*people) == Told(messages=1)


def test_without_a_mail_server_the_portal_tells_alone(people: tuple[User, User], settings: Any) -> None:
    settings.SENDS_MAIL = False
    assert hello(*people) == Told(messages=2, mails=0)


def test_telling_is_as_many_queries_for_one_as_for_many() -> None:
    numbers = []
    for count in (1, 3):
        users = [builders.user(email=f"{count}-{place}@example.com") for place in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert hello(*users) == Told(messages=count, mails=count)
        numbers.append(len(queries))
    assert numbers == [4, 4]  # savepoint, lock, write, release


@pytest.mark.django_db(transaction=True)
def test_two_at_once_tell_it_once() -> None:
    people = [builders.user() for _place in range(20)]
    start, told = threading.Barrier(2), []

    def worker(users: list[User]) -> None:
        start.wait()
        told.append(hello(*users))
        connection.close()

    threads = [threading.Thread(target=worker, args=(users,)) for users in (people, people[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((one.messages, one.already) for one in told) == [(0, 20), (20, 0)]
    assert Message.objects.count() == 20
    assert set(unread(*people)) == {1}


class Server:
    """A mail server that is told how to behave."""

    def __init__(self, error: Exception | None = None, away: bool = False) -> None:
        self.error, self.away = error, away

    def open(self) -> None:
        if self.away:
            raise ConnectionRefusedError("nobody there")

    def close(self) -> None:
        return

    def send_messages(self, letters: list[Any]) -> None:
        if self.error:
            raise self.error


def sends_by(server: Server, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("portal.notify.services.mail.get_connection", lambda: server)
    Mail.objects.update(until=None)
    return send_waiting()


def test_a_server_that_is_away_costs_no_attempt(
    people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    hello(people[0])
    for server in (Server(away=True), Server(SMTPServerDisconnected("gone"))):
        assert sends_by(server, monkeypatch) == 0
        waiting = Mail.objects.get()
        assert (waiting.state, waiting.attempts) == (MailState.QUEUED, 0)
        assert waiting.until is not None
        assert waiting.until > timezone.now()


def test_what_is_refused_three_times_is_a_failure_that_can_be_sent_again(
    people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    hello(people[0])
    refusing = Server(SMTPRecipientsRefused({"mei@example.com": (550, b"no such person")}))
    for _attempt in range(MAX_ATTEMPTS):
        assert Mail.objects.get().state == MailState.QUEUED
        sends_by(refusing, monkeypatch)
    failed = Mail.objects.get()
    assert failed.state == MailState.FAILED
    assert "no such person" in failed.error
    assert send_again(mails=[failed.pk], actor=people[1]) == 1
    sends_by(Server(), monkeypatch)
    assert Mail.objects.get().state == MailState.SENT


def test_what_its_worker_did_not_survive_is_taken_up_and_in_the_end_given_up(
    people: tuple[User, User],
) -> None:
    hello(people[0])
    past = timezone.now() - datetime.timedelta(seconds=1)
    Mail.objects.update(attempts=1, until=timezone.now() + datetime.timedelta(minutes=1))
    assert send_waiting() == 0  # another worker has it
    Mail.objects.update(attempts=MAX_ATTEMPTS, until=past)
    assert send_waiting() == 0
    assert Mail.objects.get().state == MailState.FAILED
    Mail.objects.update(state=MailState.QUEUED, attempts=1)
    assert send_waiting() == 1
    assert len(mail.outbox) == 1


def test_the_inbox_shows_ones_own_and_marks_them_read(people: tuple[User, User], client: Client) -> None:
    mei, anand = people
    tell(users=User.objects.all(), kind=KIND, context={"number": 7}, url="/sheet/")
    client.force_login(mei)
    page = client.get("/messages/").content.decode()
    assert page.count('<details class="fold message" open>') == 1
    assert "1 条未读消息" in client.get("/").content.decode()
    own, other = Message.objects.get(person=mei), Message.objects.get(person=anand)
    assert client.post(f"/messages/{other.uid}/read/").status_code == 404
    assert client.post(f"/messages/{own.uid}/read/", {"go": "1"})["Location"] == "/sheet/"
    assert unread(mei, anand) == [0, 1]
    hello(mei, matter="more")
    client.post("/messages/read/")
    assert unread(mei, anand) == [0, 1]
    assert mark_read(messages=Message.objects.all(), person=mei) == 0


def test_the_inbox_takes_as_many_queries_for_one_as_for_three(
    people: tuple[User, User], client: Client
) -> None:
    client.force_login(people[0])
    numbers = []
    for matters in ("1", "23"):
        for matter in matters:
            hello(people[0], matter=matter)
        with CaptureQueriesContext(connection) as queries:
            client.get("/messages/")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("url", "backend", "host", "port", "secure"),
    [
        ("", "dummy", "", 0, (False, False)),
        ("console:", "console", "", 0, (False, False)),
        ("file:///var/mail", "filebased", "", 0, (False, False)),
        ("smtp://mail.example.com", "smtp", "mail.example.com", 25, (False, False)),
        ("smtp+tls://me:p%40ss@mail.example.com", "smtp", "mail.example.com", 587, (True, False)),
        ("smtps://mail.example.com:4650", "smtp", "mail.example.com", 4650, (False, True)),
    ],
)
def test_the_mail_server_is_named_by_its_address(
    url: str, backend: str, host: str, port: int, secure: tuple[bool, bool]
) -> None:
    found = environment.email(url)
    assert found.backend == f"django.core.mail.backends.{backend}.EmailBackend"
    assert (found.host, found.port, (found.tls, found.ssl)) == (host, port, secure)
    assert found.password == ("p@ss" if "@mail" in url and ":p" in url else "")


@pytest.mark.parametrize("url", ["mail.example.com", "smtp:", "http://x", "smtp://h:99999", "file:mail"])
def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        environment.email(url)
