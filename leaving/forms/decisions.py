"""What narrows the list of decisions down."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leaving.forms.counter import typed_number


class DecisionFilters(forms.Form):
    """Whose, about whom, and of which day; all of it stays in the address."""

    whose = forms.ChoiceField(required=False, choices=[("mine", "mine")], widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Student number or name")}),
    )
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_q(self) -> str:
        return typed_number(self.cleaned_data["q"])
