"""Forms of the alumni pages."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from alumni.choices import ContactKind
from alumni.models import Degree, Person
from alumni.selectors.people import Criteria, cohort_years
from leaving.choices import Level
from portal.departments.models import Department


class SearchForm(forms.Form):
    """What narrows the list down. The choices are those of the degrees within reach."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name, pinyin, mobile, employer, major")}
        ),
    )
    college = forms.ModelChoiceField(
        Department.objects.none(), label=_("College"), required=False, empty_label=_("All")
    )
    cohort = forms.TypedChoiceField(label=_("Cohort"), required=False, coerce=int, empty_value=None)
    level = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All")), *Level.choices])
    grade = forms.IntegerField(label=_("Grade"), required=False, min_value=1950, max_value=2100)
    major = forms.CharField(label=_("Major"), required=False, max_length=80)

    def __init__(self, *args: Any, degrees: QuerySet[Degree], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        degrees = degrees.order_by()
        colleges = Department.objects.filter(pk__in=degrees.values("college"))
        self.fields["college"].queryset = colleges  # type: ignore[attr-defined]
        self.fields["cohort"].choices = [("", _("All")), *((y, y) for y in cohort_years(degrees))]  # type: ignore[attr-defined]

    def criteria(self) -> Criteria:
        """What was filled in and makes sense; the rest is told by the form's errors and narrows nothing."""
        self.is_valid()
        values = {name: value for name, value in self.cleaned_data.items() if value}
        if college := values.get("college"):
            values["college"] = college.pk
        return Criteria(**values)


class ReachForm(forms.Form):
    """How to reach a person and where the person works. An emptied field takes the value away; history keeps it."""

    mobile = forms.CharField(
        label=_("Mobile"),
        required=False,
        max_length=32,
        validators=[
            RegexValidator(r"^\+?[0-9][0-9 ()-]{4,}$", _("Digits only, with + and country code if abroad."))
        ],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    wechat = forms.CharField(label=_("WeChat"), required=False, max_length=64)
    qq = forms.CharField(
        label=_("QQ"),
        required=False,
        max_length=20,
        validators=[RegexValidator(r"^[0-9]{5,}$", _("A QQ number has digits only."))],
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    address = forms.CharField(
        label=_("Postal address"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    employer = forms.CharField(
        label=_("Employer"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    post = forms.CharField(
        label=_("Post"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("post") and not cleaned.get("employer"):
            self.add_error("employer", _("Name the employer that the post belongs to."))
        return cleaned

    @staticmethod
    def initial_for(person: Person) -> dict[str, str]:
        """What counts now."""
        values = {
            c.kind: c.value for c in person.contacts.filter(is_current=True, kind__in=ContactKind.own())
        }
        work = person.employments.filter(is_current=True).first()
        return {**values, "employer": work.employer if work else "", "post": work.post if work else ""}

    def contacts(self) -> dict[ContactKind, str]:
        """The contacts as the services take them."""
        return {kind: self.cleaned_data[kind.value] for kind in ContactKind.own()}
