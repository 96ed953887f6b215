"""Standing in for supervisors: what the postgraduate secretary of a college may do for its postgraduates (C4)."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from leaving.choices import CohortState, ItemState, Level, OwnerKind, SheetState
from leaving.models import ClearanceItem, Graduate
from portal.accounts.access import AnyUser, Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import UserGrant
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
    return Graduate.objects.filter(college__in=colleges_of_secretary(user), level__in=Level.postgraduate())


def colleges_of_secretary(user: AnyUser) -> list[int | None]:
    """Those colleges (ids)."""
    secretaries = departments_where(user, Right.DECIDE).filter(kind=DepartmentKind.SECRETARY)
    return list(secretaries.order_by().values_list("parent", flat=True))


def reviews_of_secretary(user: AnyUser) -> QuerySet[ClearanceItem]:
    """What supervisors decide about those postgraduates, in the cohorts that are open."""
    return ClearanceItem.objects.filter(
        checkpoint__in_force__owner_kind=OwnerKind.SUPERVISOR,
        checkpoint__cohort__state=CohortState.OPEN,
        sheet__state__in=SheetState.shown(),
        sheet__graduate__in=postgraduates_of_secretary(user),
    )


def reviews_in_place_of_supervisors(user: AnyUser) -> QuerySet[ClearanceItem]:
    """Those of them that are not the person's own to decide anyway."""
    return reviews_of_secretary(user).exclude(supervisor=user.pk)


def supervisors_of_secretary(user: AnyUser) -> QuerySet[User]:
    """The first supervisors of those postgraduates in the cohorts that are open, with `students` and `to_review` of them."""
    mine = postgraduates_of_secretary(user).filter(cohort__state=CohortState.OPEN)
    reviews = reviews_of_secretary(user).filter(state__in=ItemState.open())
    to_review = reviews.filter(supervisor=OuterRef("pk")).order_by().values("supervisor")
    students = mine.filter(supervisor=OuterRef("pk")).order_by().values("supervisor")
    counted = Count("pk")
    return (
        User.objects.filter(pk__in=mine.exclude(supervisor=None).values("supervisor"))
        .annotate(
            students=Coalesce(Subquery(students.annotate(number=counted).values("number")), 0),
            to_review=Coalesce(Subquery(to_review.annotate(number=counted).values("number")), 0),
        )
        .order_by("username")
    )


def supervisors_to_activate_by(user: AnyUser) -> QuerySet[User]:
    """Those of them to whom `user` may hand the code that activates their account: never activated, and nothing but
    supervisors. Whoever holds a right anywhere gets the code from there, or a secretary could sign in as a dean."""
    nothing_else = (
        User.objects.filter(groups=None, graduates=None, is_staff=False, is_superuser=False, is_active=True)
        .exclude(pk__in=UserGrant.objects.values("user"))
        .filter(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None)
    )
    return supervisors_of_secretary(user).filter(pk__in=nothing_else.values("pk"))
