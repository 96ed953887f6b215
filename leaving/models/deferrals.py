"""Deferral of graduation (延期毕业, G5), and which office approves changes of the roster (G5, G6)."""

import uuid

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import DeferralState, Level
from leaving.models.cohorts import Cohort
from leaving.models.graduates import Graduate
from portal.departments.models import Department
from portal.doors import OnlyThroughDoor

DOOR = "deferrals"


class ApprovalResponsibility(models.Model):
    """Which office approves deferrals and additions of whom: rows that an administrator edits, the first that fits counts.

    Those approve who hold the right to change the roster at that office. No levels: all.
    """

    order = models.PositiveSmallIntegerField(_("order"))
    levels = ArrayField(
        models.CharField(max_length=16, choices=Level), blank=True, default=list, verbose_name=_("levels")
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("responsible department")
    )

    class Meta:
        verbose_name = _("approval responsibility")
        verbose_name_plural = _("approval responsibilities")
        ordering = ["order"]

    def __str__(self) -> str:
        return f"{self.order}. {self.department}"


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Deferral(models.Model):
    """That a graduate leaves with a later cohort: proposed, then approved, refused or withdrawn; approved, perhaps undone.

    Its state is written by `leaving.services.deferrals` only.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    graduate = models.ForeignKey(
        Graduate, on_delete=models.PROTECT, related_name="deferrals", verbose_name=_("graduate")
    )
    from_cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="deferrals_from", verbose_name=_("from cohort")
    )
    to_cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="deferrals_to", verbose_name=_("to cohort")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=DeferralState, db_default=DeferralState.PROPOSED
    )
    reason = models.CharField(_("reason"), max_length=300)
    until = models.DateField(_("expected to graduate by"), null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"), db_default=Now(), editable=False)
    # Who approved, refused or withdrew it.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    note = models.CharField(_("why refused"), max_length=300, blank=True, db_default="")
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True, editable=False)
    undo_reason = models.CharField(_("why undone"), max_length=300, blank=True, db_default="")

    class Meta:
        verbose_name = _("deferral")
        verbose_name_plural = _("deferrals")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="deferral_list")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=DeferralState.values), name="deferral_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(from_cohort=models.F("to_cohort")), name="deferral_to_another_cohort"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="deferral_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(state=DeferralState.PROPOSED, decided_at=None)
                | (~models.Q(state=DeferralState.PROPOSED) & models.Q(decided_at__isnull=False)),
                name="deferral_decided_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DeferralState.UNDONE) | models.Q(undone_at__isnull=False),
                name="deferral_undone_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["graduate", "from_cohort"],
                condition=models.Q(state__in=DeferralState.standing()),
                name="deferral_one_standing",
            ),
        ]
        triggers = [OnlyThroughDoor(door=DOOR)]

    def __str__(self) -> str:
        return f"{self.graduate} → {self.to_cohort}"
