"""Who proposes and who approves that somebody leaves later, or is added to the list (G5, G6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from leaving.choices import AdditionState, CohortState, DeferralState, Level
from leaving.models import Addition, ApprovalResponsibility, Cohort, Deferral, Graduate
from leaving.models.cohorts import REGULAR_MONTH
from portal.accounts.access import AnyUser
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import colleges, has_right, holdings

changes_roster = has_right(Right.CHANGE_ROSTER)
NOBODY = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class RosterReach:
    """How far a person's right to change the roster goes today.

    On a college or its nodes it is the right to propose: the postgraduate secretary for postgraduates, the others for all of the
    college. On an office that is responsible for some levels (`ApprovalResponsibility`) it is the right to approve them, and to
    propose them across the university. On the university it is both, for all.
    """

    colleges: frozenset[int]
    postgraduates_of: frozenset[int]
    approves: frozenset[str]
    everything: bool

    def proposes(self, college: int, level: str) -> bool:
        """May this person propose for somebody of that level of that college?"""
        return (
            self.everything
            or college in self.colleges
            or level in self.approves
            or (college in self.postgraduates_of and level in Level.postgraduate())
        )

    def proposed(self, path: str = "") -> Q:
        """The same as a condition on whatever has `college` and `level` at the end of `path` (`"graduate__"`)."""
        if self.everything:
            return ~NOBODY
        return (
            Q(**{f"{path}college__in": self.colleges})
            | Q(**{f"{path}level__in": self.approves})
            | Q(**{f"{path}college__in": self.postgraduates_of, f"{path}level__in": Level.postgraduate()})
        )

    def approved(self, path: str = "") -> Q:
        """A condition: this person approves it."""
        return ~NOBODY if self.everything else Q(**{f"{path}level__in": self.approves})

    @property
    def approves_some(self) -> bool:
        return self.everything or bool(self.approves)


def roster_reach(user: AnyUser) -> RosterReach:
    """Two queries at most, once per request; nobody reaches anything without an active account."""
    remembered = user.remembered if user.is_authenticated else None
    if remembered is not None and "roster" in remembered:
        known: RosterReach = remembered["roster"]
        return known
    reach = _reach(user)
    if remembered is not None:
        remembered["roster"] = reach
    return reach


def _reach(user: AnyUser) -> RosterReach:
    held = holdings(user, Right.CHANGE_ROSTER)
    offices = {at.department for at in held if at.kind == DepartmentKind.OFFICE}
    whole = {at.department for at in held if at.kind == DepartmentKind.COLLEGE}
    whole |= {at.parent for at in held if at.kind in (DepartmentKind.WORK_GROUP, DepartmentKind.ROLL)}
    return RosterReach(
        colleges=frozenset(whole),
        postgraduates_of=frozenset(at.parent for at in held if at.kind == DepartmentKind.SECRETARY),
        approves=_levels_approved_by(offices) if offices else frozenset(),
        everything=any(at.kind == DepartmentKind.UNIVERSITY for at in held),
    )


def _levels_approved_by(offices: set[int]) -> frozenset[str]:
    """The levels of which one of these offices is the first responsible."""
    rows = list(ApprovalResponsibility.objects.order_by("order", "pk"))
    responsible = {
        level: next((row.department_id for row in rows if not row.levels or level in row.levels), None)
        for level in Level.values
    }
    return frozenset(level for level, office in responsible.items() if office in offices)


def graduates_of_roster(user: AnyUser) -> QuerySet[Graduate]:
    """The graduates whose deferral `user` may propose."""
    if not user.is_authenticated or not user.is_active:
        return Graduate.objects.none()
    return Graduate.objects.filter(roster_reach(user).proposed())


def may_defer(user: AnyUser, graduate: Graduate) -> bool:
    """May `user` propose that this graduate leaves later?"""
    return roster_reach(user).proposes(graduate.college_id, graduate.level)


def colleges_of_roster(user: AnyUser) -> QuerySet[Department]:
    """The colleges for which `user` may propose somebody."""
    reach = roster_reach(user)
    if reach.everything or reach.approves:
        return colleges()
    return colleges().filter(pk__in=reach.colleges | reach.postgraduates_of)


def deferrals_visible_to(user: AnyUser) -> QuerySet[Deferral]:
    """Those that `user` may propose or approve; both sides see state and history."""
    return Deferral.objects.filter(roster_reach(user).proposed("graduate__"))


def deferrals_approved_by(user: AnyUser) -> QuerySet[Deferral]:
    """Those that are `user`'s to approve, to refuse and to undo, whatever their state."""
    return Deferral.objects.filter(roster_reach(user).approved("graduate__"))


def additions_visible_to(user: AnyUser) -> QuerySet[Addition]:
    """As for deferrals; nobody else knows of them before they are confirmed."""
    return Addition.objects.filter(roster_reach(user).proposed())


def additions_confirmed_by(user: AnyUser) -> QuerySet[Addition]:
    """Those that are `user`'s to confirm or refuse, but for the own proposals: two people look at each."""
    if not user.is_authenticated:
        return Addition.objects.none()
    return Addition.objects.filter(roster_reach(user).approved()).exclude(proposed_by=user)


def waiting_for_approval(user: AnyUser) -> tuple[int, int]:
    """How many deferrals and additions wait for `user`. Three queries."""
    return (
        deferrals_approved_by(user).filter(state=DeferralState.PROPOSED).count(),
        additions_confirmed_by(user).filter(state=AdditionState.PROPOSED).count(),
    )


def deferrals_of(graduate: Graduate) -> list[Deferral]:
    """A graduate's deferrals that stand or stood, the latest first: the history of cohorts. One query."""
    found = graduate.deferrals.filter(state__in=[DeferralState.APPROVED, DeferralState.UNDONE])
    return list(found.select_related("from_cohort", "to_cohort").order_by("-pk"))


def waits_deferred() -> Q:
    """A condition on Graduate: deferred to a cohort that has not opened yet, so on no roster of the class for now."""
    moved = Deferral.objects.filter(
        graduate=OuterRef("pk"), to_cohort=OuterRef("cohort"), state=DeferralState.APPROVED
    )
    return Q(Exists(moved), cohort__state=CohortState.PREPARED)


def places_later_than(cohort: Cohort) -> list[tuple[int, int]]:
    """Where graduates of `cohort` may be deferred to, as (year, month): December, the next two years, and what exists."""
    offered = {(cohort.year, 12), (cohort.year + 1, REGULAR_MONTH), (cohort.year + 2, REGULAR_MONTH)}
    known = list(Cohort.objects.filter(year__gte=cohort.year).values_list("year", "month", "state"))
    offered |= {(year, month) for year, month, _state in known}
    offered -= {(year, month) for year, month, state in known if state == CohortState.CLOSED}
    return sorted(place for place in offered if place > (cohort.year, cohort.month))


def named(text: str, path: str = "") -> Q:
    """A condition on whatever has `student_no` and `name` at the end of `path`: a number from its start, part of a name."""
    text = text.strip()
    if not text:
        return Q()
    return Q(**{f"{path}student_no__startswith": text}) | Q(**{f"{path}name__contains": text})


def found_by_number(
    graduates: QuerySet[Graduate], numbers: Iterable[str]
) -> tuple[list[Graduate], list[str]]:
    """The graduates with these student numbers among `graduates`, and the numbers that are not there."""
    wanted = list(dict.fromkeys(numbers))
    known = {
        each.student_no: each for each in graduates.filter(student_no__in=wanted).select_related("cohort")
    }
    return [known[number] for number in wanted if number in known], [n for n in wanted if n not in known]
