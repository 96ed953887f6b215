"""Sending the e-mails that wait. Any number of workers may do so at once: each takes what no other has."""

import datetime
import logging
import time
from collections.abc import Sequence
from smtplib import SMTPConnectError, SMTPException, SMTPServerDisconnected
from urllib.parse import urljoin

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerDown

from portal.accounts.models import User
from portal.audit.services import record
from portal.localized import localized
from portal.notify.choices import MailState
from portal.notify.models import Mail

logger = logging.getLogger(__name__)

TASK = "portal.notify.tasks.send"
BLOCK = 50
MAX_ATTEMPTS = 3
LEASE_SECONDS = (
    300  # a worker that has not sent its block by then stops; after it, others may take what is left
)
RESERVE_SECONDS = 60  # for the one e-mail that is being sent when time runs out
AWAY_SECONDS = 60  # a server that does not answer is asked again after so long


def ring() -> None:
    """Asks a worker to look for e-mails. A broker that is down is no reason to fail: the sweep rings again."""
    try:
        current_app.send_task(TASK, retry=False, ignore_result=True)
    except (BrokerDown, OSError) as error:
        logger.warning("The broker does not answer (%s); the sweep will ring.", error)


def send_waiting() -> int:
    """Sends a block of the e-mails that wait, oldest first; returns how many it took (a full block: there may be more).

    Each is marked as sent on its own, right after the server took it: should this process be killed, at most one goes out
    twice (with the same Message-ID). A server that cannot be reached costs no attempt; what a server refuses is tried three
    times, ever later, and is then a failure that an administrator sees.
    """
    deadline = time.monotonic() + LEASE_SECONDS - RESERVE_SECONDS
    mails = _take(BLOCK)
    if not mails:
        return 0
    server = get_connection()
    try:
        server.open()
    except (SMTPException, OSError) as error:
        logger.warning("The mail server does not answer: %s", error)
        _put_back(mails)
        return 0
    try:
        for place, mail in enumerate(mails):
            if time.monotonic() > deadline:
                _put_back(mails[place:])
                break
            try:
                server.send_messages([letter_of(mail)])
            except Exception as error:
                if _server_is_gone(error):
                    logger.warning("The mail server went away: %s", error)
                    _put_back(mails[place:])
                    return 0
                _refused(mail, error)
            else:
                Mail.objects.filter(pk=mail.pk).update(
                    state=MailState.SENT, sent_at=timezone.now(), until=None, error=""
                )
    finally:
        server.close()
    return len(mails)


def letter_of(mail: Mail) -> EmailMessage:
    """The e-mail as it goes out, in its reader's language."""
    message = mail.message
    with translation.override(message.person.language):
        link = urljoin(settings.PUBLIC_URL + "/", (message.url or "/messages/").lstrip("/"))
        foot = _("This message was written by the portal; nobody reads answers to it.")
        body = f"{localized(message, 'body')}\n\n{link}\n\n-- \n{foot}\n"
        return EmailMessage(
            localized(message, "title"),
            body,
            to=[mail.address],
            headers={
                "Message-ID": f"<{message.uid}@{settings.MAIL_DOMAIN}>",
                "Auto-Submitted": "auto-generated",
            },
        )


def _take(number: int) -> Sequence[Mail]:
    """Makes waiting e-mails ours until the lease ends. What three workers did not survive is given up."""
    Mail.objects.filter(state=MailState.QUEUED, attempts__gte=MAX_ATTEMPTS, until__lt=timezone.now()).update(
        state=MailState.FAILED, until=None, error="interrupted"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notify_mail SET attempts = attempts + 1, until = clock_timestamp() + make_interval(secs => %s)
            WHERE message_id IN (
                SELECT message_id FROM notify_mail
                WHERE state = 'queued' AND (until IS NULL OR until < clock_timestamp())
                ORDER BY message_id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING message_id
            """,
            [LEASE_SECONDS, number],
        )
        ours = [row[0] for row in cursor.fetchall()]
    return list(Mail.objects.filter(pk__in=ours).select_related("message__person").order_by("pk"))


def _server_is_gone(error: Exception) -> bool:
    """Is it the server, and not this e-mail? (Every exception of smtplib is an OSError.)"""
    if isinstance(error, SMTPException):
        return isinstance(error, SMTPServerDisconnected | SMTPConnectError)
    return isinstance(error, OSError)


def _put_back(mails: Sequence[Mail]) -> None:
    """They were not tried: no attempt is counted."""
    again = timezone.now() + datetime.timedelta(seconds=AWAY_SECONDS)
    for mail in mails:
        Mail.objects.filter(pk=mail.pk).update(attempts=mail.attempts - 1, until=again)


def _refused(mail: Mail, error: Exception) -> None:
    over = mail.attempts >= MAX_ATTEMPTS
    pause = datetime.timedelta(seconds=60 * 10 ** (mail.attempts - 1))
    Mail.objects.filter(pk=mail.pk).update(
        state=MailState.FAILED if over else MailState.QUEUED,
        until=None if over else timezone.now() + pause,
        error=f"{type(error).__name__}: {error}"[:300],
    )


def send_again(*, mails: Sequence[int], actor: User) -> int:
    """Queues e-mails (ids) that were given up once more; returns how many. Audited as `notify.mail_queued_again`."""
    failed = Mail.objects.filter(pk__in=list(mails), state=MailState.FAILED)
    number = failed.update(state=MailState.QUEUED, attempts=0, until=None, error="")
    if number:
        record("notify.mail_queued_again", actor=actor, details={"mails": number})
        ring()
    return number
