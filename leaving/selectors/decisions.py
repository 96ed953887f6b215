"""Decisions as a whole: one's own and those of one's departments, to look at and to take back (C6, decision 5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from leaving.choices import DecidedBy
from leaving.models import Decision, DecisionBatch
from leaving.selectors.clearance import items_of_departments, items_of_students
from leaving.selectors.supervision import reviews_of_secretary
from portal.accounts.access import AnyUser
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import departments_where

BY_PEOPLE = (DecidedBy.HAND, DecidedBy.WORKBOOK, DecidedBy.UNDO)


@dataclass(frozen=True, slots=True)
class Made:
    """A batch as a line of the list: how many items of how many graduates, one of its decisions, and whether it still stands."""

    batch: DecisionBatch
    items: int
    example: Decision | None
    undone_by: DecisionBatch | None

    @property
    def reason(self) -> str:
        return self.example.said if self.example else ""

    @property
    def may_be_taken_back(self) -> bool:
        return self.undone_by is None and self.batch.undoes_id is None and self.batch.how != DecidedBy.UNDO


def batches_visible_to(user: AnyUser) -> QuerySet[DecisionBatch]:
    """What people decided: `user`, and whoever else decided items of departments where `user` holds the right today."""
    if not user.is_authenticated or not user.is_active:
        return DecisionBatch.objects.none()
    departments = list(departments_where(user, Right.DECIDE).order_by().values_list("pk", flat=True))
    reached = Q(actor=user) | Q(departments__overlap=departments) if departments else Q(actor=user)
    return DecisionBatch.objects.filter(reached, how__in=BY_PEOPLE)


def lines_of(batches: Sequence[DecisionBatch]) -> list[Made]:
    """The batches with what a line says of them, in four queries."""
    pks = [batch.pk for batch in batches]
    counts = dict(
        Decision.objects.filter(batch__in=pks).order_by().values_list("batch").annotate(Count("pk"))
    )
    first = Decision.objects.filter(batch__in=pks).order_by("batch", "pk").distinct("batch")
    examples = {
        decision.batch_id: decision
        for decision in first.select_related("item__sheet__graduate", "item__checkpoint", "on_behalf_of")
    }
    undone = {
        batch.undoes_id: batch
        for batch in DecisionBatch.objects.filter(undoes__in=pks).select_related("actor")
    }
    return [
        Made(batch, counts.get(batch.pk, 0), examples.get(batch.pk), undone.get(batch.pk))
        for batch in batches
    ]


def decisions_for(user: User, batches: QuerySet[DecisionBatch]) -> QuerySet[Decision]:
    """What `batches` did to items that are `user`'s to decide, or that `user` decided; `last`: nobody has decided since."""
    mine = Q()
    for items in (items_of_departments(user), items_of_students(user), reviews_of_secretary(user)):
        mine |= Q(item__in=items.values("pk"))
    later = Decision.objects.filter(item=OuterRef("item"), pk__gt=OuterRef("pk"))
    found = Decision.objects.filter(batch__in=batches.values("pk")).filter(mine | Q(batch__actor=user))
    return found.annotate(last=~Exists(later)).select_related(
        "batch__actor", "on_behalf_of", "item__checkpoint", "item__owner__parent",
        "item__sheet__graduate__college", "item__sheet__graduate__school_class",
    )  # fmt: skip


def last_of(user: User, number: int) -> list[Made]:
    """The latest decisions of `user` by hand, newest first, for taking back at the counter."""
    mine = DecisionBatch.objects.filter(actor=user, how=DecidedBy.HAND).order_by("-pk")[:number]
    return lines_of(list(mine))
