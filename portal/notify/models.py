"""What people are told, in the portal and by e-mail. The row is the truth; the queue only rings the bell (decision 9)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.localized import localized
from portal.notify.choices import MailState


class Message(models.Model):
    """Something that one person was told on one day. Written by `services.messages.tell` only.

    Nobody is told the same twice a day: `matter` says what it was about (empty: the kind says it all), and the database
    refuses a second message of the same kind, person, day and matter.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,
        verbose_name=_("person"),
    )
    kind = models.CharField(_("kind"), max_length=40)
    matter = models.CharField(_("about"), max_length=120, blank=True)
    day = models.DateField(_("day"))
    title_zh = models.CharField(_("title (Chinese)"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200)
    body_zh = models.TextField(_("text (Chinese)"))
    body_en = models.TextField(_("text (English)"))
    url = models.CharField(_("leads to"), max_length=300, blank=True)
    told_at = models.DateTimeField(_("told"), db_default=Now(), editable=False)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "day", "matter"], name="message_once_a_day")
        ]
        indexes = [models.Index(fields=["person", "-id"], name="message_inbox")]

    def __str__(self) -> str:
        return localized(self, "title")


class Mail(models.Model):
    """The e-mail that goes with a message: to be sent, sent, or given up after three attempts.

    `until`: not before then, be it that a worker has it, be it that an attempt failed.
    """

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="mail", verbose_name=_("message")
    )
    address = models.EmailField(_("e-mail address"))
    state = models.CharField(_("state"), max_length=8, choices=MailState, db_default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), db_default=0)
    until = models.DateTimeField(_("not before"), null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True, db_default="")
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-message"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=MailState.SENT, sent_at__isnull=False)
                | models.Q(state__in=[MailState.QUEUED, MailState.FAILED], sent_at=None),
                name="mail_sent_has_a_time",
            )
        ]
        indexes = [
            models.Index(fields=["message"], name="mail_waiting", condition=models.Q(state=MailState.QUEUED)),
            models.Index(fields=["message"], name="mail_failed", condition=models.Q(state=MailState.FAILED)),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.message}"
