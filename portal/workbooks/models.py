"""Imports and their faults. The row is the truth about a background job; the queue only rings the bell (decision 9)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.workbooks.choices import BatchState


class ImportBatch(models.Model):
    """One workbook handed in: by whom, what became of it, and the lease of the worker that has it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=32)
    state = models.CharField(_("state"), max_length=16, choices=BatchState, default=BatchState.RECEIVED)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="import_batches",
        verbose_name=_("handed in by"),
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.BigIntegerField(_("size in bytes"), default=0)
    file_digest = models.BinaryField(max_length=32, default=b"")
    created_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    rows = models.PositiveIntegerField(_("rows"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    faults = models.PositiveIntegerField(_("faults"), default=0)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    error_details = models.JSONField(_("error details"), default=dict, blank=True)

    progress = models.PositiveIntegerField(_("rows done"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease_owner = models.CharField(max_length=64, blank=True, editable=False)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=BatchState.values), name="batch_state_known")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"
