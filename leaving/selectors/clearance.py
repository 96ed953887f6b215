"""Whose items a person may decide, and the queue of them (P2, P4, C5, C6)."""

import re
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from leaving.choices import CohortState, DecidedBy, ItemState, OwnerKind, SheetState
from leaving.models import Checkpoint, ClearanceItem, Decision, DecisionBatch
from leaving.selectors.again import unanswered, with_handed_in
from leaving.selectors.delegations import delegated_to, stands_in_today
from portal.accounts.access import AnyUser, Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department
from portal.departments.selectors import departments_where, has_right, holdings
from portal.lookups import OneOf

MOST_PARTS = (
    8  # more departments together have open items all along the list: reading it in order finds them soon
)
SNAPSHOT = re.compile(r"\d{1,20}:\d{1,20}:[\d,]{0,20000}")


def _supervises(user: AnyUser) -> bool:
    return user.is_authenticated and (
        ClearanceItem.objects.filter(supervisor=user).exists() or bool(stands_in_today(user))
    )


supervises = Rule("supervises graduates", _supervises)
decides = has_right(Right.DECIDE) | supervises


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a queue down. An empty value fits all; `state` empty means every state."""

    checkpoint: int | None = None
    state: str = ItemState.PENDING
    college: int | None = None
    level: str = ""
    school_class: str = ""
    q: str = ""
    supervisor: str = ""
    again: bool = False  # only whose graduates ask to look again

    def condition(self) -> Q:
        """Everything but the state, as a condition on items."""
        found = Q()
        if self.checkpoint:
            found &= Q(checkpoint=self.checkpoint)
        if self.college:
            found &= Q(sheet__graduate__college=self.college)
        if self.level:
            found &= Q(sheet__graduate__level=self.level)
        if self.school_class:
            found &= Q(sheet__graduate__school_class__name__icontains=self.school_class)
        if self.q:
            found &= Q(sheet__graduate__student_no__startswith=self.q) | Q(
                sheet__graduate__name__contains=self.q
            )
        if self.supervisor:
            found &= Q(supervisor__name__contains=self.supervisor) | Q(supervisor__username=self.supervisor)
        if self.again:
            found &= Q(state=ItemState.FAILED) & Q(Exists(unanswered()))
        return found


def items_of_departments(user: AnyUser) -> QuerySet[ClearanceItem]:
    """Items that departments decide where `user` holds the right, in the cohorts that are open."""
    departments = departments_where(user, Right.DECIDE).order_by().values_list("pk", flat=True)
    return _open_cohorts().filter(owner__in=list(departments))


def parts_of_queue(user: AnyUser, filters: Filters) -> tuple[str, list[int]] | None:
    """For `keyset_page`: the queue's index has the items of a department and state in order, not those of several departments."""
    departments = sorted({holding.department for holding in holdings(user, Right.DECIDE)})
    return ("owner_id", departments) if filters.state and 1 < len(departments) <= MOST_PARTS else None


def items_of_students(user: AnyUser) -> QuerySet[ClearanceItem]:
    """The reviews of one's own students (P4), of two supervisors those of the first; and of those whose delegate one is."""
    if not user.is_authenticated:
        return ClearanceItem.objects.none()
    delegated = delegated_to(user, "sheet__graduate")
    mine = Q(supervisor=user)
    return _open_cohorts().filter(mine if delegated is None else mine | delegated)


def _open_cohorts() -> QuerySet[ClearanceItem]:
    """Those of sheets that are open or cleared, in cohorts that are open: of the deferred nothing is to be decided (G5)."""
    checkpoints = Checkpoint.objects.filter(cohort__state=CohortState.OPEN).order_by().values("pk")
    return ClearanceItem.objects.filter(
        OneOf(F("checkpoint_id"), checkpoints.query), sheet__state__in=SheetState.shown()
    )


def for_list(items: QuerySet[ClearanceItem]) -> QuerySet[ClearanceItem]:
    """With what a row of the queue shows, in the same query."""
    return with_handed_in(items).select_related(
        "checkpoint",
        "owner__parent",
        "supervisor",
        "decided_by",
        "decided_for",
        "rule",
        "sheet__graduate__college",
        "sheet__graduate__school_class",
    )


