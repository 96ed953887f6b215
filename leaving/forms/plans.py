"""The employment plan (就业方案) in its kinds (C8).

The keys `employer`, `post`, `mobile`, `email` and `address` are those that passing the item takes over into the record.
"""

import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.choices import EmploymentKind
from leaving.forms.handin import UploadField
from leaving.forms.paper_fields import (
    PaperForm,
    Text,
    credit_code_field,
    date_field,
    telephone_field,
)
from leaving.models import Graduate
from portal.longtext import LongText


class PlanForm(PaperForm):
    """What every plan says: how to reach the graduate, and where the personal file goes."""

    kind: ClassVar[EmploymentKind]
    evidence_label: ClassVar[Text] = _("Evidence")

    mobile = telephone_field(_("Mobile after graduation"))
    email = forms.EmailField(label=_("E-mail after graduation"), required=False)
    address = forms.CharField(label=_("Postal address after graduation"), max_length=200, required=False)
    archive_to = forms.CharField(
        label=_("Personal file goes to"),
        max_length=200,
        required=False,
        help_text=_("Name, address and telephone of who receives it. Empty: the place of origin."),
    )
    household_to = forms.CharField(
        label=_("Household registration goes to"),
        max_length=200,
        required=False,
        help_text=_("Only if it was moved to the university. Empty: the place of origin."),
    )

    def __init__(self, *args: Any, takes_evidence: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        common = ["mobile", "email", "address", "archive_to", "household_to"]
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
    credit_code = credit_code_field()
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
            ("programme", _("National or local programme for the grass roots")),
            ("enlistment", _("Enlistment")),
        ],
    )
    signed_on = date_field(_("Signed on"))
    contact = forms.CharField(label=_("Contact at the employer"), max_length=80)
    contact_phone = telephone_field(_("Telephone of the contact"))

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
    begins_on = date_field(_("Begins on"), required=False)


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
    leaves_on = date_field(_("Leaves on"), required=False)

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
    credit_code = credit_code_field()
    post = forms.CharField(label=_("Your part in it"), max_length=80)
    city = forms.CharField(label=_("City"), max_length=80)
    begun_on = date_field(_("Begun on"), required=False)


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
    note = LongText(label=_("Remarks"), max_length=300, required=False)

    @classmethod
    def from_record(cls, graduate: Graduate) -> dict[str, Any]:
        return {**super().from_record(graduate), "origin": graduate.origin}


class EntrustingForm(PlanForm):
    kind = EmploymentKind.ENTRUSTING
    evidence_label = _("Entrusting agreement")

    employer = forms.CharField(label=_("Entrusting unit"), max_length=120)
    post = forms.CharField(label=_("Post"), max_length=80)
    city = forms.CharField(label=_("City"), max_length=80)
    reports_on = date_field(_("Reports on"), required=False)

    @classmethod
    def from_record(cls, graduate: Graduate) -> dict[str, Any]:
        return {**super().from_record(graduate), "employer": graduate.entrusting_unit}


PLANS: dict[str, type[PlanForm]] = {
    form.kind.value: form
    for form in (ContractForm, StudyForm, AbroadForm, BusinessForm, WaitingForm, EntrustingForm)
}
