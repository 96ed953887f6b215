"""What statistics keep because it takes too long to find out while somebody waits (C10): written by a periodic task."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leaving.choices import Level
from leaving.models.checkpoints import Checkpoint
from leaving.models.cohorts import Cohort
from portal.departments.models import Department


class Measurement(models.Model):
    """Up to when the days of a cohort are counted, and when its pace was measured."""

    cohort = models.OneToOneField(
        Cohort,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="measurement",
        verbose_name=_("cohort"),
    )
    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")

    def __str__(self) -> str:
        return f"{self.cohort}: {self.as_of:%Y-%m-%d %H:%M}"


class ClearanceDay(models.Model):
    """How many were cleared on a day, per college and level."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("cohort")
    )
    college = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("college")
    )
    level = models.CharField(_("level"), max_length=16, choices=Level)
    day = models.DateField(_("day"))
    n = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("clearances of a day")
        verbose_name_plural = _("clearances by day")
        constraints = [
            models.UniqueConstraint(fields=["cohort", "day", "college", "level"], name="clearance_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.n}"


class Pace(models.Model):
    """How quickly a checkpoint is decided, and how long what can be decided now has been waiting.

    Of one owner (none: the supervisors) or all of them; of all colleges (none) or one; of all levels or postgraduates only.
    Waiting is kept as the time since when, so that an age is right whenever it is read.
    """

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("cohort")
    )
    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("checkpoint")
    )
    owner = models.ForeignKey(
        Department,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("department that decides"),
    )
    all_owners = models.BooleanField(_("all departments together"), default=False)
    college = models.ForeignKey(
        Department,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("college"),
    )
    postgraduates = models.BooleanField(_("postgraduates only"), default=False)
    decided = models.PositiveIntegerField(_("decided"))
    median_duration = models.DurationField(_("median time to the decision"), null=True)
    ready = models.PositiveIntegerField(_("can be decided"))
    oldest_since = models.DateTimeField(_("oldest since"), null=True)
    median_since = models.DateTimeField(_("half of them since"), null=True)

    class Meta:
        verbose_name = _("pace of a checkpoint")
        verbose_name_plural = _("pace of checkpoints")
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "college", "postgraduates", "checkpoint", "all_owners", "owner"],
                nulls_distinct=False,
                name="pace_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint}: {self.median_duration}"
