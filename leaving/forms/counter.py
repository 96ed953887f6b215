"""The form of the counter."""

from django import forms

from leaving.choices import Verb
from leaving.forms.clearance import DecisionForm
from portal.workbooks.normalise import CellFault, identifier

LONGEST = 200  # what a scanner may read; a student number is shorter


class CounterForm(DecisionForm):
    """What the one field held, who was shown, and what was to be done to which item."""

    q = forms.CharField(required=False, max_length=LONGEST, strip=True)
    shown = forms.CharField(required=False, max_length=32)
    verb = forms.ChoiceField(choices=Verb, required=False)


def typed_number(text: str) -> str:
    """A student number as it was typed or scanned: full-width digits and stray spaces do not matter."""
    value = identifier(text[:LONGEST].strip())
    return text.strip()[:LONGEST] if value is None or isinstance(value, CellFault) else str(value)
