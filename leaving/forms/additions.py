"""The form of an addition: the columns of the graduates' workbook, as fields (G6)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from leaving.choices import AdditionState, CohortState
from leaving.models import Cohort
from leaving.workbooks.graduates.columns import COLUMNS
from portal.departments.models import Department
from portal.departments.selectors import campuses
from portal.localized import localized
from portal.longtext import LongText
from portal.workbooks.spec import CellKind, Column

GROUPS = (
    (_("Person"), ("student_no", "name", "sex", "document_type", "document_no", "birth_date", "nationality", "ethnicity",
                   "political_status", "name_pinyin", "exam_no")),
    (_("Studies"), ("college", "major", "major_code", "grade", "school_class", "campus", "level", "study_mode", "certificates",
                    "dispatch", "training", "entrusting_unit", "length_of_study", "enrolled_on", "expected_on",
                    "graduated_on", "conclusion", "certificate_no")),
    (_("Supervisor and housing"), ("supervisor_no", "supervisor_name", "second_supervisor_no", "counsellor_no", "housing")),
    (_("Contact and work"), ("mobile", "wechat", "qq", "email", "address", "employer", "post", "identity_address", "origin")),
)  # fmt: skip


class AdditionForm(forms.Form):
    """A field for every column; what may stand in it is said by the rules of the import."""

    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=_("Cohort"), empty_label=None)
    why = LongText(
        label=_("Reason"),
        max_length=300,
        rows=2,
        help_text=_("Why this graduate was not on the list. The registrar reads it."),
    )

    def __init__(self, *args: Any, colleges: Iterable[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chinese = (get_language() or "zh").startswith("zh")
        places = {
            "college": [(each.code, str(each)) for each in colleges],
            "campus": [("", "—"), *((each.code, localized(each, "name")) for each in campuses())],
        }
        for column in COLUMNS:
            self.fields[column.key] = _field(column, places.get(column.key), chinese=chinese)
        cohort = self.fields["cohort"]
        assert isinstance(cohort, forms.ModelChoiceField)
        cohort.queryset = Cohort.objects.exclude(state=CohortState.CLOSED).order_by("state", "-year", "month")

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields as the page shows them."""
        return [(title, [self[key] for key in keys]) for title, keys in GROUPS]

    def cells(self) -> dict[str, str]:
        """The row, as typed."""
        return {column.key: self.cleaned_data[column.key] for column in COLUMNS}

    def add_faults(self, faults: Sequence[tuple[str, str]]) -> None:
        """Puts what the import says to the fields it says it of."""
        for column, message in faults:
            self.add_error(column if column in self.fields else None, message)


def _field(column: Column, places: Sequence[tuple[str, str]] | None, *, chinese: bool) -> forms.Field:
    labels: Mapping[str, Any] = {
        "label": column.header("zh" if chinese else "en"),
        "required": column.required,
        "help_text": column.help if column.key != "college" else "",
    }
    if places is not None or column.kind is CellKind.CHOICE:
        words = places or [(each.value, each.zh if chinese else each.en) for each in column.choices]
        if words[0][0] and (places is None or len(words) > 1):
            words = [("", "—"), *words]
        return forms.ChoiceField(choices=words, **labels)
    if column.kind is CellKind.DATE:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **labels)
    example = column.example("zh" if chinese else "en")
    return forms.CharField(
        max_length=column.max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": example}),
        **labels,
    )


class AdditionFilters(forms.Form):
    """What narrows the list down; it stays in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Student number or name")}),
    )
    state = forms.ChoiceField(
        required=False,
        choices=AdditionState.choices,
        widget=forms.HiddenInput,
        initial=AdditionState.PROPOSED,
    )
