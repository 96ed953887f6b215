"""Reminders: what an administrator has sent by schedule, and every time that some were sent off (C10)."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import Reminded, RunState
from leaving.models.cohorts import Cohort


class _Texts(models.Model):
    """A title and a text in both languages; without English, everyone reads Chinese."""

    title_zh = models.CharField(_("title (Chinese)"), max_length=100)
    title_en = models.CharField(_("title (English)"), max_length=160, blank=True)
    text_zh = models.TextField(_("text (Chinese)"))
    text_en = models.TextField(_("text (English)"), blank=True)

    class Meta:
        abstract = True


class Reminder(_Texts):
    """A reminder by schedule: to whom, on which days, at what time, in which words."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="reminders", verbose_name=_("cohort")
    )
    audience = models.CharField(_("to whom"), max_length=12, choices=Reminded)
    older_than = models.PositiveSmallIntegerField(
        _("older than (days)"),
        default=3,
        help_text=_("Clerks and supervisors are reminded of what could have been decided for so many days."),
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)]),
        blank=True,
        default=list,
        verbose_name=_("days of the week"),
        help_text=_("None: every day."),
    )
    at = models.TimeField(
        _("time of day"), help_text=_("If that time of today has passed, it is sent within a minute.")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("scheduled reminder")
        verbose_name_plural = _("scheduled reminders")
        ordering = ["cohort", "audience", "at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(audience__in=Reminded.values), name="reminder_audience_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="reminder_ends_after_it_starts",
                violation_error_message=_("The last day comes before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()}, {self.at:%H:%M}"


class ReminderRun(_Texts):
    """Reminders sent off once: by schedule, at most once a day, or by hand. The row is the truth, a worker does it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reminder = models.ForeignKey(
        Reminder,
        on_delete=models.SET_NULL,
        null=True,
        related_name="runs",
        verbose_name=_("scheduled reminder"),
    )
    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="reminder_runs", verbose_name=_("cohort")
    )
    audience = models.CharField(_("to whom"), max_length=12, choices=Reminded)
    older_than = models.PositiveSmallIntegerField(_("older than (days)"), default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("sent by"),
    )
    # By hand: what narrowed the selection down, as the page's address had it.
    selection = models.JSONField(_("selection"), default=dict)
    day = models.DateField(_("day"))
    state = models.CharField(_("state"), max_length=8, choices=RunState, default=RunState.WAITING)
    created_at = models.DateTimeField(_("asked for"), db_default=Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True)
    messages = models.PositiveIntegerField(_("messages"), default=0)
    mails = models.PositiveIntegerField(_("of them also by e-mail"), default=0)
    already = models.PositiveIntegerField(_("reminded today already"), default=0)
    unreachable = models.PositiveIntegerField(_("without an account"), default=0)
    error = models.CharField(_("what went wrong"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reminders sent")
        verbose_name_plural = _("reminders sent")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reminder", "day"], name="reminder_run_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(audience__in=Reminded.values, state__in=RunState.values),
                name="reminder_run_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.get_audience_display()}"
