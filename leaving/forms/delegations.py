"""Who reviews in a supervisor's place, and from when until when."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.services.supervision import same_name
from portal.accounts.models import User


def _staff_no(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=64,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class DelegationForm(forms.Form):
    """Delegate and days; the supervisor too, where the secretary fills it in."""

    supervisor_no = _staff_no(_("The supervisor's staff number"))
    delegate_no = _staff_no(_("The delegate's staff number"))
    delegate_name = forms.CharField(
        label=_("The delegate's name"), max_length=100, help_text=_("Compared with the staff number.")
    )
    starts_on = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=_("Until"),
        help_text=_("Included."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("E.g. abroad, in hospital. It stays in the history.")
    )

    def __init__(self, *args: Any, own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = timezone.localdate
        if own:
            del self.fields["supervisor_no"]

    def clean_supervisor_no(self) -> User:
        return self._account("supervisor_no")

    def clean_delegate_no(self) -> User:
        return self._account("delegate_no")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        delegate, name = cleaned.get("delegate_no"), cleaned.get("delegate_name")
        if delegate and name and not same_name(name, delegate.name):
            self.add_error("delegate_name", _("This is not the name of the account. Check the staff number."))
        return cleaned

    def _account(self, field: str) -> User:
        found = User.objects.filter(username=self.cleaned_data[field].strip()).first()
        if found is None:
            raise forms.ValidationError(_("There is no account with this staff number."))
        return found
