"""Those who are not on the expected list and are to be added (G6)."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import AdditionState, Level
from leaving.models.cohorts import Cohort
from leaving.models.graduates import Graduate
from portal.departments.models import Department
from portal.doors import OnlyThroughDoor

DOOR = "additions"


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["identity_cipher"])
class Addition(models.Model):
    """A row of the roster that a college proposes, checked as a workbook's row; confirmed, it becomes a graduate.

    `cells` are the row's cells but for the number of the document, which is ciphertext bound to this row's `uid` and goes when
    the proposal is decided. The state is written by `leaving.services.additions` only.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="additions", verbose_name=_("cohort")
    )
    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="additions", verbose_name=_("college")
    )
    level = models.CharField(_("level"), max_length=16, choices=Level)
    student_no = models.CharField(_("student number"), max_length=32)
    name = models.CharField(_("name"), max_length=100)
    identity_mask = models.CharField(_("number of document"), max_length=32, editable=False)
    identity_cipher = models.BinaryField(editable=False, default=b"")
    cells = models.JSONField(_("cells"), default=dict)
    state = models.CharField(
        _("state"), max_length=12, choices=AdditionState, db_default=AdditionState.PROPOSED
    )
    reason = models.CharField(_("reason"), max_length=300)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"), db_default=Now(), editable=False)
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
    graduate = models.OneToOneField(
        Graduate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="addition",
        verbose_name=_("graduate"),
    )

    class Meta:
        verbose_name = _("addition")
        verbose_name_plural = _("additions")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="addition_list")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=AdditionState.values), name="addition_state_known"
            ),
            models.CheckConstraint(condition=models.Q(level__in=Level.values), name="addition_level_known"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="addition_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(state=AdditionState.CONFIRMED, graduate__isnull=False)
                | (~models.Q(state=AdditionState.CONFIRMED) & models.Q(graduate=None)),
                name="addition_confirmed_is_a_graduate",
            ),
            models.CheckConstraint(
                condition=models.Q(state=AdditionState.PROPOSED, decided_at=None)
                | (
                    ~models.Q(state=AdditionState.PROPOSED)
                    & models.Q(decided_at__isnull=False, identity_cipher=b"")
                ),
                name="addition_decided_keeps_no_number",
            ),
            models.UniqueConstraint(
                fields=["student_no"],
                condition=models.Q(state=AdditionState.PROPOSED),
                name="addition_one_proposed",
            ),
        ]
        triggers = [OnlyThroughDoor(door=DOOR)]

    def __str__(self) -> str:
        return f"{self.name} ({self.student_no})"
