"""Forms of the deferral pages."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leaving.choices import CohortState, DeferralState
from leaving.forms.counter import typed_number
from leaving.models import Cohort
from leaving.selectors.roster import places_later_than
from portal.longtext import LongText

_BETWEEN = re.compile(r"[\s,;，；、]+")


def cohorts_to_defer_to() -> list[tuple[str, str]]:
    """What the form offers: later than any cohort that is not closed; the service asks for the graduates' own."""
    places: set[tuple[int, int]] = set()
    for cohort in Cohort.objects.exclude(state=CohortState.CLOSED):
        places |= set(places_later_than(cohort))
    return [(f"{year}-{month}", str(Cohort(year=year, month=month))) for year, month in sorted(places)]


class DeferralForm(forms.Form):
    """One graduate or many, by student number."""

    students = LongText(
        label=_("Student numbers"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One or many: type or paste them, with spaces, commas or line breaks between."),
        max_length=100_000,
    )
    to = forms.ChoiceField(label=_("Graduates with"))
    until = forms.DateField(
        label=_("Expected to graduate by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = LongText(
        label=_("Reason"),
        max_length=300,
        rows=2,
        help_text=_("The graduate reads it."),
    )
    approve = forms.BooleanField(label=_("Approved already: carry it out at once"), required=False)

    def __init__(self, *args: Any, approves: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.fields["to"]
        assert isinstance(places, forms.ChoiceField)
        places.choices = cohorts_to_defer_to()
        if not approves:
            del self.fields["approve"]

    def clean_students(self) -> list[str]:
        """The numbers, each once, in the order given."""
        numbers = [typed_number(number) for number in _BETWEEN.split(self.cleaned_data["students"]) if number]
        return list(dict.fromkeys(numbers))

    def place(self) -> tuple[int, int]:
        """Year and month of the later cohort."""
        year, month = self.cleaned_data["to"].split("-")
        return int(year), int(month)

    def refuse_numbers(self, numbers: Sequence[str]) -> None:
        """Says which numbers were not found; of those out of reach no more is told."""
        shown = ", ".join(numbers[:10]) + (" …" if len(numbers) > 10 else "")
        self.add_error("students", _("Not among your graduates: %(numbers)s.") % {"numbers": shown})


class DeferralFilters(forms.Form):
    """What narrows the list down; it stays in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Student number or name")}),
    )
    state = forms.ChoiceField(
        required=False,
        choices=DeferralState.choices,
        widget=forms.HiddenInput,
        initial=DeferralState.PROPOSED,
    )


class RosterDecisionForm(forms.Form):
    """What to do with the ticked deferrals."""

    item = forms.TypedMultipleChoiceField(coerce=int, required=False)
    action = forms.ChoiceField(
        choices=[(action, action) for action in ("approve", "refuse", "withdraw", "undo")]
    )
    reason = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["item"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.valid_value = str.isdecimal  # type: ignore[method-assign,assignment]
