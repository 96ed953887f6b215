from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BatchState(TextChoices):
    """The way of an import (decision 8)."""

    RECEIVED = "received", _("Received")
    SCANNED = "scanned", _("Scanned")
    PARSED = "parsed", _("Read")
    CHECKED = "checked", _("To be confirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")

    @classmethod
    def final(cls) -> tuple["BatchState", ...]:
        return (cls.APPLIED, cls.REFUSED, cls.CANCELLED, cls.FAILED)

    @classmethod
    def unchecked(cls) -> tuple["BatchState", ...]:
        """On the way to the check."""
        return (cls.RECEIVED, cls.SCANNED, cls.PARSED)


class ExportState(TextChoices):
    """The way of an export."""

    REQUESTED = "requested", _("In preparation")
    READY = "ready", _("Ready")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
