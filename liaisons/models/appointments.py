"""Appointments and their letters (L3), and what classmates let their liaison see (L6)."""

import datetime
import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.models import Cohort, Graduate, Major, SchoolClass
from liaisons.choices import ClassmateField, EndReason, PublicField
from liaisons.models.nominations import Nomination
from liaisons.models.rounds import AT_MOST
from portal.departments.models import Department

# The letter comes only after the third favourable opinion, whoever writes the row.
AFTER_THREE = pgtrigger.Trigger(
    name="after_three_opinions",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF (SELECT count(*) FROM liaisons_opinion o
            WHERE o.nomination_id = NEW.nomination_id AND o.favourable) < 3 THEN
            RAISE EXCEPTION 'Three favourable opinions come first.' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_force(self) -> "AppointmentQuerySet":
        """Those that hold today: begun, the term not over, not ended before."""
        today = timezone.localdate()
        return self.filter(
            models.Q(ended_on=None) | models.Q(ended_on__gte=today), starts_on__lte=today, until__gte=today
        )


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Appointment(models.Model):
    """A term as liaison of one class, or of a major's postgraduates in a cohort.

    `seat` is 1 or 2; of the appointments that have not ended no two share a seat, so that the database itself knows no third.
    `until` and `ended_on` are last days, both included. `code` is what the letter's QR code leads to.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    nomination = models.ForeignKey(
        Nomination, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("nomination")
    )
    graduate = models.ForeignKey(
        Graduate, on_delete=models.PROTECT, related_name="liaison_appointments", verbose_name=_("graduate")
    )
    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="liaison_appointments", verbose_name=_("cohort")
    )
    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="liaison_appointments", verbose_name=_("college")
    )
    major = models.ForeignKey(
        Major, on_delete=models.PROTECT, related_name="liaison_appointments", verbose_name=_("major")
    )
    school_class = models.ForeignKey(
        SchoolClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="liaison_appointments",
        verbose_name=_("class"),
    )
    seat = models.PositiveSmallIntegerField(_("seat"))
    name = models.CharField(_("name"), max_length=100)
    class_title = models.CharField(_("college, major and class"), max_length=200)
    mobile = models.CharField(_("telephone"), max_length=32, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=64, blank=True)
    biography = models.TextField(_("biography"), blank=True)
    starts_on = models.DateField(_("from"))
    until = models.DateField(_("until"))
    number = models.CharField(_("number of the letter"), max_length=16, unique=True)
    code = models.CharField(_("public code"), max_length=32, unique=True, editable=False)
    published = ArrayField(
        models.CharField(max_length=12, choices=PublicField),
        default=list,
        blank=True,
        verbose_name=_("may be published"),
    )
    attended_ceremony = models.BooleanField(_("attended the ceremony"), null=True, blank=True)
    attended_training = models.BooleanField(_("attended the training"), null=True, blank=True)
    renews = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="renewed_by",
        verbose_name=_("renews"),
    )
    appointed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("appointed by")
    )
    appointed_at = models.DateTimeField(_("appointed"), db_default=Now(), editable=False)
    ended_on = models.DateField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=12, choices=EndReason, blank=True)
    end_note = models.TextField(_("note on the end"), blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["-id"]
        triggers = [AFTER_THREE]
        indexes = [
            models.Index(fields=["cohort", "college", "id"], name="appointment_list"),
            models.Index(
                fields=["-id"],
                name="appointment_published",
                condition=models.Q(published__contains=[PublicField.NAME]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seat__range=(1, AT_MOST)), name="appointment_seat_one_or_two"
            ),
            models.CheckConstraint(
                condition=models.Q(until__gte=models.F("starts_on")), name="appointment_term"
            ),
            models.CheckConstraint(
                condition=models.Q(end_reason="", ended_on=None)
                | (models.Q(end_reason__in=EndReason.values) & models.Q(ended_on__isnull=False)),
                name="appointment_ends_with_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(published__contained_by=PublicField.values),
                name="appointment_published_known",
            ),
            models.UniqueConstraint(
                fields=["school_class", "seat"],
                condition=models.Q(end_reason="", school_class__isnull=False),
                name="appointment_seat_of_class",
            ),
            models.UniqueConstraint(
                fields=["cohort", "major", "seat"],
                condition=models.Q(end_reason="", school_class=None),
                name="appointment_seat_of_major",
            ),
            models.UniqueConstraint(
                fields=["graduate"], condition=models.Q(end_reason=""), name="appointment_one_of_a_graduate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def last_day(self) -> datetime.date:
        """The last day on which it holds: the end of the term, or the day it was ended before that."""
        return min(self.until, self.ended_on) if self.ended_on else self.until

    @property
    def begins_later(self) -> bool:
        """Has the term yet to begin?"""
        return self.starts_on > timezone.localdate()

    @property
    def renewable(self) -> bool:
        """May another term follow? Not after an end before its time, and once only (`renewed_by`)."""
        return self.end_reason in ("", EndReason.EXPIRED)

    @property
    def in_force(self) -> bool:
        """Does it hold today?"""
        return self.starts_on <= timezone.localdate() <= self.last_day


class LetterCounter(models.Model):
    """The last number given to a letter of a year. Locked last of all (lock order)."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("letter counter")
        verbose_name_plural = _("letter counters")
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ClassmateConsent(models.Model):
    """What a graduate lets the liaisons of the own class see. No row, no field.

    It hangs on the graduate, not on the person: who was in two classes may trust one liaison and not the other.
    """

    graduate = models.OneToOneField(
        Graduate, on_delete=models.PROTECT, related_name="classmate_consent", verbose_name=_("graduate")
    )
    fields = ArrayField(
        models.CharField(max_length=12, choices=ClassmateField),
        default=list,
        blank=True,
        verbose_name=_("fields"),
    )
    given_at = models.DateTimeField(_("given"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("consent for the class's liaison")
        verbose_name_plural = _("consents for the class's liaisons")
        ordering = ["graduate"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fields__contained_by=ClassmateField.values), name="classmate_consent_known"
            )
        ]

    def __str__(self) -> str:
        return str(self.graduate)
