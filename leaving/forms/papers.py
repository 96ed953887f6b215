"""The forms that a checkpoint may ask for: the graduate's registration form, and the employment plan in its kinds (C8).

A paper is filled in bit by bit: as a draft nothing is required, only what is there must make sense. Its entries are plain
JSON; the keys `employer`, `post`, `mobile`, `email` and `address` are those that passing the item takes over.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.validators import MinLengthValidator, RegexValidator
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leaving.choices import AsksFor, EmploymentKind
from leaving.forms.handin import UploadField
from leaving.models import Graduate, ItemForm

Text = str | Promise
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
telephone = RegexValidator(r"^[+(\d][\d ()\-]{5,30}$", _("Enter a telephone number."))


def credit_code(value: str) -> None:
    """A unified social credit code (统一社会信用代码, GB 32100): 18 signs, the last one checks the others."""
    known = re.fullmatch(rf"[{CREDIT_SIGNS}]{{2}}\d{{6}}[{CREDIT_SIGNS}]{{10}}", value)
    signs = enumerate(value[:17]) if known else ()
    total = sum(CREDIT_SIGNS.index(sign) * pow(3, place, 31) for place, sign in signs)
    if not known or CREDIT_SIGNS[-total % 31] != value[17]:
        raise forms.ValidationError(
            _("This is not a unified social credit code: 18 digits and capital letters.")
        )


def _date(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
    )


def _long(label: Any, *, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


def _telephone(label: Any, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})
    return forms.CharField(label=label, max_length=32, widget=widget, validators=[telephone], **kwargs)


def _credit_code() -> forms.CharField:
    return forms.CharField(
        label=_("Unified social credit code"),
        max_length=18,
        required=False,
        validators=[credit_code],
        help_text=_("18 digits and capital letters, on the employer's seal or licence."),
    )


class PaperForm(forms.Form):
    """The entries of a paper, or one line of a table in it. With `draft` nothing is required."""

    def __init__(self, *args: Any, draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        for field in self.fields.values() if draft else ():
            field.required = False
            field.widget.is_required = False
            field.validators = [one for one in field.validators if not isinstance(one, MinLengthValidator)]

    def entries(self) -> dict[str, Any]:
        """What was filled in, as JSON."""
        return {
            key: value.isoformat() if isinstance(value, datetime.date) else value
            for key, value in self.cleaned_data.items()
            if value not in ("", None) and key != "evidence"
        }


# --- the employment plan ---------------------------------------------------------------------------------------------


class PlanForm(PaperForm):
    """What every plan says: how to reach the graduate, and where the personal file goes."""

    kind: ClassVar[EmploymentKind]
    evidence_label: ClassVar[Text] = _("Evidence")

    mobile = _telephone(_("Mobile after graduation"))
    email = forms.EmailField(label=_("E-mail after graduation"), required=False)
    address = forms.CharField(label=_("Postal address after graduation"), max_length=200, required=False)
    archive_to = forms.CharField(
        label=_("Personal file goes to"),
        max_length=200,
        required=False,
        help_text=_("Name, address and telephone of who receives it. Empty: the place of origin."),
    )

    def __init__(self, *args: Any, takes_evidence: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        common = ["mobile", "email", "address", "archive_to"]
        self.order_fields([name for name in self.fields if name not in common])
        if takes_evidence:
            self.fields["evidence"] = UploadField(label=self.evidence_label, required=False)

    def entries(self) -> dict[str, Any]:
        return {"kind": self.kind.value, **super().entries()}

    @classmethod
    def from_record(cls, graduate: Graduate) -> dict[str, Any]:
        """What the record knows already."""
        return {"mobile": graduate.mobile, "email": graduate.email, "address": graduate.address}


class ContractForm(PlanForm):
    kind = EmploymentKind.CONTRACT
    evidence_label = _("Signed contract or agreement")

    employer = forms.CharField(label=_("Employer"), max_length=120)
    credit_code = _credit_code()
    nature = forms.ChoiceField(
        label=_("Kind of employer"),
        choices=[
            ("", "—"),
            ("government", _("Government")),
            ("education", _("School or university")),
            ("research", _("Research institution")),
            ("public", _("Other public institution")),
            ("state", _("State-owned enterprise")),
            ("private", _("Private enterprise")),
            ("foreign", _("Enterprise with foreign investment")),
            ("army", _("Armed forces")),
            ("other", _("Other")),
        ],
    )
    post = forms.CharField(label=_("Post"), max_length=80)
    city = forms.CharField(label=_("City"), max_length=80)
    contract = forms.ChoiceField(
        label=_("Kind of contract"),
        choices=[
            ("", "—"),
            ("tripartite", _("Tripartite employment agreement")),
            ("labour", _("Labour contract")),
            ("certificate", _("Certificate of employment")),
            ("flexible", _("Flexible employment")),
        ],
    )
    signed_on = _date(_("Signed on"))
    contact = forms.CharField(label=_("Contact at the employer"), max_length=80)
    contact_phone = _telephone(_("Telephone of the contact"))

    def clean_signed_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["signed_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    @classmethod
    def from_record(cls, graduate: Graduate) -> dict[str, Any]:
        return {**super().from_record(graduate), "employer": graduate.employer, "post": graduate.post}


class StudyForm(PlanForm):
    kind = EmploymentKind.STUDY
    evidence_label = _("Letter of admission")

    school = forms.CharField(label=_("University"), max_length=120)
    subject = forms.CharField(label=_("College and major"), max_length=120)
    degree = forms.ChoiceField(
        label=_("Degree"),
        choices=[
            ("", "—"),
            ("bachelor", _("Bachelor")),
            ("master", _("Master")),
            ("doctor", _("Doctor")),
        ],
    )
    begins_on = _date(_("Begins on"), required=False)


class AbroadForm(PlanForm):
    kind = EmploymentKind.ABROAD
    evidence_label = _("Letter of admission or contract")

    country = forms.CharField(label=_("Country or region"), max_length=80)
    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=[("", "—"), ("study", _("To study")), ("work", _("To work")), ("other", _("Other"))],
    )
    institution = forms.CharField(label=_("University or employer"), max_length=120)
    post = forms.CharField(label=_("Degree or post"), max_length=80)
    leaves_on = _date(_("Leaves on"), required=False)

    def entries(self) -> dict[str, Any]:
        entries = super().entries()
        if entries.get("purpose") == "work" and "institution" in entries:
            entries["employer"] = entries["institution"]
        return entries


class BusinessForm(PlanForm):
    kind = EmploymentKind.BUSINESS
    evidence_label = _("Licence or other proof")

    employer = forms.CharField(label=_("Name of the business"), max_length=120)
    form = forms.ChoiceField(
        label=_("Form of the business"),
        choices=[
            ("", "—"),
            ("company", _("Registered company")),
            ("individual", _("Individual business")),
            ("online", _("Online shop")),
            ("freelance", _("Freelance")),
        ],
    )
    credit_code = _credit_code()
    post = forms.CharField(label=_("Your part in it"), max_length=80)
    city = forms.CharField(label=_("City"), max_length=80)
    begun_on = _date(_("Begun on"), required=False)


class WaitingForm(PlanForm):
    kind = EmploymentKind.WAITING

    origin = forms.CharField(
        label=_("Place of origin"),
        max_length=80,
        help_text=_("Province, city and county to which you go back."),
    )
    intention = forms.ChoiceField(
        label=_("What you intend"),
        choices=[
            ("", "—"),
            ("work", _("Look for work")),
            ("study", _("Prepare for further study")),
            ("service", _("Prepare for the civil service examination")),
            ("none", _("Not for the time being")),
        ],
    )
    help_wanted = forms.BooleanField(label=_("I would like help from the careers office"), required=False)
    note = _long(_("Remarks"), max_length=300, required=False)

    @classmethod
    def from_record(cls, graduate: Graduate) -> dict[str, Any]:
        return {**super().from_record(graduate), "origin": graduate.origin}


class EntrustingForm(PlanForm):
    kind = EmploymentKind.ENTRUSTING
    evidence_label = _("Entrusting agreement")

    employer = forms.CharField(label=_("Entrusting unit"), max_length=120)
    post = forms.CharField(label=_("Post"), max_length=80)
    city = forms.CharField(label=_("City"), max_length=80)
    reports_on = _date(_("Reports on"), required=False)

    @classmethod
    def from_record(cls, graduate: Graduate) -> dict[str, Any]:
        return {**super().from_record(graduate), "employer": graduate.entrusting_unit}


PLANS: dict[str, type[PlanForm]] = {
    form.kind.value: form
    for form in (ContractForm, StudyForm, AbroadForm, BusinessForm, WaitingForm, EntrustingForm)
}


# --- the registration form -------------------------------------------------------------------------------------------


class RegistrationForm(PaperForm):
    """What the form of registration (毕业生登记表) asks for and the record does not know."""

    posts_held = forms.CharField(label=_("Offices held as a student"), max_length=200, required=False)
    languages = forms.CharField(label=_("Foreign languages and level"), max_length=120, required=False)
    thesis = forms.CharField(label=_("Title of the thesis or final project"), max_length=200, required=False)
    practice = _long(_("Practice and internships"), max_length=800, required=False)
    awards = _long(_("Awards and sanctions"), max_length=800, required=False)
    self_appraisal = _long(
        _("Self-appraisal"),
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
    phone = _telephone(_("Telephone"), required=False)


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
