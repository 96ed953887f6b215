"""What a liaison sees of the class appointed for: every name, and the fields each classmate consented to (L6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from alumni.models import ContactPoint, Degree, Employment
from leaving.choices import Level
from leaving.models import Graduate
from liaisons.choices import ClassmateField
from liaisons.models import Appointment
from liaisons.selectors.reach import is_self
from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Classmate:
    """A member of the class; `values` holds only what the person lets the liaison see."""

    pk: int
    name: str
    values: Mapping[str, str]
    consented: bool

    @property
    def cells(self) -> list[tuple[str, str]]:
        """A label and a value for every field, in order; empty where nothing is to be seen."""
        return [(str(field.label), self.values.get(field, "")) for field in ClassmateField]


def own_appointments(user: User) -> QuerySet[Appointment]:
    """The person's own appointments, ended ones too."""
    return Appointment.objects.filter(is_self(user)).select_related(
        "college", "cohort", "school_class", "major"
    )


def own_appointment_in_force(user: User, uid: UUID) -> Appointment:
    """The own appointment that holds today; 404 for everybody else and after its end."""
    found = own_appointments(user).in_force().filter(uid=uid).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


def classmates_of(appointment: Appointment) -> QuerySet[Graduate]:
    """The other graduates of the class appointed for; for postgraduates those of the major. Of the same cohort: who was deferred
    is on the list no more (G5)."""
    if appointment.school_class_id:
        where = Q(school_class=appointment.school_class_id)
    else:
        where = Q(major=appointment.major_id, level__in=Level.postgraduate())
    contacts, work = ContactPoint.objects.filter(is_current=True), Employment.objects.filter(is_current=True)
    return (
        Graduate.objects.filter(where, cohort=appointment.cohort_id)
        .exclude(pk=appointment.graduate_id)
        .select_related("classmate_consent")
        .prefetch_related(
            Prefetch("degree", queryset=Degree.objects.select_related("person")),
            Prefetch("degree__person__contacts", contacts, to_attr="current_contacts"),
            Prefetch("degree__person__employments", work, to_attr="current_work"),
        )
    )


def as_seen_by_the_liaison(graduate: Graduate) -> Classmate:
    """The values are those of the alumni record where there is one, else those the graduate left with."""
    consent = getattr(graduate, "classmate_consent", None)
    fields = set(consent.fields) if consent else set()
    everything = _values(graduate)
    return Classmate(
        graduate.pk,
        graduate.name,
        {field: everything[field] for field in ClassmateField if field in fields and everything[field]},
        bool(fields),
    )


def _values(graduate: Graduate) -> dict[ClassmateField, str]:
    degree = getattr(graduate, "degree", None)
    if degree is None:
        known = {field: str(getattr(graduate, field)) for field in ClassmateField}
        post = graduate.post
    else:
        contacts = {point.kind: point.value for point in degree.person.current_contacts}
        known = {field: contacts.get(field.value, "") for field in ClassmateField}
        work = next(iter(degree.person.current_work), None)
        known[ClassmateField.EMPLOYER], post = (work.employer, work.post) if work else ("", "")
    known[ClassmateField.EMPLOYER] = " · ".join(filter(None, [known[ClassmateField.EMPLOYER], post]))
    return known
