"""Forms of the liaisons pages. They check what a person can type wrong; the rules are the services'."""

import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liaisons.choices import ClassmateField, PublicField, Step
from liaisons.models import Appointment, Nomination
from liaisons.selectors.rounds import rounds
from liaisons.services.nominations import Entries
from portal.departments.selectors import colleges
from portal.longtext import LongText


class NominationForm(forms.Form):
    """What the nominee writes on the recommendation form (推荐表)."""

    political_status = forms.CharField(label=_("Political status"), max_length=40, required=False)
    degree = forms.CharField(label=_("Highest education (degree)"), max_length=80)
    mobile = forms.CharField(
        label=_("Telephone"),
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    wechat = forms.CharField(label=_("WeChat"), max_length=64, required=False)
    student_office = forms.CharField(
        label=_("Student office held"),
        max_length=100,
        required=False,
        help_text=_("For example class monitor or league secretary. Who held one is preferred."),
    )
    biography = LongText(
        label=_("Biography"),
        max_length=500,
        rows=6,
        help_text=_("A few sentences about yourself, at most 500 characters."),
    )
    publish = forms.MultipleChoiceField(
        label=_("If I am appointed, the public list may show"),
        choices=PublicField,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing is published that you do not tick, and you can change this at any time."),
    )
    accepted = forms.BooleanField(
        label=_("I meet the conditions and accept the duties above."),
        error_messages={"required": _("Please read and accept the conditions and duties first.")},
    )

    @classmethod
    def starting_from(cls, nomination: Nomination) -> "NominationForm":
        """The form filled with what the record knows."""
        fields = ("political_status", "degree", "mobile", "wechat", "student_office", "biography", "publish")
        return cls(initial={field: getattr(nomination, field) for field in fields})

    def entries(self) -> Entries:
        """The checked values for the service."""
        return Entries(**{key: value for key, value in self.cleaned_data.items() if key != "accepted"})


class OpinionForm(forms.Form):
    """An opinion on one nomination or on all that are ticked."""

    favourable = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1")
    text = LongText(label=_("Opinion"), max_length=200, required=False, rows=2)
    signer = forms.CharField(
        label=_("Signed by"),
        max_length=100,
        required=False,
        help_text=_("The name under the opinion on the printed form; yours if you leave it empty."),
    )


class AppointForm(forms.Form):
    """The day on which the terms of a ceremony's list begin."""

    starts_on = forms.DateField(
        label=_("Term begins"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_starts_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["starts_on"]
        if abs((day - timezone.localdate()).days) > 366:
            raise forms.ValidationError(_("Choose a day within a year from today."))
        return day


class PublicationForm(forms.Form):
    """What the public list shows of a liaison."""

    fields_shown = forms.MultipleChoiceField(
        label=_("The public list may show"),
        choices=PublicField,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without your name there is no entry at all."),
    )
    mobile = forms.CharField(label=_("Mobile"), max_length=32, required=False)
    wechat = forms.CharField(label=_("WeChat"), max_length=64, required=False)
    biography = LongText(label=_("Biography"), max_length=500, required=False, rows=4)

    @classmethod
    def of(cls, appointment: Appointment) -> "PublicationForm":
        """The form as things stand."""
        return cls(
            initial={
                "fields_shown": appointment.published,
                "mobile": appointment.mobile,
                "wechat": appointment.wechat,
                "biography": appointment.biography,
            }
        )


class ConsentForm(forms.Form):
    """What the liaisons of the own class may see."""

    fields_shown = forms.MultipleChoiceField(
        label=_("The liaisons of my class may see"),
        choices=ClassmateField,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They always see your name. You can change this at any time."),
    )


class Filters(forms.Form):
    """Cohort, college and a word, where a list is long."""

    q = forms.CharField(
        label=_("Search"), max_length=60, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    cohort = forms.TypedChoiceField(label=_("Cohort"), required=False, coerce=int, empty_value=None)
    college = forms.ChoiceField(label=_("College"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        cohorts = [(each.cohort.year, str(each.cohort)) for each in rounds()]
        self.fields["cohort"].choices = [("", _("All cohorts")), *cohorts]  # type: ignore[attr-defined]
        self.fields["college"].choices = [  # type: ignore[attr-defined]
            ("", _("All colleges")),
            *((each.code, str(each)) for each in colleges()),
        ]


class LetterCodeForm(forms.Form):
    """The code of a letter, as typed from the paper: spaces and capitals do not matter."""

    code = forms.CharField(label=_("Code on the letter"), max_length=60)

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split()).replace("-", "").lower()


STEP_SIGNERS = {
    Step.CLASS: _("Counsellor"),
    Step.COLLEGE: _("Dean"),
    Step.CENTRE: _("Director"),
}
