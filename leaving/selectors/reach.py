"""How far a department reaches over graduates: the one place that says so (P2, P4, P5, P7)."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from leaving.choices import Level
from leaving.models import Graduate
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.selectors import departments_where


def reached_by(user: User, *rights: Right) -> Q:
    """A condition on Graduate: within reach of a department where `user` holds one of `rights` today.

    The university reaches all; a college its own; the student work group and the registrar teacher their college's;
    the postgraduate secretary the college's postgraduates. An office reaches nobody by itself: what its
    checkpoint needs it sees in its queue (`leaving.selectors.clearance`).
    """
    departments = list(departments_where(user, *rights).values_list("pk", "kind", "parent_id"))
    if any(kind == DepartmentKind.UNIVERSITY for _, kind, _ in departments):
        return ~Q(pk__in=[])  # everybody; an empty Q would vanish beside an "or"
    colleges = {pk for pk, kind, _ in departments if kind == DepartmentKind.COLLEGE}
    colleges |= {
        parent
        for _, kind, parent in departments
        if kind in (DepartmentKind.WORK_GROUP, DepartmentKind.ROLL) and parent
    }
    postgraduates = {parent for _, kind, parent in departments if kind == DepartmentKind.SECRETARY and parent}
    return Q(college__in=colleges) | Q(college__in=postgraduates, level__in=Level.postgraduate())


def graduates_visible_to(user: User | AnonymousUser) -> QuerySet[Graduate]:
    """Every graduate whose page `user` may open: oneself, one's students (P4), one's classes (P7), those within
    reach (P2, P5)."""
    if not user.is_authenticated or not user.is_active:
        return Graduate.objects.none()
    return Graduate.objects.filter(
        Q(user=user)
        | Q(supervisor=user)
        | Q(second_supervisor=user)
        | Q(school_class__counsellor=user)
        | Q(school_class__class_teacher=user)
        | reached_by(user, Right.VIEW_GRADUATES)
    )
