"""The round in which a cohort's liaisons are chosen: its deadlines and its quota (L1, L2)."""

import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.models import Cohort
from liaisons.choices import Step
from portal.departments.models import Department

AT_MOST = 2  # “1—2 per class”: seats are numbered, and the database knows no third


class LiaisonRound(models.Model):
    """When the liaisons of a cohort are nominated and reviewed, and how many a class may have.

    A deadline includes its whole day; an empty one is none. A class of up to `small_class_size` graduates gets
    `small_class_quota` liaisons, a larger one `large_class_quota`; postgraduates get `major_quota` for a major.
    """

    cohort = models.OneToOneField(
        Cohort, on_delete=models.PROTECT, related_name="liaison_round", verbose_name=_("cohort")
    )
    office = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("alumni centre"),
        help_text=_("Stands on the letters of appointment under the name of the university."),
    )
    opens_on = models.DateField(_("nominations from"), null=True, blank=True)
    nominations_until = models.DateField(_("nominations until"), null=True, blank=True)
    class_until = models.DateField(_("opinions of the classes until"), null=True, blank=True)
    college_until = models.DateField(_("opinions of the colleges until"), null=True, blank=True)
    centre_until = models.DateField(_("opinions of the alumni centre until"), null=True, blank=True)
    small_class_size = models.PositiveSmallIntegerField(_("a small class has at most"), default=50)
    small_class_quota = models.PositiveSmallIntegerField(_("liaisons of a small class"), default=1)
    large_class_quota = models.PositiveSmallIntegerField(_("liaisons of a large class"), default=2)
    major_quota = models.PositiveSmallIntegerField(_("liaisons of the postgraduates of a major"), default=1)
    term_years = models.PositiveSmallIntegerField(_("years of a term"), default=3)

    class Meta:
        verbose_name = _("liaison round")
        verbose_name_plural = _("liaison rounds")
        ordering = ["cohort"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    small_class_quota__range=(1, AT_MOST),
                    large_class_quota__range=(1, AT_MOST),
                    major_quota__range=(1, AT_MOST),
                ),
                name="liaison_round_one_or_two",
                violation_error_message=_("One or two liaisons: no more, no less."),
            ),
            models.CheckConstraint(
                condition=models.Q(term_years__range=(1, 10)),
                name="liaison_round_term",
                violation_error_message=_("A term has one to ten years."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.cohort)

    def deadline(self, step: Step) -> datetime.date | None:
        """The last day for the opinion of `step`."""
        days: dict[Step, datetime.date | None] = {
            Step.CLASS: self.class_until,
            Step.COLLEGE: self.college_until,
            Step.CENTRE: self.centre_until,
        }
        return days[step]

    @property
    def takes_nominations(self) -> bool:
        """Is today a day on which nominations may be handed in?"""
        today = timezone.localdate()
        return (self.opens_on is None or self.opens_on <= today) and not is_over(self.nominations_until)

    def class_quota(self, size: int) -> int:
        """How many liaisons a class of `size` graduates may have."""
        return self.small_class_quota if size <= self.small_class_size else self.large_class_quota


def is_over(deadline: datetime.date | None) -> bool:
    """Has the day of `deadline` passed? Its own day still counts."""
    return deadline is not None and timezone.localdate() > deadline
