"""Forms of the graduates' pages."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from leaving.choices import Level
from leaving.models import Cohort
from leaving.selectors.cohorts import cohort_coded
from leaving.selectors.graduates import GraduateFilters
from portal.departments.models import Department


class CohortField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A cohort by its code in the address: 2026, or 202612."""

    def prepare_value(self, value: Any) -> Any:
        return value.code if isinstance(value, Cohort) else value

    def to_python(self, value: Any) -> Cohort | None:
        if value in self.empty_values:
            return None
        cohort = cohort_coded(int(value)) if str(value).isascii() and str(value).isdigit() else None
        if cohort is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return cohort


class GraduateFilterForm(forms.Form):
    """What narrows the list down; all of it stays in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Number, name or pinyin")}),
    )
    cohort = CohortField(Cohort.objects.all(), label=_("Cohort"), required=False, empty_label=_("All"))
    college = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("College"),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
    )
    level = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All")), *Level.choices])
    school_class = forms.CharField(label=_("Class"), required=False, max_length=80)

    def __init__(self, *args: Any, colleges: QuerySet[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["college"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = colleges

    def filters(self) -> GraduateFilters:
        """What was filled in and makes sense; nothing narrows what was not understood."""
        self.is_valid()
        return GraduateFilters(**{name: value for name, value in self.cleaned_data.items() if value})


class RevealForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("It is recorded together with your name and the time."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
