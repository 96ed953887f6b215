"""Who may see which alumni (P2, P5), and how they are found (A4)."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL

from alumni.choices import ContactKind
from alumni.models import ContactPoint, Degree, Employment, Person
from leaving.selectors.reach import reached_by
from portal.accounts.access import Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.selectors import holdings

AnyUser = User | AnonymousUser
SEE = (Right.MANAGE_ALUMNI, Right.VIEW_GRADUATES)
TAKE_OUT = (Right.MANAGE_ALUMNI, Right.EXPORT)
REACHING = (DepartmentKind.UNIVERSITY, DepartmentKind.COLLEGE, *DepartmentKind.college_nodes())


def degrees_within(user: AnyUser, *rights: Right) -> QuerySet[Degree]:
    """The degrees within reach of `rights` of `user`: a degree belongs to its college as its graduate did. Withdrawn ones are
    nobody's to see."""
    if not user.is_authenticated or not user.is_active:
        return Degree.objects.none()
    return Degree.objects.filter(reached_by(user, *rights), withdrawn_at=None)


def degrees_visible_to(user: AnyUser) -> QuerySet[Degree]:
    """The degrees that `user` may see as staff: all of them, or those of the college."""
    return degrees_within(user, *SEE)


def degrees_exportable_by(user: AnyUser) -> QuerySet[Degree]:
    """The degrees that `user` may both see and take out."""
    if not user.is_authenticated or not user.is_active:
        return Degree.objects.none()
    return Degree.objects.filter(reached_by(user, *SEE), reached_by(user, *TAKE_OUT), withdrawn_at=None)


def cohort_years(degrees: QuerySet[Degree]) -> list[int]:
    """The years that some of `degrees` belong to, the latest first. One query.

    It steps from year to year along an index and asks of each whether one of `degrees` is there; DISTINCT would read them all.
    """
    of_year = degrees.order_by().filter(cohort_year=RawSQL("years.year", ())).values("pk")[:1]
    try:
        sql, parameters = of_year.query.sql_with_params()
    except EmptyResultSet:  # out of reach of everything
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE years (year) AS (
                (SELECT cohort_year FROM alumni_degree ORDER BY cohort_year DESC LIMIT 1)
                UNION ALL SELECT (SELECT d.cohort_year FROM alumni_degree d WHERE d.cohort_year < years.year
                    ORDER BY d.cohort_year DESC LIMIT 1) FROM years WHERE years.year IS NOT NULL
            )
            SELECT year FROM years WHERE year IS NOT NULL AND EXISTS ({sql}) ORDER BY year DESC
            """,  # noqa: S608  the queryset's own statement; values are parameters
            parameters,
        )
        return [year for (year,) in cursor.fetchall()]


def people_visible_to(user: AnyUser) -> QuerySet[Person]:
    """The alumni with a degree that `user` may see."""
    return _people_with(degrees_visible_to(user))


def people_managed_by(user: AnyUser) -> QuerySet[Person]:
    """The alumni whose record `user` looks after."""
    return _people_with(degrees_within(user, Right.MANAGE_ALUMNI))


def person_of(user: AnyUser) -> Person | None:
    """The alumni record of `user`: linked to the account itself, or by one of the account's graduates."""
    if not user.is_authenticated or not user.is_active:
        return None
    own = Exists(Degree.objects.filter(person=OuterRef("pk"), graduate__user=user, withdrawn_at=None))
    return Person.objects.filter(Q(user=user) | Q(own)).order_by("pk").first()


def reaches_alumni(user: AnyUser, *rights: Right) -> bool:
    """Is there a university or college where `user` may see alumni (or holds one of `rights`)? An office's right
    on itself reaches nobody."""
    return any(held.kind in REACHING for held in holdings(user, *(rights or SEE)))


alumni_staff = Rule("sees alumni", lambda user: user.is_authenticated and reaches_alumni(user))
alumnus = Rule("has an alumni record", lambda user: person_of(user) is not None)


@dataclass(frozen=True)
class Criteria:
    """What the list is narrowed down to; empty means everything."""

    q: str = ""
    college: int | None = None
    cohort: int | None = None
    level: str = ""
    grade: int | None = None
    major: str = ""

    def given(self) -> list[str]:
        """The names of those that narrow something down, for the audit trail: never what was typed."""
        return [name for name, value in vars(self).items() if value]

    def narrow(self, degrees: QuerySet[Degree]) -> QuerySet[Degree]:
        """`degrees` with everything but the text."""
        conditions = {
            "college": self.college,
            "cohort_year": self.cohort,
            "level": self.level,
            "grade": self.grade,
            "major__icontains": self.major,
        }
        return degrees.filter(**{name: value for name, value in conditions.items() if value})


def alumni_found(degrees: QuerySet[Degree], criteria: Criteria) -> QuerySet[Person]:
    """The alumni with one of `degrees` (those within somebody's reach) that fit `criteria`, one row each."""
    people = _people_with(criteria.narrow(degrees))
    text = " ".join(criteria.q.lower().split())
    return people.filter(pk__in=_found_by_text(text, degrees)) if text else people


def for_list(people: QuerySet[Person], degrees: QuerySet[Degree]) -> QuerySet[Person]:
    """With what a row of the list shows: those of its `degrees`, the mobile number and the employer."""
    return people.defer("identity_cipher", "identity_index").prefetch_related(
        Prefetch("degrees", degrees.select_related("college"), to_attr="shown_degrees"),
        Prefetch(
            "contacts",
            ContactPoint.objects.filter(is_current=True, kind=ContactKind.MOBILE),
            to_attr="current_mobiles",
        ),
        Prefetch("employments", Employment.objects.filter(is_current=True), to_attr="current_employments"),
    )


def _people_with(degrees: QuerySet[Degree]) -> QuerySet[Person]:
    return Person.objects.filter(Exists(degrees.filter(person=OuterRef("pk"))))


def _found_by_text(text: str, degrees: QuerySet[Degree]) -> QuerySet[Person, Any]:
    """Ids of people by name, pinyin, initials, mobile number, student number, employer or major.

    Each branch has an index; a union keeps them usable, an OR across tables would not.
    """
    joined = text.replace(" ", "")
    if len(joined) < 3:  # too short for a trigram inside a word: look at the beginnings of words
        by_name = Q(search_text__startswith=text) | Q(search_text__contains=f" {joined}")
    else:
        by_name = Q(search_text__contains=text) | Q(search_text__contains=joined)
    found = Person.objects.filter(by_name).order_by().values("pk")
    mobiles = ContactPoint.objects.filter(kind=ContactKind.MOBILE, is_current=True, value__contains=joined)
    employers = Employment.objects.filter(is_current=True, employer__icontains=text)
    studied = degrees.filter(Q(major__icontains=text) | Q(student_no=joined))
    return found.union(
        *(more.order_by().values("person_id") for more in (mobiles, employers, studied)), all=True
    )
