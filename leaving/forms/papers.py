"""The forms that a checkpoint may ask for: the graduate's registration form, and the employment plan in its kinds (C8).

A paper is filled in bit by bit: as a draft nothing is required, only what is there must make sense. Its entries are plain
JSON.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from leaving.choices import AsksFor, EmploymentKind
from leaving.forms.paper_fields import PaperForm, Text, telephone_field
from leaving.forms.plans import PLANS
from leaving.models import ItemForm
from portal.longtext import LongText

# --- the registration form -------------------------------------------------------------------------------------------


class RegistrationForm(PaperForm):
    """What the form of registration (毕业生登记表) asks for and the record does not know."""

    posts_held = forms.CharField(label=_("Offices held as a student"), max_length=200, required=False)
    languages = forms.CharField(label=_("Foreign languages and level"), max_length=120, required=False)
    thesis = forms.CharField(label=_("Title of the thesis or final project"), max_length=200, required=False)
    practice = LongText(label=_("Practice and internships"), max_length=800, required=False)
    awards = LongText(label=_("Awards and sanctions"), max_length=800, required=False)
    self_appraisal = LongText(
        label=_("Self-appraisal"),
        rows=10,
        min_length=50,
        max_length=1500,
        help_text=_(
            "How you developed at the university, in 50 to 1 500 characters. It goes into your personal file."
        ),
    )


MONTH = RegexValidator(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", _("Write year and month like 2022-09."))


def _month(label: Any, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2022-09"})
    return forms.CharField(label=label, max_length=7, widget=widget, validators=[MONTH], **kwargs)


class ResumeLine(PaperForm):
    """A line of the curriculum vitae."""

    since = _month(_("From"))
    until = _month(_("Until"), required=False, help_text=_("Empty: until now."))
    place = forms.CharField(label=_("School or unit"), max_length=120)
    role = forms.CharField(label=_("As what"), max_length=80, required=False)
    witness = forms.CharField(label=_("Who can confirm it"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("This lies before the beginning."))
        return given


class FamilyLine(PaperForm):
    """A member of the family."""

    relation = forms.CharField(label=_("Relation"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=60)
    unit = forms.CharField(label=_("Employer and post"), max_length=120, required=False)
    phone = telephone_field(_("Telephone"), required=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of lines in a paper."""

    key: str
    title: Text
    lead: Text
    line: type[PaperForm]
    most: int
    least: int = 0


TABLES = (
    Table("resume", _("Curriculum vitae"), _("From secondary school on, without gaps."), ResumeLine, 12, 1),
    Table("family", _("Family"), _("As far as you wish to tell."), FamilyLine, 8),
)


# --- papers as a whole -----------------------------------------------------------------------------------------------


class Paper:
    """A form with its tables, as a page shows it and a service takes it."""

    def __init__(self, form: PaperForm, tables: Sequence[tuple[Table, Any]] = ()) -> None:
        self.form = form
        self.tables = tables

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), *(lines.is_valid() for _table, lines in self.tables)])

    def entries(self) -> dict[str, Any]:
        """All of it as JSON."""
        filled = {
            table.key: [line.entries() for line in lines if line.cleaned_data and line.entries()]
            for table, lines in self.tables
        }
        return {**self.form.entries(), **{key: lines for key, lines in filled.items() if lines}}


def plan(
    kind: str,
    *,
    post: Any = None,
    files: Any = None,
    initial: Mapping[str, Any],
    draft: bool,
    takes_evidence: bool,
) -> Paper:
    """The employment plan of a kind."""
    form = PLANS[kind](post, files, initial=initial, draft=draft, takes_evidence=takes_evidence)
    return Paper(form)


class Lines(forms.BaseFormSet[PaperForm]):
    """Lines of a table. None of them has to stay: one that was emptied is gone, also if it stood there before."""

    def initial_form_count(self) -> int:
        return 0


def registration(*, post: Any = None, initial: Mapping[str, Any], draft: bool) -> Paper:
    """The registration form with its tables; two lines are empty when the page opens."""
    tables = []
    for table in TABLES:
        rows = list(initial.get(table.key, []))
        lines: Any = forms.formset_factory(
            table.line,
            formset=Lines,
            extra=len(rows) + 2,
            max_num=table.most,
            absolute_max=table.most,
            min_num=table.least if post is not None and not draft else 0,
        )
        given = None if post is not None else rows
        tables.append(
            (
                table,
                lines(post, initial=given, prefix=table.key, form_kwargs={"draft": draft or post is None}),
            )
        )
    return Paper(RegistrationForm(post, initial=initial, draft=draft), tables)


@dataclass(frozen=True, slots=True)
class Shown:
    """A handed-in form to read: its entries, and its tables as titles and rows."""

    kind: str
    entries: list[tuple[Text, str]]
    tables: list[tuple[Text, list[Text], list[list[str]]]]


def shown(paper: ItemForm) -> Shown:
    """What a paper says, with the words of its form in the reader's language."""
    data: Mapping[str, Any] = paper.data
    if paper.kind == AsksFor.REGISTRATION:
        tables = [_table(table, data[table.key]) for table in TABLES if data.get(table.key)]
        return Shown("", list(_entries(RegistrationForm(), data)), tables)
    kind = str(data.get("kind", ""))
    form = PLANS.get(kind)
    return Shown(
        str(EmploymentKind(kind).label) if form else "", list(_entries(form(), data)) if form else [], []
    )


def _table(table: Table, rows: Sequence[Mapping[str, Any]]) -> tuple[Text, list[Text], list[list[str]]]:
    fields = table.line().fields
    heads: list[Text] = [field.label or "" for field in fields.values()]
    return table.title, heads, [[str(row.get(key, "")) for key in fields] for row in rows]


def _entries(form: PaperForm, data: Mapping[str, Any]) -> Iterator[tuple[Text, str]]:
    for key, field in form.fields.items():
        value = data.get(key)
        if value in (None, "", False):
            continue
        if isinstance(field, forms.ChoiceField):
            value = dict(field.choices).get(value, value)  # type: ignore[arg-type]
        elif value is True:
            value = _("Yes")
        yield field.label or "", str(value)
