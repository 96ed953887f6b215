"""Who gives which opinion, and who sees which nomination (L2, P2, P7)."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from leaving.choices import Level
from leaving.models import Graduate, SchoolClass
from leaving.selectors.reach import graduates_visible_to
from liaisons.choices import Step
from liaisons.models import Appointment, Nomination, Opinion
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.selectors import colleges as all_colleges
from portal.departments.selectors import holdings

NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY  # not Q(): an empty Q is no condition, and `something | Q()` is something


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a person manages liaisons today.

    An office with the right is the alumni centre and reaches all, like the university; a college reaches its own, its student
    work group too, its postgraduate secretary the postgraduates.
    """

    centre: bool
    colleges: frozenset[int]
    postgraduates_of: frozenset[int]

    @property
    def anywhere(self) -> bool:
        return self.centre or bool(self.colleges) or bool(self.postgraduates_of)

    @property
    def of_colleges(self) -> Q:
        """A condition on whatever has `college` and `graduate`: the opinion of the college is theirs."""
        return Q(college__in=self.colleges) | Q(
            college__in=self.postgraduates_of, graduate__level__in=Level.postgraduate()
        )

    @property
    def managed(self) -> Q:
        """The same for all that the person may see and print."""
        return EVERYBODY if self.centre else self.of_colleges


def reach_of(user: User | AnonymousUser) -> Reach:
    """One query. Dates of grants count; nobody reaches anything without an active account."""
    centre, colleges, postgraduates = False, set(), set()
    for held in holdings(user, Right.MANAGE_LIAISONS):
        match held.kind:
            case DepartmentKind.UNIVERSITY | DepartmentKind.OFFICE:
                centre = True
            case DepartmentKind.COLLEGE:
                colleges.add(held.department)
            case DepartmentKind.SECRETARY:
                postgraduates.add(held.parent)
            case _:
                colleges.add(held.parent)
    if user.is_authenticated and user.is_superuser:  # stands in for every dean, too
        colleges |= set(all_colleges().values_list("pk", flat=True))
    return Reach(centre, frozenset(colleges), frozenset(postgraduates))


def looks_after_a_class(user: User | AnonymousUser) -> bool:
    """Is the person counsellor or class teacher of some class?"""
    return (
        user.is_authenticated
        and SchoolClass.objects.filter(Q(counsellor=user) | Q(class_teacher=user)).exists()
    )


def speaks_for_the_class(user: User, reach: Reach) -> Q:
    """A condition on Nomination: the opinion of the class is this person's.

    It is the counsellor's or the class teacher's; of a postgraduate who is in no class, the postgraduate secretary's.
    """
    return (
        Q(graduate__school_class__counsellor=user)
        | Q(graduate__school_class__class_teacher=user)
        | Q(
            graduate__school_class=None,
            college__in=reach.postgraduates_of,
            graduate__level__in=Level.postgraduate(),
        )
    )


def is_self(user: User, prefix: str = "graduate__") -> Q:
    """The graduate is this very person, by the student's account or by the alumnus's."""
    return Q(**{f"{prefix}user": user}) | Q(**{f"{prefix}degree__person__user": user})


def may_give_opinion(user: User, step: Step) -> QuerySet[Nomination]:
    """The nominations whose opinion of `step` is this person's to give, whatever their state.

    Nobody speaks about the own nomination, and nobody twice about the same: three opinions are three persons.
    """
    reach = reach_of(user)
    where = {
        Step.CLASS: lambda: speaks_for_the_class(user, reach),
        Step.COLLEGE: lambda: reach.of_colleges,
        Step.CENTRE: lambda: EVERYBODY if reach.centre else NOBODY,
    }[step]()
    return (
        Nomination.objects.filter(where)
        .exclude(is_self(user))
        .exclude(Exists(Opinion.objects.filter(nomination=OuterRef("pk"), given_by=user).exclude(step=step)))
    )


def waiting_for(user: User, step: Step) -> QuerySet[Nomination]:
    """The nominations that wait for this person's opinion of `step`."""
    return may_give_opinion(user, step).filter(state=step.state)


def steps_of(user: User, reach: Reach | None = None) -> list[Step]:
    """The opinions this person gives at all; in order."""
    reach = reach or reach_of(user)
    holds = {
        Step.CLASS: bool(reach.postgraduates_of) or looks_after_a_class(user),
        Step.COLLEGE: bool(reach.colleges or reach.postgraduates_of),
        Step.CENTRE: reach.centre,
    }
    return [step for step in Step if holds[step]]


def nominations_visible_to(user: User | AnonymousUser) -> QuerySet[Nomination]:
    """The own, those of one's classes, and those within reach."""
    if not user.is_authenticated or not user.is_active:
        return Nomination.objects.none()
    reach = reach_of(user)
    return Nomination.objects.filter(is_self(user) | speaks_for_the_class(user, reach) | reach.managed)


def nomination_for(user: User, uid: UUID) -> Nomination:
    """The nomination, or 404 for a stranger and 403 for a colleague who may see the graduate but not this (decision 7)."""
    found = (
        nominations_visible_to(user)
        .select_related(
            "graduate", "round__cohort", "college", "major", "school_class__major", "recommended_by"
        )
        .filter(uid=uid)
        .first()
    )
    if found is None:
        _refuse(graduates_visible_to(user).filter(liaison_nominations__uid=uid).exists())
        raise Http404
    return found


def appointments_visible_to(user: User | AnonymousUser) -> QuerySet[Appointment]:
    """The own and those within reach; a counsellor sees those of the own classes."""
    if not user.is_authenticated or not user.is_active:
        return Appointment.objects.none()
    reach = reach_of(user)
    of_class = Q(graduate__school_class__counsellor=user) | Q(graduate__school_class__class_teacher=user)
    return Appointment.objects.filter(is_self(user) | of_class | reach.managed)


def appointment_for(user: User, uid: UUID) -> Appointment:
    """The appointment; 404 and 403 as for a nomination."""
    found = (
        appointments_visible_to(user)
        .select_related("graduate", "cohort", "college", "major", "school_class__major", "nomination__round")
        .filter(uid=uid)
        .first()
    )
    if found is None:
        _refuse(graduates_visible_to(user).filter(liaison_appointments__uid=uid).exists())
        raise Http404
    return found


def may_recommend(user: User) -> QuerySet[Graduate]:
    """The graduates whom this person may put forward for their class: one's classes, and those within reach."""
    reach = reach_of(user)
    return Graduate.objects.filter(
        Q(school_class__counsellor=user) | Q(school_class__class_teacher=user) | _of_graduates(reach)
    )


def _of_graduates(reach: Reach) -> Q:
    if reach.centre:
        return EVERYBODY
    return Q(college__in=reach.colleges) | Q(
        college__in=reach.postgraduates_of, level__in=Level.postgraduate()
    )


def _refuse(colleague: bool) -> None:
    if colleague:
        raise PermissionDenied
