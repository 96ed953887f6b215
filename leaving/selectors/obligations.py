"""What departments' data say about a graduate, in words, and the debts that came after clearing (C7, C9, decision 14)."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import DecidedBy, DeliveryState, ItemState, SheetState
from leaving.models import ClearanceItem, ClearanceSheet, DataCoverage, Delivery, Obligation
from leaving.selectors.history import Event
from portal.accounts.access import AnyUser
from portal.departments.choices import Right
from portal.departments.selectors import departments_where

SHOWN = 8  # obligations of an item that are read without unfolding


@dataclass(slots=True)
class Said:
    """What the data of a checkpoint say about one graduate: what is open, and of when the data are (None: they are silent)."""

    item: ClearanceItem
    open: list[Obligation] = field(default_factory=list)
    data_of: datetime.datetime | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def total(self) -> Decimal | None:
        """What is owed in CNY; None where no amounts are given."""
        amounts = [obligation.amount for obligation in self.open if obligation.amount is not None]
        return sum(amounts, Decimal()) if amounts else None

    @property
    def first(self) -> list[Obligation]:
        """What is read at once; a long list folds up behind it."""
        return self.open if len(self.open) <= SHOWN + 1 else self.open[:SHOWN]

    @property
    def further(self) -> list[Obligation]:
        return self.open[len(self.first) :]

    @property
    def rules(self) -> bool:
        """Did the data make the item what it is?"""
        return self.item.decided_how == DecidedBy.DATA and self.item.state in (
            ItemState.PASSED,
            ItemState.FAILED,
        )

    @property
    def overruled(self) -> bool:
        """Did a person decide, so that the data do not until that is reopened?"""
        decided = self.item.state in (ItemState.PASSED, ItemState.FAILED, ItemState.WAIVED)
        return decided and self.item.decided_how in (DecidedBy.HAND, DecidedBy.WORKBOOK)

    @property
    def awaited(self) -> bool:
        """Can nothing be decided by data because none have come (decision 14)?"""
        return self.data_of is None and self.item.state == ItemState.PENDING


def said_about(sheet: ClearanceSheet, items: Iterable[ClearanceItem]) -> dict[int, Said]:
    """Item → what the data say, for the items of a sheet that data decide. Three queries, none where no data decide."""
    by_data = {item.checkpoint_id: Said(item) for item in items if item.checkpoint.decided_by_data}
    if not by_data:
        return {}
    mine = Obligation.objects.filter(graduate=sheet.graduate_id, checkpoint__in=by_data)
    for obligation in mine.select_related("brought_by", "settled_by").order_by("pk"):
        said = by_data[obligation.checkpoint_id]
        said.events += _events(obligation)
        if obligation.settled_at is None and obligation.department_id == said.item.owner_id:
            said.open.append(obligation)
            said.data_of = obligation.brought_by.taken_at  # what is known, should nothing newer be about them
    for checkpoint, taken_at in _data_of(sheet.graduate_id, by_data):
        by_data[checkpoint].data_of = taken_at
    return {said.item.pk: said for said in by_data.values()}


def _data_of(graduate: int, by_data: Mapping[int, Said]) -> list[tuple[int, datetime.datetime]]:
    """Of when the data are that the items' departments have delivered about the graduate; none where they are silent."""
    owners = {said.item.owner_id for said in by_data.values() if said.item.owner_id}

    def decide(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [row for row in rows if by_data[row[0]].item.owner_id == row[1]]

    feeds = ("checkpoint", "department")
    covered = DataCoverage.objects.filter(checkpoint__in=by_data, department__in=owners, graduate=graduate)
    heard = [checkpoint for checkpoint, _owner in decide(covered.values_list(*feeds))]
    applied = Delivery.objects.filter(
        state=DeliveryState.APPLIED, checkpoint__in=heard, department__in=owners
    )
    newest = applied.order_by(*feeds, "-taken_at").distinct(*feeds).values_list(*feeds, "taken_at")
    return [(checkpoint, taken_at) for checkpoint, _owner, taken_at in decide(newest)]


def with_obligations(history: Sequence[Event], said: Said | None) -> list[Event]:
    """The decisions on an item and what was opened and settled, newest first."""
    return sorted([*history, *(said.events if said else ())], key=lambda event: event.when, reverse=True)


def owed(obligation: Obligation) -> str:
    """“《普通地质学》, ¥35.00”: the matter with its amount."""
    if obligation.amount is None:
        return obligation.title
    return _("%(title)s, ¥%(amount)s") % {"title": obligation.title, "amount": f"{obligation.amount:,.2f}"}


def _events(obligation: Obligation) -> list[Event]:
    events = [
        Event(
            obligation.since,
            _told(_("Open: %(matter)s (data of %(time)s)"), obligation, obligation.brought_by),
            "",
        )
    ]
    if obligation.settled_at and obligation.settled_by:
        said = _told(_("Settled: %(matter)s (data of %(time)s)"), obligation, obligation.settled_by)
        events.append(Event(obligation.settled_at, said, ""))
    return events


def _told(words: str, obligation: Obligation, delivery: Delivery) -> str:
    at = timezone.localtime(delivery.taken_at)
    return words % {"matter": owed(obligation), "time": f"{at:%m-%d %H:%M}"}


def explained_by_data(said: Said, *, who: str) -> str:
    """Why the item is in its state, where that is up to the data; empty where it is not."""
    if said.awaited:
        return _("No data received yet from %(who)s.") % {"who": who}
    if not said.rules:
        return ""
    if said.item.state == ItemState.FAILED:
        return _("Not passed according to the data of %(who)s") % {"who": who}
    return _("Clear according to the data of %(who)s") % {"who": who}


def debts_after_clearing(user: AnyUser) -> QuerySet[Obligation]:
    """What is open with `user`'s departments though its graduate was cleared before it came; the certificate stands (C9).

    That the data had passed the item says the same where the times do not: a long delivery may have begun before, and found
    the sheet cleared in the end.
    """
    departments = departments_where(user, Right.DECIDE).order_by().values_list("pk", flat=True)
    passed = ClearanceItem.objects.filter(
        sheet=OuterRef("pk"),
        checkpoint=OuterRef(OuterRef("checkpoint")),
        owner=OuterRef(OuterRef("department")),
        state=ItemState.PASSED,
    )
    # A value, so that one item is looked up; as EXISTS it may become a scan of all that passed.
    how = Subquery(passed.values("decided_how")[:1])
    cleared = ClearanceSheet.objects.annotate(how=how).filter(
        Q(cleared_at__lt=OuterRef("since")) | Q(how=DecidedBy.DATA),
        graduate=OuterRef("graduate"),
        cohort=OuterRef("checkpoint__cohort"),
        state=SheetState.CLEARED,
    )
    open_here = Obligation.objects.filter(department__in=list(departments), settled_at=None)
    return open_here.filter(Exists(cleared))


def debts_for_list(debts: QuerySet[Obligation]) -> QuerySet[Obligation]:
    """With what a row of the list shows."""
    sheets = ClearanceSheet.objects.filter(
        graduate=OuterRef("graduate"), cohort=OuterRef("checkpoint__cohort")
    )
    return debts.select_related(
        "graduate__college", "graduate__school_class", "checkpoint", "brought_by"
    ).annotate(cleared_at=sheets.values("cleared_at")[:1], amount_owed=F("amount"))


def deliveries_of(user: AnyUser) -> QuerySet[Delivery]:
    """The deliveries of the departments where `user` decides, newest first."""
    departments = departments_where(user, Right.DECIDE).order_by().values_list("pk", flat=True)
    found = Delivery.objects.filter(department__in=list(departments)).defer("content", "faults")
    return found.select_related("checkpoint__cohort", "department__parent", "actor", "answered_by", "key")
