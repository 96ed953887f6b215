"""The round of a cohort, the quota of its classes, and who may hand in a nomination (L1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from alumni.models import Degree
from leaving.choices import Level
from leaving.models import Graduate, Major, SchoolClass
from leaving.titles import class_title
from liaisons.choices import NominationState
from liaisons.models import Appointment, LiaisonRound, Nomination
from liaisons.selectors.reach import Reach
from portal.accounts.models import User


def rounds() -> QuerySet[LiaisonRound]:
    """All rounds, the latest cohort first."""
    return LiaisonRound.objects.select_related("cohort")


def latest_round(year: str | None = None) -> LiaisonRound | None:
    """The round of the cohort of `year`, or the latest one when there is none of that year."""
    found = rounds()
    if year and year.isascii() and year.isdigit():
        named = found.filter(cohort__year=int(year[:4])).first()
        if named:
            return named
    return found.first()


def own_graduates(user: User) -> QuerySet[Graduate]:
    """The person's graduate records, by the student's account or the alumnus's.

    Every page asks for the navigation: two ways along an index, where an OR across tables would read all graduates.
    """
    by_account = Graduate.objects.filter(user=user).order_by().values("pk")
    as_alumnus = Degree.objects.filter(person__user=user).exclude(graduate=None).order_by()
    return (
        Graduate.objects.filter(pk__in=by_account.union(as_alumnus.values("graduate"), all=True))
        .select_related("cohort__liaison_round", "college", "major", "school_class__major")
        .order_by("-pk")
    )


def own_graduate(user: User, uid: UUID) -> Graduate | None:
    """One of the own records."""
    return own_graduates(user).filter(uid=uid).first()


@dataclass(frozen=True, slots=True)
class ClassQuota:
    """A class in a round: its size, how many it may have, how many are put forward, ready and appointed."""

    school_class: SchoolClass
    size: int
    quota: int
    nominees: int
    ready: int
    appointed: int

    @property
    def title(self) -> str:
        return class_title(self.school_class)


def classes_of(
    user: User, reach: Reach, round_: LiaisonRound, *, without_nominee: bool = False
) -> QuerySet[SchoolClass]:
    """The classes with first-degree graduates of the round's cohort that the person looks after or manages, with their counts."""
    graduates = Graduate.objects.filter(
        school_class=OuterRef("pk"), cohort=round_.cohort_id, level__in=Level.first_degree()
    )
    where = (
        Q() if reach.centre else Q(counsellor=user) | Q(class_teacher=user) | Q(college__in=reach.colleges)
    )
    nominations = Nomination.objects.filter(school_class=OuterRef("pk"), round=round_)
    open_ = nominations.exclude(state__in=NominationState.closed())
    found = SchoolClass.objects.filter(where)
    if without_nominee:
        found = found.exclude(Exists(open_))
    return (
        found.filter(Exists(graduates))
        .select_related("college", "major", "counsellor")
        .annotate(
            size=_count(Graduate.objects.filter(school_class=OuterRef("pk"), cohort=round_.cohort_id)),
            nominees=_count(open_),
            ready=_count(nominations.filter(state=NominationState.RECOMMENDED)),
            appointed=_count(Appointment.objects.filter(school_class=OuterRef("pk"), end_reason="")),
        )
    )


def with_quota(classes: Iterable[SchoolClass], round_: LiaisonRound) -> list[ClassQuota]:
    """The rows of `classes_of` with the quota of the round's rule."""
    return [
        ClassQuota(
            each,
            each.size,  # type: ignore[attr-defined]
            round_.class_quota(each.size),  # type: ignore[attr-defined]
            each.nominees,  # type: ignore[attr-defined]
            each.ready,  # type: ignore[attr-defined]
            each.appointed,  # type: ignore[attr-defined]
        )
        for each in classes
    ]


@dataclass(frozen=True, slots=True)
class MajorQuota:
    """The postgraduates of a major in a round: as of a class."""

    major: Major
    size: int
    quota: int
    nominees: int
    ready: int
    appointed: int


def majors_of(
    user: User, reach: Reach, round_: LiaisonRound, *, without_nominee: bool = False
) -> QuerySet[Major]:
    """The majors with postgraduates of the round's cohort whom the person looks after or manages, with their counts."""
    of_major: dict[str, Any] = {"major": OuterRef("pk"), "cohort": round_.cohort_id}
    graduates = Graduate.objects.filter(**of_major, level__in=Level.postgraduate())
    own = graduates.filter(Q(school_class__counsellor=user) | Q(school_class__class_teacher=user))
    managed = Q(college__in=reach.colleges | reach.postgraduates_of) | Exists(own)
    nominations = Nomination.objects.filter(school_class=None, major=OuterRef("pk"), round=round_)
    open_ = nominations.exclude(state__in=NominationState.closed())
    found = Major.objects.filter(Q() if reach.centre else managed)
    if without_nominee:
        found = found.exclude(Exists(open_))
    return (
        found.filter(Exists(graduates))
        .select_related("college")
        .annotate(
            size=_count(graduates, "major"),
            nominees=_count(open_, "major"),
            ready=_count(nominations.filter(state=NominationState.RECOMMENDED), "major"),
            appointed=_count(
                Appointment.objects.filter(**of_major, school_class=None, end_reason=""), "major"
            ),
        )
    )


def with_major_quota(majors: Iterable[Major], round_: LiaisonRound) -> list[MajorQuota]:
    """The rows of `majors_of` with the quota of the round's rule."""
    return [
        MajorQuota(
            each,
            each.size,  # type: ignore[attr-defined]
            round_.major_quota,
            each.nominees,  # type: ignore[attr-defined]
            each.ready,  # type: ignore[attr-defined]
            each.appointed,  # type: ignore[attr-defined]
        )
        for each in majors
    ]


def class_sizes(classes: Iterable[int]) -> dict[tuple[int, int], int]:
    """How many graduates each class has in each cohort, as (class, cohort) → number: who was deferred counts there (G5)."""
    counted = (
        Graduate.objects.filter(school_class__in=classes)
        .order_by()
        .values_list("school_class", "cohort")
        .annotate(Count("pk"))
    )
    return {(school_class, cohort): number for school_class, cohort, number in counted if school_class}


def _count(
    rows: QuerySet[Graduate] | QuerySet[Nomination] | QuerySet[Appointment], by: str = "school_class"
) -> Coalesce:
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
