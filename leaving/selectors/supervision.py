"""Standing in for supervisors: what the postgraduate secretary of a college may do for its postgraduates (C4)."""

from django.db.models import QuerySet

from leaving.choices import CohortState, Level, OwnerKind, SheetState
from leaving.models import ClearanceItem, Graduate
from portal.accounts.access import AnyUser, Rule
from portal.departments.choices import DepartmentKind, Right
from portal.departments.selectors import departments_where, holdings


def _is_secretary(user: AnyUser) -> bool:
    return any(
        held.kind == DepartmentKind.SECRETARY
        or (held.kind == DepartmentKind.UNIVERSITY and user.is_superuser)
        for held in holdings(user, Right.DECIDE)
    )


stands_in = Rule("stands in for supervisors", _is_secretary)


def postgraduates_of_secretary(user: AnyUser) -> QuerySet[Graduate]:
    """The postgraduates of the colleges on whose secretary node `user` may decide."""
    secretaries = departments_where(user, Right.DECIDE).filter(kind=DepartmentKind.SECRETARY)
    colleges = list(secretaries.order_by().values_list("parent", flat=True))
    return Graduate.objects.filter(college__in=colleges, level__in=Level.postgraduate())


def reviews_of_secretary(user: AnyUser) -> QuerySet[ClearanceItem]:
    """What supervisors decide about those postgraduates, in the cohorts that are open."""
    return ClearanceItem.objects.filter(
        checkpoint__owner_kind=OwnerKind.SUPERVISOR,
        checkpoint__cohort__state=CohortState.OPEN,
        sheet__state__in=SheetState.shown(),
        sheet__graduate__in=postgraduates_of_secretary(user),
    )


def reviews_in_place_of_supervisors(user: AnyUser) -> QuerySet[ClearanceItem]:
    """Those of them that are not the person's own to decide anyway."""
    return reviews_of_secretary(user).exclude(supervisor=user.pk)
