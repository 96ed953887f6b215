"""A new key of the API."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.services.api_keys import LONGEST
from portal.departments.models import Department


class KeyForm(forms.Form):
    """For which system of which department, and until when."""

    department = forms.ModelChoiceField(
        label=_("Department"), queryset=Department.objects.none(), empty_label=None
    )
    name = forms.CharField(
        label=_("For which system"), max_length=80, help_text=_("So that you know later which key to revoke.")
    )
    expires_on = forms.DateField(
        label=_("Valid until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, departments: Sequence[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        offered = Department.objects.filter(pk__in=[department.pk for department in departments])
        field.queryset = offered.select_related("parent")
        self.fields["expires_on"].initial = timezone.localdate() + datetime.timedelta(days=365)

    def clean_expires_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["expires_on"]
        today = timezone.localdate()
        if not today <= day <= today + LONGEST:
            raise forms.ValidationError(_("A key is valid until a day from today on, for 400 days at most."))
        return day
