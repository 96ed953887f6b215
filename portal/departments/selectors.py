"""The only reader of grants (decision 6). Everything that asks “may they?” ends in `grants_hold`."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from portal.accounts.access import Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department, GroupGrant, UserGrant


@dataclass(frozen=True, slots=True)
class Holding:
    """A right that is held today, and where."""

    right: str
    department: int
    kind: str
    parent: int  # 0 for the university, which has none


def _in_force() -> Q:
    """The condition on a grant, to a person or to a group: today lies between its days."""
    today = timezone.localdate()
    return (
        (Q(starts_on=None) | Q(starts_on__lte=today))
        & (Q(ends_on=None) | Q(ends_on__gte=today))
        & Q(permission__content_type__app_label="departments", permission__content_type__model="department")
    )


def grants_hold(user: User, rights: Iterable[str]) -> Q:
    """The one predicate: a condition on Department that `user` holds one of `rights` there today, herself or by a group."""
    named = _in_force() & Q(permission__codename__in=list(rights), content_object=OuterRef("pk"))
    return Q(Exists(UserGrant.objects.filter(named, user=user))) | Q(
        Exists(GroupGrant.objects.filter(named, group__user=user))
    )


def departments_where(user: User | AnonymousUser, *rights: Right | str) -> QuerySet[Department]:
    """The departments where `user` holds one of `rights` today (P2); a superuser holds every right everywhere."""
    if not user.is_authenticated or not user.is_active:
        return Department.objects.none()
    if user.is_superuser:
        return Department.objects.all()
    return Department.objects.filter(grants_hold(user, rights))


def holdings(user: User | AnonymousUser, *rights: Right | str) -> list[Holding]:
    """What `user` holds of `rights` today, in one query; a superuser holds each of them on the university.

    A request asks often (navigation, cards, lists): within one, the answer is remembered (`User.remembered`).
    """
    if not user.is_authenticated or not user.is_active:
        return []
    if user.is_superuser:
        root = _root(user)
        return [Holding(str(right), root, DepartmentKind.UNIVERSITY, 0) for right in rights]
    found: list[Holding] | None = user.remembered.get("holdings") if user.remembered is not None else None
    if found is None:
        columns = (
            "permission__codename",
            "content_object_id",
            "content_object__kind",
            "content_object__parent_id",
        )
        own = UserGrant.objects.filter(_in_force(), user=user).order_by().values_list(*columns)
        by_group = GroupGrant.objects.filter(_in_force(), group__user=user).order_by().values_list(*columns)
        found = [Holding(right, pk, kind, parent or 0) for right, pk, kind, parent in own.union(by_group)]
        if user.remembered is not None:
            user.remembered["holdings"] = found
    wanted = {str(right) for right in rights}
    return [holding for holding in found if holding.right in wanted]


def _root(user: User) -> int:
    """The university's key, 0 before there is one; remembered as the holdings are."""
    known: int | None = user.remembered.get("root") if user.remembered is not None else None
    if known is None:
        root = Department.objects.filter(kind=DepartmentKind.UNIVERSITY)
        known = root.values_list("pk", flat=True).first() or 0
        if user.remembered is not None:
            user.remembered["root"] = known
    return known


def holds(user: User | AnonymousUser, right: Right | str, department: Department | int) -> bool:
    """Does `user` hold `right` on exactly this department today?"""
    pk = department if isinstance(department, int) else department.pk
    return departments_where(user, right).filter(pk=pk).exists()


def holds_anywhere(user: User | AnonymousUser, *rights: Right | str) -> bool:
    """Does `user` hold one of `rights` on any department today?"""
    return bool(holdings(user, *rights))


def holds_university_wide(user: User | AnonymousUser, *rights: Right | str) -> bool:
    """Does `user` hold one of `rights` on the university itself (P5)?"""
    return any(held.kind == DepartmentKind.UNIVERSITY for held in holdings(user, *rights))