def found(items: QuerySet[ClearanceItem], filters: Filters) -> QuerySet[ClearanceItem]:
    """The items that the filters let through."""
    items = items.filter(filters.condition())
    return items.filter(state=filters.state) if filters.state else items


def checkpoints_decided_by(user: AnyUser) -> QuerySet[Checkpoint]:
    """The checkpoints of open cohorts whose items may be among those of `user`'s departments."""
    mine = list(departments_where(user, Right.DECIDE).order_by().values_list("pk", "kind"))
    ids, kinds = [pk for pk, _ in mine], {kind for _, kind in mine}
    where = Q(department__in=ids) | Q(owner_kind=OwnerKind.NODE, node_kind__in=kinds)
    if DepartmentKind.COLLEGE in kinds:
        where |= Q(owner_kind=OwnerKind.COLLEGE)
    if Campus.objects.filter(dormitory_office__in=ids).exists():
        where |= Q(owner_kind=OwnerKind.DORMITORY)
    return Checkpoint.objects.filter(where, cohort__state=CohortState.OPEN).order_by("cohort", "order")


def supervisors_reviews() -> QuerySet[Checkpoint]:
    """The supervisors' reviews of the cohorts that are open."""
    reviews = Checkpoint.objects.filter(owner_kind=OwnerKind.SUPERVISOR, cohort__state=CohortState.OPEN)
    return reviews.order_by("cohort", "order")


def colleges_decided_by(user: AnyUser) -> QuerySet[Department]:
    """The colleges whose graduates can be in the queue: all of them, or just the own ones of a college's staff."""
    mine = departments_where(user, Right.DECIDE).order_by()
    colleges = Department.objects.filter(kind=DepartmentKind.COLLEGE, is_active=True)
    if mine.filter(kind__in=[DepartmentKind.OFFICE, DepartmentKind.UNIVERSITY]).exists():
        return colleges
    checkpoint_of_own = Checkpoint.objects.filter(department=OuterRef("pk"), cohort__state=CohortState.OPEN)
    if mine.filter(Exists(checkpoint_of_own)).exists():  # a college that is an office too
        return colleges
    return colleges.filter(Q(pk__in=mine.values("pk")) | Q(pk__in=mine.values("parent")))


def snapshot() -> str:
    """What the database shows at this moment, as a token: handed back with a decision it tells what has changed since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def readable_snapshot(token: str) -> str | None:
    """The token if it is one."""
    return token if SNAPSHOT.fullmatch(token) else None


def matching_then(items: QuerySet[ClearanceItem], filters: Filters, seen: str) -> list[int]:
    """What matched the filters when the list was looked at (`seen`), as ids: unchanged since, or decided since.

    What has come to match only since (imported, freed by a gate, reopened) is not among them.
    """
    items = items.filter(filters.condition()).annotate(
        same=RawSQL(
            "(leaving_clearanceitem.changed_xid = pg_current_xact_id()::text::bigint OR "
            "pg_visible_in_snapshot(leaving_clearanceitem.changed_xid::text::xid8, %s::text::pg_snapshot))",
            [seen],
        )
    )
    unchanged = items.filter(same=True)
    if not filters.state:
        return sorted(items.values_list("pk", flat=True))
    since = Decision.objects.filter(item=OuterRef("pk")).annotate(
        later=RawSQL(
            "NOT EXISTS (SELECT 1 FROM leaving_decisionbatch b WHERE b.id = batch_id"
            " AND pg_visible_in_snapshot(b.xid::text::xid8, %s::text::pg_snapshot))",
            [seen],
        )
    )
    first = since.filter(later=True).order_by("pk").values("before")[:1]
    moved = items.filter(same=False).annotate(was=Subquery(first)).filter(was=filters.state)
    ids = set(unchanged.filter(state=filters.state).values_list("pk", flat=True))
    return sorted(ids | set(moved.values_list("pk", flat=True)))


def last_decision_of(user: User) -> DecisionBatch | None:
    """The latest decision of `user` today, by hand, that has not been taken back."""
    last = DecisionBatch.objects.filter(actor=user).order_by("-pk").first()
    if last is None or last.how != DecidedBy.HAND or timezone.localdate(last.at) != timezone.localdate():
        return None
    return last
