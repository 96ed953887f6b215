"""The certificate of leaving (C9)."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.models.clearance import DOOR, ClearanceSheet
from leaving.models.cohorts import Cohort
from portal.doors import OnlyThroughDoor


class CertificateCounter(models.Model):
    """The last number given out in a cohort. Locked last (lock order: sheet → item → counter)."""

    cohort = models.OneToOneField(
        Cohort, on_delete=models.PROTECT, primary_key=True, related_name="+", verbose_name=_("cohort")
    )
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("counter of certificates")
        verbose_name_plural = _("counters of certificates")

    def __str__(self) -> str:
        return f"{self.cohort}: {self.last}"


class Certificate(models.Model):
    """A certificate of leaving (离校证明) as it was issued: what it says is its own copy, later corrections do not change it.

    `code` is 128 random bits and the only way in for the public; the number tells nothing.
    """

    sheet = models.ForeignKey(
        ClearanceSheet, on_delete=models.PROTECT, related_name="certificates", verbose_name=_("sheet")
    )
    number = models.CharField(_("number"), max_length=20, unique=True)
    code = models.CharField(_("code"), max_length=26, unique=True)
    snapshot = models.JSONField(_("what it says"))
    issued_at = models.DateTimeField(_("issued"), db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_reason = models.CharField(_("why revoked"), max_length=200, blank=True, db_default="")

    class Meta:
        verbose_name = _("certificate of leaving")
        verbose_name_plural = _("certificates of leaving")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet"], condition=models.Q(revoked_at=None), name="certificate_one_in_force"
            )
        ]
        triggers = [OnlyThroughDoor(door=DOOR)]

    def __str__(self) -> str:
        return self.number
