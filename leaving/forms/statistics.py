"""Forms of the statistics pages."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from leaving.choices import ItemState
from leaving.selectors.figures import levels_in
from leaving.selectors.statistics import Selection, checkpoints, key_of


class SelectionForm(forms.Form):
    """What narrows statistics down; all of it stays in the address. `select` reads it, this only shows it."""

    cohort = forms.ChoiceField(label=_("Cohort"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)

    def __init__(self, selection: Selection) -> None:
        super().__init__(initial=selection.parameters())
        _offer(self, "cohort", [(key_of(one), str(one)) for one in selection.cohorts])
        _offer(self, "level", [("", str(_("All"))), *levels_in(selection)])


class NamesForm(SelectionForm):
    """The same for the list of names."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Student number or name")}),
    )
    checkpoint = forms.ChoiceField(label=_("Checkpoint"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All that is missing")), *[(state.value, state.label) for state in ItemState.open()]],
    )

    field_order = ("q", "cohort", "checkpoint", "state", "level")

    def __init__(self, selection: Selection) -> None:
        super().__init__(selection)
        shown = checkpoints(selection.cohort, selection.sight)
        _offer(self, "checkpoint", [("", str(_("All"))), *[(str(one.number), str(one)) for one in shown]])


def _offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def kept_in_address(parameters: Mapping[str, str], form: forms.Form) -> dict[str, str]:
    """What the form does not ask for and must not lose: hidden fields."""
    return {name: value for name, value in parameters.items() if name not in form.fields}
