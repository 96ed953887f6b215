"""Whose record is locked, and what stays open: the one place that says so (G7)."""

from django.db.models import Exists, OuterRef, Q

from leaving.choices import SheetState
from leaving.models import ClearanceSheet

# What is brought up to date for life: how to reach somebody, and where they work.
CONTACTS = ("mobile", "wechat", "qq", "email", "address", "identity_address")
EMPLOYMENT = ("employer", "post")
OPEN_FIELDS = CONTACTS + EMPLOYMENT


def locked() -> Q:
    """A condition on Graduate: cleared in the present cohort, so that only `OPEN_FIELDS` change from now on."""
    sheets = ClearanceSheet.objects.filter(
        graduate=OuterRef("pk"), cohort=OuterRef("cohort"), state=SheetState.CLEARED
    )
    return Q(Exists(sheets))
