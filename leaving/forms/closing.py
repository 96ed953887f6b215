"""Opening a closed cohort again."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReopenForm(forms.Form):
    """Why; the audit trail keeps it."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("It stays in the audit trail, with your name.")
    )
