"""What is in force on the sheets: the checkpoints as they were last published, whatever has been edited since (C3, C4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leaving.choices import OwnerKind
from leaving.models.checkpoints import Checkpoint


class CheckpointInForce(models.Model):
    """A checkpoint as published: who decides it and whom it is for. Written by `leaving.services.in_force` only."""

    checkpoint = models.OneToOneField(
        Checkpoint,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="in_force",
        verbose_name=_("checkpoint"),
    )
    owner_kind = models.CharField(_("decided by"), max_length=12, choices=OwnerKind)
    # All that decides about sheets (`selectors.in_force.definition`): tells whether it has been edited since.
    definition = models.JSONField(editable=False)

    class Meta:
        verbose_name = _("checkpoint in force")
        verbose_name_plural = _("checkpoints in force")

    def __str__(self) -> str:
        return str(self.checkpoint)


class PrerequisiteInForce(models.Model):
    """What must be passed before a checkpoint, as published; the gate stands before every other one, row by row."""

    checkpoint = models.ForeignKey(
        Checkpoint,
        on_delete=models.CASCADE,
        related_name="prerequisites_in_force",
        db_index=False,
        verbose_name=_("checkpoint"),
    )
    first = models.ForeignKey(
        Checkpoint,
        on_delete=models.CASCADE,
        related_name="held_up_in_force",
        verbose_name=_("to be passed before"),
    )

    class Meta:
        verbose_name = _("prerequisite in force")
        verbose_name_plural = _("prerequisites in force")
        constraints = [models.UniqueConstraint(fields=["checkpoint", "first"], name="prerequisite_once")]

    def __str__(self) -> str:
        return f"{self.first} → {self.checkpoint}"
