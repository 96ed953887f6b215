"""What graduates are to be told: noted in the transaction that made it true, told by a worker after the commit (decision 9)."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import News, RunState
from leaving.models.clearance import DecisionBatch


class Telling(models.Model):
    """One piece of news, of one or thousands of graduates, and how far the telling has come.

    `told_up_to` is the last person (id) who has been told; it moves in the transaction that writes the messages, so that nobody
    is told twice however often, or on however many days, a worker begins again. Of a decision there is one at most.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    news = models.CharField(_("what"), max_length=10, choices=News)
    batch = models.OneToOneField(
        DecisionBatch,
        on_delete=models.PROTECT,
        null=True,
        related_name="telling",
        verbose_name=_("decision"),
    )
    # The sheets (ids) that were cleared or opened again.
    sheets = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("sheets"))
    state = models.CharField(_("state"), max_length=8, choices=RunState, default=RunState.WAITING)
    told_up_to = models.BigIntegerField(default=0, editable=False)
    messages = models.PositiveIntegerField(_("messages"), default=0)
    mails = models.PositiveIntegerField(_("of them also by e-mail"), default=0)
    created_at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True)
    error = models.CharField(_("what went wrong"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("news for graduates")
        verbose_name_plural = _("news for graduates")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=RunState.values)
                & (
                    models.Q(news=News.DECIDED, batch__isnull=False)
                    | models.Q(news__in=[News.CLEARED, News.REOPENED], batch=None)
                ),
                name="telling_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.get_news_display()}"
