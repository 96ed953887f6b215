"""Imports, their faults, and exports. The row is the truth about a background job; the queue only rings the bell (decision 9)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.workbooks.choices import BatchState, ExportState


class Lease(models.Model):
    """A background job that is not at rest: who works on it, until when, how far it is (`services.leases`).

    It stands beside the job because a worker holds the job's row locked while it applies, and must still renew, show its
    progress and hear a cancel. It goes with the commit that puts the job to rest: a worker whose lease was taken over
    finds nothing to delete, and its transaction is rolled back.
    """

    job_uid = models.UUIDField(unique=True, editable=False)
    task = models.CharField(_("task"), max_length=80)
    foreground = models.BooleanField(_("in the foreground"), default=False)
    owner = models.CharField(_("worker"), max_length=64, blank=True)
    until = models.DateTimeField(_("leased until"), null=True, blank=True)
    rung_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    progress = models.PositiveIntegerField(_("rows done"), default=0)
    total = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)

    class Meta:
        verbose_name = _("running job")
        verbose_name_plural = _("running jobs")

    def __str__(self) -> str:
        return f"{self.task} {self.job_uid}"


class LeasedJob(models.Model):
    """What imports and exports have in common."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=32)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, verbose_name=_("by"))
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    created_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    expires_at = models.DateTimeField(_("file kept until"), null=True, blank=True)
    file_uid = models.UUIDField(null=True, blank=True, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    error_details = models.JSONField(_("error details"), default=dict, blank=True)

    class Meta:
        abstract = True


class ImportBatch(LeasedJob):
    """One workbook handed in: by whom, and what became of it (G3)."""

    state = models.CharField(_("state"), max_length=16, choices=BatchState, default=BatchState.RECEIVED)
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.BigIntegerField(_("size in bytes"), default=0)
    file_digest = models.BinaryField(max_length=32, default=b"")
    errors_uid = models.UUIDField(null=True, blank=True, editable=False)
    # Where the columns stand: {"sheet": …, "row": …, "columns": {key: [letters, title]}}.
    layout = models.JSONField(default=dict, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    faults = models.PositiveIntegerField(_("faults"), default=0)
    difference = models.JSONField(default=dict, blank=True, editable=False)
    # What the check leaves for the real run, as the kind likes it: what it looked at, so that nothing newer is written over.
    kept = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["actor", "-id"], name="batch_actor"),
            models.Index(fields=["file_digest"], name="batch_digest"),
            models.Index(
                fields=["expires_at"], name="batch_expiry", condition=models.Q(file_uid__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=BatchState.values), name="batch_state_known")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportFault(models.Model):
    """One thing to mend in a workbook. What stood in the cell is personal data, so it is sealed (`services.faults`)."""

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="fault_rows", verbose_name=_("import")
    )
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=100, blank=True)
    code = models.CharField(_("code"), max_length=40)
    sealed = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("fault of an import")
        verbose_name_plural = _("faults of imports")
        ordering = ["batch", "row", "id"]
        indexes = [models.Index(fields=["batch", "row", "id"], name="fault_place")]

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.code}"


class ExportJob(LeasedJob):
    """Data that somebody took out: what, why, which columns, how many rows (A4, P5)."""

    state = models.CharField(_("state"), max_length=16, choices=ExportState, default=ExportState.REQUESTED)
    purpose = models.CharField(_("purpose"), max_length=200)
    columns = models.JSONField(_("columns"), default=list)
    file_format = models.CharField(_("format"), max_length=8, default="xlsx")
    file_size = models.BigIntegerField(_("size in bytes"), default=0)
    downloads = models.PositiveIntegerField(_("downloads"), default=0)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["actor", "-id"], name="export_actor"),
            models.Index(
                fields=["expires_at"], name="export_expiry", condition=models.Q(file_uid__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ExportState.values), name="export_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(file_format__in=["xlsx", "csv"]), name="export_format_known"
            ),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="export_has_a_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"
