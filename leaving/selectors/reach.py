"""How far a department reaches over graduates: the one place that says so (P2, P4, P5, P7)."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from leaving.choices import Level
from leaving.models import Graduate
from leaving.selectors.delegations import delegated_to
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.selectors import holdings, holds_university_wide


def reached_by(user: User, *rights: Right) -> Q:
    """A condition on Graduate: within reach of a department where `user` holds one of `rights` today.

    The university reaches all; a college its own; the student work group and the registrar teacher their college's;
    the postgraduate secretary the college's postgraduates. An office reaches nobody by itself: what its
    checkpoint needs it sees in its queue (`leaving.selectors.clearance`).
    """
    if holds_university_wide(user, *rights):
        return ~Q(pk__in=[])  # everybody; an empty Q would vanish beside an "or"
    held = holdings(user, *rights)
    colleges = {at.department for at in held if at.kind == DepartmentKind.COLLEGE}
    colleges |= {
        at.parent for at in held if at.kind in (DepartmentKind.WORK_GROUP, DepartmentKind.ROLL) and at.parent
    }
    postgraduates = {at.parent for at in held if at.kind == DepartmentKind.SECRETARY and at.parent}
    return Q(college__in=colleges) | Q(college__in=postgraduates, level__in=Level.postgraduate())


def graduates_visible_to(user: User | AnonymousUser) -> QuerySet[Graduate]:
    """Every graduate whose page `user` may open: oneself, one's students (P4) and those of whom one stands in for (C4),
    one's classes (P7), those within reach (P2, P5)."""
    if not user.is_authenticated or not user.is_active:
        return Graduate.objects.none()
    return Graduate.objects.filter(
        Q(user=user)
        | Q(supervisor=user)
        | Q(second_supervisor=user)
        | Q(school_class__counsellor=user)
        | Q(school_class__class_teacher=user)
        | reached_by(user, Right.VIEW_GRADUATES)
        | (delegated_to(user) or Q(pk__in=[]))
    )