def people_with(right: Right, departments: Iterable[int]) -> dict[int, set[int]]:
    """Person → on which of `departments` they hold `right` today, themselves or by a group. Two queries.

    Active people only, and no superusers for being superusers: this is who does the work.
    """
    named = _in_force() & Q(permission__codename=str(right), content_object__in=list(departments))
    own = UserGrant.objects.filter(named, user__is_active=True).values_list("user", "content_object")
    by_group = GroupGrant.objects.filter(named, group__user__is_active=True).values_list(
        "group__user", "content_object"
    )
    found: dict[int, set[int]] = {}
    for person, department in (*own, *by_group):
        found.setdefault(person, set()).add(department)
    return found


def has_right(*rights: Right) -> Rule:
    """An entry rule: holds one of `rights` on some department."""
    name = "holds " + " or ".join(right.value for right in rights)
    return Rule(name, lambda user: user.is_authenticated and holds_anywhere(user, *rights))


def university() -> Department:
    """The root of the tree."""
    return Department.objects.get(kind=DepartmentKind.UNIVERSITY)


def colleges() -> QuerySet[Department]:
    """The active colleges in their order."""
    return Department.objects.filter(kind=DepartmentKind.COLLEGE, is_active=True)


def campuses() -> QuerySet[Campus]:
    """The active campuses."""
    return Campus.objects.filter(is_active=True)


def within(user: User | AnonymousUser, path: str, *rights: Right | str) -> Q:
    """A condition on any model whose `path` leads to a Department: it lies within what `rights` of `user` reach.

    The university reaches everything, a college itself and its nodes, a node itself and its college. Rows about graduates ask
    `leaving.selectors.reach` instead, which also knows levels.
    """
    if holds_university_wide(user, *rights):
        return ~Q(pk__in=[])  # not an empty Q: that would vanish beside an “or”
    held = holdings(user, *rights)
    here = {holding.department for holding in held}
    colleges = {holding.department for holding in held if holding.kind == DepartmentKind.COLLEGE}
    above = {holding.parent for holding in held if holding.kind in DepartmentKind.college_nodes()}
    reached = Q(**{f"{path}__in": here | above}) if path != "pk" else Q(pk__in=here | above)
    if colleges:
        parent = "parent" if path == "pk" else f"{path}__parent"
        reached |= Q(**{f"{parent}__in": colleges})
    return reached


@dataclass(frozen=True, slots=True)
class StaffReach:
    """Where a person may give rights to others and end them: on these departments, never their own, and the right to do so
    itself only with `hands_on`."""

    user: int
    departments: frozenset[int]
    hands_on: bool

    def covers(self, user: int | None, right: str) -> bool:
        """May this right of this account (None: one yet to be made) be changed, as far as departments allow?"""
        return user != self.user and (self.hands_on or right != Right.MANAGE_STAFF)


def staff_reach(user: User) -> StaffReach:
    """Whose rights `user` may change: those on the departments where staff is theirs to manage, and on all below them.

    Only who manages the staff of the university hands that right on. Two queries.
    """
    held = {holding.department for holding in holdings(user, Right.MANAGE_STAFF)}
    reached = below(held) if held else frozenset()
    return StaffReach(user.pk, reached, holds_university_wide(user, Right.MANAGE_STAFF))


def below(departments: Iterable[int]) -> frozenset[int]:
    """These departments (primary keys) and all that belong to them. One query."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Department.objects.order_by().values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[int] = set()
    to_do = list(departments)
    while to_do:
        one = to_do.pop()
        found.add(one)
        to_do += children.get(one, ())
    return frozenset(found)


def grants_to_persons(*, today: datetime.date | None = None) -> QuerySet[UserGrant]:
    """The grants to persons that are in force or yet to begin."""
    return UserGrant.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today or timezone.localdate()),
        permission__content_type__app_label="departments",
        permission__content_type__model="department",
        permission__codename__in=Right.values,
    )
