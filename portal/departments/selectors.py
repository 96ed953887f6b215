"""The only reader of grants (decision 6). Everything that asks “may they?” ends in `grants_hold`."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from portal.accounts.access import Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department, GroupGrant, UserGrant


def grants_hold(user: User, rights: Iterable[str]) -> Q:
    """The one predicate: a condition on Department that `user` holds one of `rights` there today, herself or by a group."""
    today = timezone.localdate()
    in_force = (Q(starts_on=None) | Q(starts_on__lte=today)) & (Q(ends_on=None) | Q(ends_on__gte=today))
    named = Q(
        permission__codename__in=list(rights),
        permission__content_type__app_label="departments",
        permission__content_type__model="department",
        content_object=OuterRef("pk"),
    )
    return Q(Exists(UserGrant.objects.filter(in_force, named, user=user))) | Q(
        Exists(GroupGrant.objects.filter(in_force, named, group__user=user))
    )


def departments_where(user: User | AnonymousUser, *rights: Right | str) -> QuerySet[Department]:
    """The departments where `user` holds one of `rights` today (P2); a superuser holds every right everywhere."""
    if not user.is_authenticated or not user.is_active:
        return Department.objects.none()
    if user.is_superuser:
        return Department.objects.all()
    return Department.objects.filter(grants_hold(user, rights))


def holds(user: User | AnonymousUser, right: Right | str, department: Department | int) -> bool:
    """Does `user` hold `right` on exactly this department today?"""
    pk = department if isinstance(department, int) else department.pk
    return departments_where(user, right).filter(pk=pk).exists()


def holds_anywhere(user: User | AnonymousUser, *rights: Right | str) -> bool:
    """Does `user` hold one of `rights` on any department today?"""
    return departments_where(user, *rights).exists()


def holds_university_wide(user: User | AnonymousUser, right: Right | str) -> bool:
    """Does `user` hold `right` on the university itself (P5)?"""
    return departments_where(user, right).filter(kind=DepartmentKind.UNIVERSITY).exists()


def rights_on(user: User, department: Department) -> set[str]:
    """All rights of `user` on `department` today."""
    if user.is_superuser:
        return set(Right.values)
    return {right for right in Right.values if holds(user, right, department)}


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
    held = list(departments_where(user, *rights).values_list("pk", "kind", "parent_id"))
    if any(kind == DepartmentKind.UNIVERSITY for _pk, kind, _parent in held):
        return Q()
    here = {pk for pk, _kind, _parent in held}
    colleges = {pk for pk, kind, _parent in held if kind == DepartmentKind.COLLEGE}
    above = {parent for _pk, kind, parent in held if kind in DepartmentKind.college_nodes()}
    reached = Q(**{f"{path}__in": here | above}) if path != "pk" else Q(pk__in=here | above)
    if colleges:
        parent = "parent" if path == "pk" else f"{path}__parent"
        reached |= Q(**{f"{parent}__in": colleges})
    return reached
