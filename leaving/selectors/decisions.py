"""Decisions as a whole: one's own and those of one's departments, to look at and to take back (C6, decision 5)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from leaving.choices import DecidedBy
from leaving.models import Decision, DecisionBatch, Graduate
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
    span: tuple[int, int]  # the first and the last of its decisions, between which few others lie
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


def narrowed(
    batches: QuerySet[DecisionBatch], *, about: str = "", day: datetime.date | None = None
) -> QuerySet[DecisionBatch]:
    """Those about a graduate (student number or name, in full), those of a day."""
    if about:
        whom = Graduate.objects.filter(Q(student_no=about) | Q(name=about))
        decided = Decision.objects.filter(item__sheet__graduate__in=whom)
        batches = batches.filter(pk__in=decided.order_by().values("batch"))
    if day:
        begins = timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
        batches = batches.filter(at__gte=begins, at__lt=begins + datetime.timedelta(days=1))
    return batches


def lines_of(batches: Sequence[DecisionBatch]) -> list[Made]:
    """The batches with what a line says of them, in three queries."""
    pks = [batch.pk for batch in batches]
    tallies = {
        row["batch_id"]: row
        for row in Decision.objects.filter(batch__in=pks)
        .order_by()
        .values("batch_id")
        .annotate(items=Count("pk"), first=Min("pk"), last=Max("pk"))
    }
    examples = Decision.objects.select_related(
        "item__sheet__graduate", "item__checkpoint", "on_behalf_of"
    ).in_bulk([row["first"] for row in tallies.values()])
    undone = {
        batch.undoes_id: batch
        for batch in DecisionBatch.objects.filter(undoes__in=pks).select_related("actor")
    }
    nothing = {"items": 0, "first": 0, "last": 0}
    return [
        Made(
            batch,
            tally["items"],
            (tally["first"], tally["last"]),
            examples.get(tally["first"]),
            undone.get(batch.pk),
        )
        for batch in batches
        for tally in (tallies.get(batch.pk, nothing),)
    ]


def decisions_for(user: User, made: Sequence[Made]) -> QuerySet[Decision]:
    """What these batches did to items that are `user`'s to decide, or that `user` decided; `last`: nobody has decided since.

    The span keeps the database from walking through all history in search of a batch.
    """
    departments = list(departments_where(user, Right.DECIDE).order_by().values_list("pk", flat=True))
    mine = Q(item__owner__in=departments) | Q(item__supervisor=user) | Q(batch__actor=user)
    found = Decision.objects.filter(
        mine,
        batch__in=[one.batch.pk for one in made],
        pk__gte=min(one.span[0] for one in made),
        pk__lte=max(one.span[1] for one in made),
    )
    later = Decision.objects.filter(item=OuterRef("item"), pk__gt=OuterRef("pk"))
    return found.annotate(last=~Exists(later)).select_related(
        "batch__actor", "on_behalf_of", "item__checkpoint", "item__owner__parent",
        "item__sheet__graduate__college", "item__sheet__graduate__school_class",
    )  # fmt: skip


def last_of(user: User, number: int) -> list[Made]:
    """The latest decisions of `user` by hand, newest first, for taking back at the counter."""
    mine = DecisionBatch.objects.filter(actor=user, how=DecidedBy.HAND).order_by("-pk")[:number]
    return lines_of(list(mine))
