"""The one way to tell somebody something, and what they do with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from portal.accounts.models import User
from portal.doors import one_transaction
from portal.notify.kinds import MessageKind, Texts, kind_named
from portal.notify.models import Message
from portal.notify.services.mail import ring


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is told. `address`: where to write to when the account has no e-mail address of its own; `url`: where it
    leads to, if not to where all of the letters do."""

    person: int
    texts: Texts
    address: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What telling did: messages in the portal, those of them that go out as e-mail too, and who had been told today already."""

    messages: int = 0
    mails: int = 0
    already: int = 0

    @property
    def portal_only(self) -> int:
        return self.messages - self.mails

    def __add__(self, other: "Told") -> "Told":
        return Told(self.messages + other.messages, self.mails + other.mails, self.already + other.already)


def tell(
    *,
    users: Iterable[int] | QuerySet[User],
    kind: str,
    context: Mapping[str, Any] | None = None,
    matter: str = "",
    url: str = "",
) -> Told:
    """Tells all of `users` (ids or a queryset) the same, in the portal and by e-mail, in a fixed number of statements.

    `kind` is registered (`portal.notify.kinds`), `context` fills its texts, `url` is the path the message leads to. Of the same
    kind and `matter` a person is told once a day: name in it what is new (`f"{target}:{batch.uid}"`) where every event counts.
    Runs in the caller's transaction; the e-mails are sent by a worker after the commit. Inactive accounts are left out.
    """
    known = kind_named(kind)
    texts = Texts.of(known, context or {})
    ids = users.values_list("pk", flat=True) if isinstance(users, QuerySet) else users
    return tell_each(letters=[Letter(pk, texts) for pk in ids], kind=kind, matter=matter, url=url)


@one_transaction
def tell_each(*, letters: Iterable[Letter], kind: str, matter: str = "", url: str = "") -> Told:
    """The same with a text for each; of several letters to one person the first counts. Locks the persons, in order."""
    letters = list({letter.person: letter for letter in reversed(list(letters))}.values())
    if not letters:
        return Told()
    people = User.objects.filter(pk__in=[letter.person for letter in letters], is_active=True)
    held = set(people.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    there = sorted((letter for letter in letters if letter.person in held), key=lambda letter: letter.person)
    messages, mails = _write(there, kind_named(kind), matter, url)
    if mails:
        transaction.on_commit(ring)
    return Told(messages, mails, len(there) - messages)


def _write(letters: list[Letter], kind: MessageKind, matter: str, url: str) -> tuple[int, int]:
    """One statement: messages, unread marks, e-mails."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH letters AS (
                SELECT * FROM unnest(%(people)s::bigint[], %(addresses)s::text[], %(title_zh)s::text[], %(body_zh)s::text[],
                    %(title_en)s::text[], %(body_en)s::text[], %(urls)s::text[])
                    AS l (person, address, title_zh, body_zh, title_en, body_en, url)
            ), told AS (
                INSERT INTO notify_message
                    (uid, person_id, kind, matter, day, title_zh, body_zh, title_en, body_en, url)
                SELECT gen_random_uuid(), person, %(kind)s, %(matter)s, %(day)s, title_zh, body_zh, title_en, body_en, url
                FROM letters ORDER BY person
                ON CONFLICT (person_id, kind, day, matter) DO NOTHING
                RETURNING id, person_id
            ), marked AS (
                UPDATE accounts_user u SET unread_messages = u.unread_messages + 1 FROM told t WHERE u.id = t.person_id
                RETURNING u.id, u.email
            ), mailed AS (
                INSERT INTO notify_mail (message_id, address)
                SELECT t.id, a.address FROM told t JOIN marked m ON m.id = t.person_id JOIN letters l ON l.person = t.person_id
                CROSS JOIN LATERAL (SELECT coalesce(nullif(m.email, ''), l.address) AS address) a
                WHERE %(by_mail)s AND a.address <> ''
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM mailed)
            """,
            {
                "people": [letter.person for letter in letters],
                "addresses": [letter.address for letter in letters],
                "title_zh": [_line(letter.texts.title_zh) for letter in letters],
                "body_zh": [letter.texts.body_zh for letter in letters],
                "title_en": [_line(letter.texts.title_en) for letter in letters],
                "body_en": [letter.texts.body_en for letter in letters],
                "kind": kind.kind,
                "matter": matter,
                "day": timezone.localdate(),
                "urls": [letter.url or url for letter in letters],
                "by_mail": kind.by_mail and settings.SENDS_MAIL,
            },
        )
        messages, mails = cursor.fetchone()
    return messages, mails


def _line(title: str) -> str:
    """A title is one line, as long as the column is wide."""
    return " ".join(title.split())[:200]


@transaction.atomic
def mark_read(*, messages: QuerySet[Message], person: User) -> int:
    """Marks those of `messages` as read that are the person's own and unread; returns how many."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    read = messages.filter(person=person, read_at=None).update(read_at=timezone.now())
    if read:
        User.objects.filter(pk=person.pk).update(unread_messages=F("unread_messages") - read)
    return read
