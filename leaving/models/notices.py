"""Notices for graduates, supervisors and operators, with their files (C11)."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.choices import Audience
from leaving.models.cohorts import Cohort
from portal.localized import localized

_MARKS = _(
    "An empty line begins a paragraph; **bold**, lists with “-” or “1.”, headings with “##”, links as [text](https://…)."
)


class Notice(models.Model):
    """What the university has to say to an audience, from a time on and, if so wished, up to and including a day."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cohort = models.ForeignKey(
        Cohort,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("cohort"),
        help_text=_("Empty: for all cohorts."),
    )
    audiences = ArrayField(
        models.CharField(max_length=16, choices=Audience), default=list, verbose_name=_("audiences")
    )
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    body_zh = models.TextField(_("text (Chinese)"), help_text=_MARKS)
    body_en = models.TextField(_("text (English)"), blank=True)
    pinned = models.BooleanField(_("stays on top"), default=False)
    published_from = models.DateTimeField(
        _("published from"), null=True, blank=True, help_text=_("Empty: a draft that only editors see.")
    )
    published_until = models.DateField(
        _("published until"), null=True, blank=True, help_text=_("The day is included. Empty: without end.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("written by"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    unread: bool  # for somebody: where `selectors.notices.marked_unread` was asked

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pinned", "-published_from", "-id"]
        indexes = [models.Index(fields=["-pinned", "-published_from", "-id"], name="notice_order")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(audiences__contained_by=Audience.values) & ~models.Q(audiences=[]),
                name="notice_audiences_known",
            )
        ]

    def __str__(self) -> str:
        return localized(self, "title")

    def get_absolute_url(self) -> str:
        return reverse("leaving:notice-detail", args=[self.uid])

    @property
    def shown(self) -> bool:
        """Is it published now?"""
        now = timezone.now()
        until = self.published_until
        return (
            self.published_from is not None
            and self.published_from <= now
            and (until is None or until >= timezone.localdate(now))
        )


class NoticeAttachment(models.Model):
    """A file that belongs to a notice: whoever may read the notice may have it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("notice")
    )
    file_uid = models.UUIDField(unique=True, editable=False)
    name = models.CharField(_("file"), max_length=160)
    media_type = models.CharField(_("type"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class NoticeReading(models.Model):
    """That a person has opened a notice: it is not marked as unread to them any more. Nobody else looks at this."""

    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("notice")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("person"),
    )
    read_at = models.DateTimeField(_("read"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("notice that was read")
        verbose_name_plural = _("notices that were read")
        constraints = [models.UniqueConstraint(fields=["person", "notice"], name="notice_read_once")]

    def __str__(self) -> str:
        return f"{self.notice} · {self.person}"
