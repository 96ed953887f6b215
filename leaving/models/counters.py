"""How many items and sheets are in which state, kept up to date so that nobody has to count (C10; decision 2)."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from leaving.choices import Level
from leaving.models.checkpoints import Checkpoint
from leaving.models.cohorts import Cohort
from portal.departments.models import Department


def _key(model: type[models.Model], **options: Any) -> Any:
    return models.ForeignKey(model, related_name="+", db_index=False, **options)


class _Counter(models.Model):
    """A number of items of one checkpoint, or of sheets where there is no checkpoint, of one college and level, in one state."""

    # Copied from items and sheets, which have the constraints.
    cohort = _key(Cohort, on_delete=models.CASCADE, db_constraint=False, verbose_name=_("cohort"))
    checkpoint = _key(
        Checkpoint, on_delete=models.CASCADE, db_constraint=False, null=True, verbose_name=_("checkpoint")
    )
    college = _key(Department, on_delete=models.CASCADE, db_constraint=False, verbose_name=_("college"))
    level = models.CharField(_("level"), max_length=16, choices=Level)
    state = models.CharField(_("state"), max_length=8)
    n = models.IntegerField(_("number"))

    class Meta:
        abstract = True


class ClearanceCount(_Counter):
    """The total up to the last folding."""

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "checkpoint", "college", "level", "state"],
                nulls_distinct=False,
                name="count_one_per_state",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state}: {self.n}"


class ClearanceCountDelta(_Counter):
    """What one verb added or took away since. Appended, never changed: no two clerks ever wait for the same row."""

    class Meta:
        verbose_name = _("change of a count")
        verbose_name_plural = _("changes of counts")
        indexes = [models.Index(fields=["cohort"], name="count_delta_cohort")]

    def __str__(self) -> str:
        return f"{self.state}: {self.n:+d}"
