"""The forms of a new import and a new export; which fields they have is said by the kind."""

from collections.abc import Sequence
from typing import Any, Protocol

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.workbooks.exports import ExportKind
from portal.workbooks.runs import Workbook

LABELS = {
    "cohort": _("Cohort"),
    "department": _("Department"),
    "checkpoint": _("Checkpoint"),
    "snapshot": _("The list is complete: what is not in it is settled"),
    "selection": _("Only"),
}
# What choosing none of those offered stands for.
_NONE = {
    "cohort": _("The one that is open"),
    "department": _("All"),
    "checkpoint": _("The only one of the department"),
}
_NUMBERS = {"cohort", "checkpoint"}


class Parameterised(Protocol):
    """What imports and exports have in common for a form."""

    parameters: tuple[str, ...]

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]: ...


class ImportForm(forms.Form):
    """A file, and the parameters that its kind takes."""

    file = forms.FileField(
        label=_("Workbook"),
        help_text=_("An .xlsx file with one worksheet."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        validators=[
            FileExtensionValidator(
                ["xlsx"], _("This is not an .xlsx file. Open it in Excel or WPS and save it as .xlsx.")
            )
        ],
    )

    def __init__(self, *args: Any, workbook: Workbook, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in workbook.parameters:
            self.fields[name] = parameter_field(
                workbook, name, user, required=name in workbook.required_parameters
            )

    def parameters(self) -> dict[str, Any]:
        """The parameters as services take them."""
        return parameters_of(self.cleaned_data)


class ExportForm(forms.Form):
    """Columns, parameters, format and purpose of an export."""

    columns = forms.MultipleChoiceField(label=_("Columns"), widget=forms.CheckboxSelectMultiple)
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text (.csv)"))],
        widget=forms.RadioSelect,
        initial="xlsx",
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=200,
        help_text=_("What you need the data for. It is recorded with the export."),
    )

    def __init__(self, *args: Any, kind: ExportKind, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = kind.language or get_language() or "zh-hans"
        if kind.fixed_columns:
            del self.fields["columns"]
        else:
            field = self.fields["columns"]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(column.key, column.header(language)) for column in kind.columns]
            field.initial = [column.key for column in kind.columns]
        asked = [name for name in kind.parameters if name != kind.carried]
        carried = self.data.get(kind.carried) or self.initial.get(kind.carried) if kind.carried else None
        self.narrowed = kind.told(carried, user) if carried else ""
        if self.narrowed:
            asked = []
            self.fields[kind.carried] = forms.CharField(widget=forms.HiddenInput, max_length=1_000)
        for name in asked:
            self.fields[name] = parameter_field(kind, name, user, required=False)
        self.order_fields([*asked, "columns", "file_format", "purpose"])

    def parameters(self) -> dict[str, Any]:
        """The parameters as services take them."""
        return parameters_of(self.cleaned_data)


def parameter_field(kind: Parameterised, name: str, user: User, *, required: bool) -> forms.Field:
    """A list where the kind offers choices, else a number, a tick or a text."""
    label = getattr(kind, "labels", {}).get(name, LABELS[name])
    if name == "snapshot":
        return forms.BooleanField(label=label, required=False)
    choices = list(kind.choices(name, user))
    if choices:
        offered = choices if required else [("", _NONE.get(name, "—")), *choices]
        coerce = int if name in _NUMBERS else str
        return forms.TypedChoiceField(
            label=label, choices=offered, coerce=coerce, empty_value="", required=required
        )
    if name in _NUMBERS:
        return forms.IntegerField(label=label, required=required, min_value=1)
    return forms.CharField(label=label, required=required, max_length=64)


def parameters_of(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Those of a form's values that are parameters and were given."""
    return {name: value for name, value in cleaned.items() if name in LABELS and value not in (None, "")}
