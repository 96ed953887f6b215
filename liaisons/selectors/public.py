"""What everybody may see: the published list and the check of a letter (L3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from liaisons.choices import PublicField
from liaisons.models import Appointment
from portal.departments.models import Department


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """A line of the published list: what was not consented to is empty."""

    name: str
    college: Department
    year: int
    class_title: str
    mobile: str
    wechat: str
    biography: str


def published(*, q: str = "", year: int | None = None, college: str = "") -> QuerySet[Appointment]:
    """The appointments in force whose holder agreed to be named. Only what is published is searched."""
    rows = (
        Appointment.objects.in_force()
        .filter(published__contains=[PublicField.NAME])
        .select_related("college", "cohort")
    )
    if year is not None:
        rows = rows.filter(cohort__year=year)
    if college:
        rows = rows.filter(college__code=college)
    for word in q.split()[:5]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(college__name_zh__icontains=word)
            | Q(college__name_en__icontains=word)
            | Q(class_title__icontains=word, published__contains=[PublicField.CLASS])
        )
    return rows


def public_entries(appointments: Iterable[Appointment]) -> list[PublicEntry]:
    """The one place that turns an appointment into what a stranger reads."""
    return [
        PublicEntry(
            name=each.name,
            college=each.college,
            year=each.cohort.year,
            class_title=each.class_title if PublicField.CLASS in each.published else "",
            mobile=each.mobile if PublicField.MOBILE in each.published else "",
            wechat=each.wechat if PublicField.WECHAT in each.published else "",
            biography=each.biography if PublicField.BIOGRAPHY in each.published else "",
        )
        for each in appointments
    ]


def letter_with_code(code: str) -> Appointment | None:
    """The appointment whose letter carries this code, in force or not."""
    return (
        Appointment.objects.filter(code=code)
        .select_related("college", "cohort", "major", "school_class__major", "graduate")
        .first()
    )
