"""Who reviews in whose place today (C4). A delegation counts from its first to its last day, like a grant."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from leaving.choices import CohortState
from leaving.models import ClearanceItem, Delegation, Graduate
from leaving.selectors.supervision import colleges_of_secretary, postgraduates_of_secretary
from portal.accounts.access import AnyUser
from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class StandsInFor:
    """A supervisor, and the college whose students are meant (None: all)."""

    supervisor: int
    college: int | None


def in_force() -> Q:
    """The condition on a delegation: today lies between its days, and nobody has revoked it."""
    today = timezone.localdate()
    return Q(revoked_at=None, starts_on__lte=today, ends_on__gte=today, delegate__is_active=True)


def stands_in_today(user: AnyUser, *, afresh: bool = False) -> list[StandsInFor]:
    """For whom `user` reviews today, in one query; remembered within a request, unless asked `afresh`."""
    if not user.is_authenticated or not user.is_active:
        return []
    remembered = None if afresh else user.remembered
    if remembered is not None and "delegations" in remembered:
        known: list[StandsInFor] = remembered["delegations"]
        return known
    rows = Delegation.objects.filter(in_force(), delegate=user).order_by().distinct()
    found = [StandsInFor(*row) for row in rows.values_list("supervisor", "college")]
    if remembered is not None:
        remembered["delegations"] = found
    return found


def delegated_to(user: AnyUser, graduate: str = "", *, afresh: bool = False) -> Q | None:
    """A condition on a model with a `supervisor`, whose path `graduate` leads there: `user` stands in for that supervisor today.

    Never one's own review. None: for nobody, so that no query need ask.
    """
    delegations = stands_in_today(user, afresh=afresh)
    if not delegations:
        return None
    prefix = f"{graduate}__" if graduate else ""
    found = Q(pk__in=[])
    for one in delegations:
        each = Q(supervisor=one.supervisor)
        found |= each & Q(**{f"{prefix}college": one.college}) if one.college else each
    return found & (Q(**{f"{prefix}user": None}) | ~Q(**{f"{prefix}user": user}))


def reviews_delegated_to(user: AnyUser, *, among: list[int]) -> list[int]:
    """Those of the items `among` (ids) that are reviews of supervisors whom `user` stands in for today."""
    condition = delegated_to(user, "sheet__graduate", afresh=True)
    if condition is None:
        return []
    items = ClearanceItem.objects.filter(condition, pk__in=among, checkpoint__cohort__state=CohortState.OPEN)
    return list(items.order_by().values_list("pk", flat=True))


def is_supervisor(user: User) -> bool:
    """Is `user` the first supervisor of anybody?"""
    return (
        Graduate.objects.filter(supervisor=user).exists()
        or ClearanceItem.objects.filter(supervisor=user).exists()
    )


def delegations_visible_to(user: AnyUser) -> QuerySet[Delegation]:
    """One's own, as supervisor or as delegate, and those that concern the postgraduates of one's college."""
    if not user.is_authenticated or not user.is_active:
        return Delegation.objects.none()
    return Delegation.objects.filter(Q(supervisor=user) | Q(delegate=user) | _of_my_college(user))


def delegations_revocable_by(user: AnyUser) -> QuerySet[Delegation]:
    """Those one may revoke: one's own from either side, and those a secretary named for the own college."""
    if not user.is_authenticated or not user.is_active:
        return Delegation.objects.none()
    if user.is_superuser:
        return Delegation.objects.all()
    colleges = colleges_of_secretary(user)
    return Delegation.objects.filter(Q(supervisor=user) | Q(delegate=user) | Q(college__in=colleges))


def _of_my_college(user: AnyUser) -> Q:
    if user.is_superuser:
        return ~Q(pk__in=[])
    colleges = colleges_of_secretary(user)
    if not colleges:
        return Q(pk__in=[])
    supervisors = postgraduates_of_secretary(user).exclude(supervisor=None).values("supervisor")
    return Q(college__in=colleges) | Q(college=None, supervisor__in=supervisors)
