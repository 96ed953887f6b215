"""Who did what, to whom, when, why. Rows are written once and never changed (X2, P5)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

THIS_TRANSACTION = Cast(
    Cast(models.Func(function="pg_current_xact_id", output_field=models.TextField()), models.TextField()),
    models.BigIntegerField(),
)


class AuditEntry(models.Model):
    """One verb carried out (a bulk verb is one entry that names its batch and counts).

    `target` names what it was done to as `app.model:uid`; `details` holds no plain identity number, ever.
    """

    append_only = True

    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    verb = models.CharField(_("verb"), max_length=64)
    target = models.CharField(_("target"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=32, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    xid = models.BigIntegerField(editable=False, db_default=THIS_TRANSACTION)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["xid", "id"], name="audit_entry_seal_order"),
            models.Index(fields=["actor", "-id"], name="audit_entry_actor"),
            models.Index(fields=["target", "-id"], name="audit_entry_target"),
            models.Index(fields=["verb", "-id"], name="audit_entry_verb"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target}"


class AuditSeal(models.Model):
    """A link of the hash chain over entries, in the order (xid, id); the sweep appends it, so writers never queue on it."""

    append_only = True

    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    last_xid = models.BigIntegerField()
    last_id = models.BigIntegerField()
    entries = models.PositiveIntegerField(_("entries"))
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ["-id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} +{self.entries}"
