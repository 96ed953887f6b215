"""Cohorts and the classes and majors that graduates belong to (G1)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leaving.choices import CohortState
from portal.departments.models import Campus, Department
from portal.localized import localized

REGULAR_MONTH = 6


class Cohort(models.Model):
    """The graduates of one year (届). Commands use the one that is open unless another is named.

    Those who graduate later in the same year, in December say, are a batch with a month, sheets and an opening of its own (G5).
    """

    year = models.PositiveSmallIntegerField(_("year"))
    month = models.PositiveSmallIntegerField(
        _("month of graduation"),
        default=REGULAR_MONTH,
        help_text=_("6 for the regular batch of the year, 12 for those who graduate in December."),
    )
    state = models.CharField(_("state"), max_length=16, choices=CohortState, default=CohortState.PREPARED)
    name_zh = models.CharField(_("name (Chinese)"), max_length=60, blank=True)
    name_en = models.CharField(_("name (English)"), max_length=100, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True, editable=False)
    closes_on = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        ordering = ["-year", "month"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=CohortState.values), name="cohort_state_known"
            ),
            models.CheckConstraint(condition=models.Q(month__range=(1, 12)), name="cohort_month_of_a_year"),
            models.UniqueConstraint(fields=["year", "month"], name="cohort_one_batch_a_month"),
        ]

    def __str__(self) -> str:
        if self.month == REGULAR_MONTH:
            return localized(self, "name") or str(_("Class of %(year)s") % {"year": self.year})
        named = {"year": self.year, "month": f"{self.month:02d}"}
        return localized(self, "name") or str(_("Class of %(year)s-%(month)s") % named)

    @property
    def code(self) -> int:
        """What names it in addresses, commands and numbers: 2026, or 202612 for the batch of December."""
        return self.year if self.month == REGULAR_MONTH else self.year * 100 + self.month


class CollegeProfile(models.Model):
    """What is known of a college beyond its department: its campus, where it has only one."""

    college = models.OneToOneField(
        Department,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="profile",
        verbose_name=_("college"),
    )
    campus = models.ForeignKey(
        Campus,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only campus"),
        help_text=_("Graduates whose row in a workbook names no campus are there."),
    )

    class Meta:
        verbose_name = _("college profile")
        verbose_name_plural = _("college profiles")
        ordering = ["college__order"]

    def __str__(self) -> str:
        return str(self.college)


class Major(models.Model):
    """A major of a college."""

    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="majors", verbose_name=_("college")
    )
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=160, blank=True)
    code = models.CharField(_("code"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("major")
        verbose_name_plural = _("majors")
        ordering = ["college", "name_zh"]
        constraints = [models.UniqueConstraint(fields=["college", "name_zh"], name="major_unique_in_college")]

    def __str__(self) -> str:
        return localized(self, "name")


class SchoolClass(models.Model):
    """A class (班级) of one grade of a college, with those who look after it (P7)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="classes", verbose_name=_("college")
    )
    major = models.ForeignKey(
        Major, on_delete=models.PROTECT, related_name="classes", verbose_name=_("major")
    )
    grade = models.PositiveSmallIntegerField(_("grade"))
    name = models.CharField(_("class"), max_length=80)
    counsellor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="classes_counselled",
        verbose_name=_("counsellor"),
    )
    class_teacher = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="classes_taught",
        verbose_name=_("class teacher"),
    )

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["college", "grade", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["college", "grade", "name"], name="class_unique_in_college_and_grade"
            )
        ]

    def __str__(self) -> str:
        return self.name
