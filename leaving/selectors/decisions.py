"""Decisions as a whole: one's own and those of one's departments, to look at and to take back (C6, decision 5)."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from leaving.choices import DecidedBy
from leaving.models import Decision, DecisionBatch, Graduate
from leaving.selectors.clearance import items_of_students
from leaving.selectors.delegations import stands_in_today
from leaving.selectors.supervision import reviews_in_place_of_supervisors, stands_in
from portal.accounts.access import AnyUser
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import departments_where, holdings

BY_PEOPLE = (DecidedBy.HAND, DecidedBy.WORKBOOK, DecidedBy.UNDO)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A taking back of a batch, of so many of the items that the reader sees; `visible`: the reader may look into it."""

    batch: DecisionBatch
    items: int
    visible: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A batch as a line of the list, as far as its items are the reader's: how many, one of its decisions, who took it back."""

    batch: DecisionBatch
    items: int
    span: tuple[int, int]  # the first and the last of its decisions, between which few others lie
    example: Decision | None
    taken_back: Sequence[TakenBack] = ()  # the latest first; several where it spans departments

    @property
    def reason(self) -> str:
        return self.example.said if self.example else ""

    @property
    def items_taken_back(self) -> int:
        return sum(one.items for one in self.taken_back)

    @property
    def in_part(self) -> bool:
        return 0 < self.items_taken_back < self.items

    @property
    def items_left(self) -> int:
        return self.items - self.items_taken_back

    @property
    def may_be_taken_back(self) -> bool:
        return self.items_left > 0 and self.batch.undoes_id is None and self.batch.how != DecidedBy.UNDO


def batches_visible_to(user: AnyUser) -> QuerySet[DecisionBatch]:
    """What people decided: `user`, and whoever else decided items of departments where `user` holds the right today."""
    if not user.is_authenticated or not user.is_active:
        return DecisionBatch.objects.none()
    departments = _departments(user)
    reached = Q(actor=user) | Q(departments__overlap=departments) if departments else Q(actor=user)
    return DecisionBatch.objects.filter(reached, how__in=BY_PEOPLE)


def _departments(user: AnyUser) -> list[int]:
    """Those where `user` decides; of all but superusers they are remembered."""
    if user.is_superuser:
        return list(departments_where(user, Right.DECIDE).order_by().values_list("pk", flat=True))
    return sorted({holding.department for holding in holdings(user, Right.DECIDE)})


def _shown_to(user: User, batches: Iterable[DecisionBatch]) -> tuple[Q, Q]:
    """Two conditions on decisions, of all in batches that are `user`'s throughout, and of those of the other batches whose items
    are `user`'s to decide. The first looks at no item, of which there may be tens of thousands."""
    departments = set(_departments(user))
    whole: list[int] = []
    parts: list[int] = []
    for batch in batches:
        mine = user.pk in (batch.actor_id, batch.undoes.actor_id if batch.undoes else None)
        (whole if mine or departments.issuperset(batch.departments) else parts).append(batch.pk)
    own = Q(item__owner__in=departments) | Q(item__supervisor=user)
    return Q(batch__in=whole), Q(batch__in=parts) & own


def narrowed(
    batches: QuerySet[DecisionBatch], user: User, *, about: str = "", day: datetime.date | None = None
) -> QuerySet[DecisionBatch]:
    """Those about a graduate (student number or name, in full), as far as `user` sees what they did; those of a day."""
    if about:
        whom = Graduate.objects.filter(Q(student_no=about) | Q(name=about))
        mine = Q(item__owner__in=_departments(user)) | Q(item__supervisor=user) | Q(batch__actor=user)
        decided = Decision.objects.filter(mine, item__sheet__graduate__in=whom)
        batches = batches.filter(pk__in=decided.order_by().values("batch"))
    if day:
        begins = timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
        batches = batches.filter(at__gte=begins, at__lt=begins + datetime.timedelta(days=1))
    return batches


def lines_of(batches: Sequence[DecisionBatch], user: User) -> list[Made]:
    """The batches with what a line says of them to `user`, in three queries."""
    pks = [batch.pk for batch in batches]
    undone = list(
        DecisionBatch.objects.filter(undoes__in=pks).select_related("actor", "undoes").order_by("-pk")
    )
    whole, parts = (
        Decision.objects.filter(shown)
        .order_by()
        .values("batch_id")
        .annotate(items=Count("pk"), first=Min("pk"), last=Max("pk"))
        for shown in _shown_to(user, [*batches, *undone])
    )
    tallies = {row["batch_id"]: row for row in whole.union(parts, all=True)}
    examples = Decision.objects.select_related(
        "item__sheet__graduate", "item__checkpoint", "on_behalf_of"
    ).in_bulk([tallies[pk]["first"] for pk in pks if pk in tallies])
    departments = set(_departments(user))
    taken_back = defaultdict(list)
    for one in undone:
        if one.pk in tallies:
            visible = one.actor_id == user.pk or bool(departments & set(one.departments))
            taken_back[one.undoes_id].append(TakenBack(one, tallies[one.pk]["items"], visible))
    nothing = {"items": 0, "first": 0, "last": 0}
    return [
        Made(
            batch,
            tally["items"],
            (tally["first"], tally["last"]),
            examples.get(tally["first"]),
            taken_back[batch.pk],
        )
        for batch in batches
        for tally in (tallies.get(batch.pk, nothing),)
    ]


def decisions_for(user: User, made: Sequence[Made]) -> QuerySet[Decision]:
    """What these batches did to items that are `user`'s to decide, or that `user` decided; `last`: nobody has decided since.

    The span keeps the database from walking through all history in search of a batch.
    """
    whole, parts = _shown_to(user, [one.batch for one in made])
    found = Decision.objects.filter(
        whole | parts,
        pk__gte=min(one.span[0] for one in made),
        pk__lte=max(one.span[1] for one in made),
    )
    return found.annotate(last=~Exists(_later())).select_related(
        "batch__actor", "on_behalf_of", "item__checkpoint", "item__owner__parent",
        "item__sheet__graduate__college", "item__sheet__graduate__school_class",
    )  # fmt: skip


def returning(user: User, made: Sequence[Made]) -> int:
    """How many items would return if `user` took these batches back: those of the own that nobody has decided since."""
    may = [one for one in made if one.may_be_taken_back]
    if not may:
        return 0
    departments = _departments(user)
    mine = Q(item__owner__in=departments) | Q(item__supervisor=user)
    if stands_in_today(user):
        mine |= Q(item__in=items_of_students(user).order_by().values("pk"))
    if stands_in.allows(user):
        reviews = reviews_in_place_of_supervisors(user).order_by().values("pk")
        mine |= ~Q(batch__delegation="") & Q(item__in=reviews)
    if all(set(departments).issuperset(one.batch.departments) for one in may):
        mine = Q()  # no need to look at every item
    decisions = Decision.objects.filter(
        mine,
        ~Exists(_later()),
        batch__in=[one.batch.pk for one in may],
        pk__gte=min(one.span[0] for one in may),
        pk__lte=max(one.span[1] for one in may),
    )
    return decisions.count()


def _later() -> QuerySet[Decision]:
    return Decision.objects.filter(item=OuterRef("item"), pk__gt=OuterRef("pk"))


def last_of(user: User, number: int) -> list[Made]:
    """The latest decisions of `user` by hand, newest first, for taking back at the counter."""
    mine = DecisionBatch.objects.filter(actor=user, how=DecidedBy.HAND).order_by("-pk")[:number]
    return lines_of(list(mine), user)
