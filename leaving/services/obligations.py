"""Deliveries of obligations: how departments' data come in (C7). What they make of items is said in `by_data`.

A **snapshot** is complete: what it lists is open, what it does not list is settled, and everyone it is about is covered
(“clear according to the library, data of 14:02”). **Changes** open and settle what they name, and cover whom they name.

* Data have their own time stamp (`taken_at`). What is older than the newest applied data of the same feed (a department's data
  for one checkpoint) is kept as *superseded* and changes nothing; so is a held one that newer data overtake. A time in the
  future is refused: it would shut out everything that follows.
* A delivery is known by its `uid`. The same again changes nothing and gets the same answer; another content under a known uid
  is refused. The same content under another uid changes nothing either, because only differences are written.
* A snapshot is *held* when it is suspicious: it lists nobody of ours, though the last one did; or it would lose more than the
  checkpoint's `may_shrink_by` of the obligations that are open. Nothing changes until somebody who may decide there
  confirms or refuses it. The first list ever is held only when it is empty.
* Rows about people the feed does not speak about (a library's other readers, other cohorts, other colleges) are counted as
  “not ours” and dropped. A workbook is made by a person for this purpose, so there they are faults.
* A name that is given must fit its student number, and a graduate's obligations must differ in their reference or title: else
  nothing of the delivery is applied.
* Cleared sheets stay as they are, and their certificates stand (C9): the obligations are kept and shown to the department.

Locks: cohort (shared), checkpoint, sheets. Obligations are written before the sheets are held, so that a decision by hand that
is under way either sees them or is seen.
"""

import datetime
import hashlib
import json
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, DeliveryKind, DeliveryState
from leaving.models import ApiKey, Checkpoint, Delivery, Obligation
from leaving.models.clearance import DOOR
from leaving.selectors.feeds import Feed
from leaving.services.by_data import let_data_decide
from leaving.services.ledger import Entry, hold_feed, hold_sheets, write_entries
from leaving.services.states import clear_complete
from portal.accounts.models import User
from portal.accounts.services import same_name
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.selectors import holds
from portal.doors import door, one_transaction
from portal.errors import Refused

CLOCKS_DIFFER = datetime.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Owed:
    """One row of a delivery. `reference` tells a graduate's obligations apart; without it the title does.

    A settled row (changes only) without both settles everything of that graduate.
    """

    student_no: str
    title: str = ""
    amount: Decimal | None = None
    note: str = ""
    name: str = ""
    reference: str = ""
    settled: bool = False

    @property
    def key(self) -> str:
        return self.reference or self.title


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: its place (from 0), its column, a code of `workbooks.obligations.MESSAGES`, and its words."""

    place: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class RowsRefused(Refused):
    """Rows that cannot be right; nothing was applied."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__("rows_refused", _("Nothing was applied: some rows cannot be right."))
        self.faults = faults


class Reader:
    """Turns rows into entries, block by block: whose they are, and what is wrong with them."""

    def __init__(self, feed: Feed, *, only: Iterable[str] | None = None) -> None:
        """Reads the roll once; `only` these student numbers where the list is short."""
        graduates = feed.graduates()
        if only is not None:
            graduates = graduates.filter(student_no__in=list(only))
        rows = graduates.order_by().values_list("student_no", "pk", "name")
        self._roll: dict[str, tuple[int, str]] = {number: (pk, name) for number, pk, name in rows.iterator()}
        self._seen: dict[tuple[str, str], int] = {}
        self.entries: list[Entry] = []
        self.not_ours: list[int] = []
        self.faults: list[RowFault] = []

    @property
    def about(self) -> list[int]:
        """Everyone on the roll (ids)."""
        return [pk for pk, _name in self._roll.values()]

    def read(self, rows: Iterable[tuple[int, Owed]]) -> None:
        """Takes rows with their places."""
        for place, row in rows:
            known = self._roll.get(row.student_no)
            if known is None:
                self.not_ours.append(place)
                continue
            if row.name and not same_name(row.name, known[1]):
                self.faults.append(RowFault(place, "name", "name_differs", {"known": known[1]}))
                continue
            first = self._seen.setdefault((row.student_no, row.key), place)
            if first != place:
                self.faults.append(RowFault(place, "title", "obligation_twice", {"first": first}))
                continue
            self.entries.append(Entry(known[0], row.key, row.title, row.amount, row.note, row.settled))


@one_transaction
def deliver(
    *,
    feed: Feed,
    kind: DeliveryKind,
    taken_at: datetime.datetime,
    rows: Sequence[Owed],
    uid: uuid.UUID,
    actor: User | None = None,
    key: ApiKey | None = None,
) -> Delivery:
    """Takes a list of obligations and returns the delivery: applied, held, or superseded; a known one as it was (C7).

    Handed in by `actor`, who decides in the department, or with its `key`; neither is the system. Audited as
    `obligations.<state>`. Raises Refused (`not_allowed`, `no_feed`, `cohort_closed`, `taken_in_future`, `uid_reused`) and
    RowsRefused. Side effects: items fail and pass, complete sheets are cleared.
    """
    _refuse_unless_allowed(feed, actor=actor, key=key)
    digest = _digest(feed, kind, taken_at, rows)
    hold_feed(feed.checkpoint.pk, feed.checkpoint.cohort_id)
    known = Delivery.objects.filter(uid=uid).first()
    if known is not None:
        if bytes(known.digest) != digest:
            raise Refused(
                "uid_reused", _("This number belongs to another delivery. Use a new one for new data.")
            )
        return known
    checkpoint = Checkpoint.objects.select_related("cohort").get(pk=feed.checkpoint.pk)
    if not checkpoint.decided_by_data:
        raise Refused("no_feed", _("%(checkpoint)s is not decided by data.") % {"checkpoint": checkpoint})
    if checkpoint.cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("The cohort %(year)s is closed.") % {"year": checkpoint.cohort.year})
    if taken_at > timezone.now() + CLOCKS_DIFFER:
        raise Refused(
            "taken_in_future", _("The data's time lies in the future. Check the clock and the time zone.")
        )
    delivery = Delivery(
        uid=uid,
        checkpoint=checkpoint,
        department=feed.department,
        kind=kind,
        taken_at=taken_at,
        actor=actor,
        key=key,
        digest=digest,
        rows=len(rows),
    )
    return _carry_out(delivery, feed, rows, may_hold=True)


@one_transaction
def confirm_delivery(*, delivery: Delivery, actor: User) -> Delivery:
    """Applies a delivery that was held; newer data that came meanwhile make it superseded instead.

    Audited as `obligations.applied` with the actor. Raises Refused (`not_allowed`, `not_held`).
    """
    held, feed = _held(delivery, actor)
    rows = unpacked(held)
    held.answered_by, held.answered_at = actor, timezone.now()
    return _carry_out(held, feed, rows, may_hold=False)


@one_transaction
def refuse_delivery(*, delivery: Delivery, actor: User) -> Delivery:
    """Puts a held delivery away; nothing changes. Audited as `obligations.refused`. Raises Refused as above."""
    held, _feed = _held(delivery, actor)
    held.answered_by, held.answered_at = actor, timezone.now()
    return _rest(held, DeliveryState.REFUSED)


def _held(delivery: Delivery, actor: User) -> tuple[Delivery, Feed]:
    feed = Feed(delivery.checkpoint, delivery.department)
    _refuse_unless_allowed(feed, actor=actor, key=None)
    hold_feed(feed.checkpoint.pk, feed.checkpoint.cohort_id)
    held = Delivery.objects.select_related("checkpoint__cohort", "department").get(pk=delivery.pk)
    if held.state != DeliveryState.HELD:
        raise Refused("not_held", _("This delivery does not wait for an answer any more."))
    return held, feed


def _refuse_unless_allowed(feed: Feed, *, actor: User | None, key: ApiKey | None) -> None:
    by_key = key is None or (key.is_valid and key.department_id == feed.department.pk)
    by_person = actor is None or holds(actor, Right.DECIDE, feed.department)
    if not (by_key and by_person):
        raise Refused(
            "not_allowed", _("You may not hand in data of %(department)s.") % {"department": feed.department}
        )


def _carry_out(delivery: Delivery, feed: Feed, rows: Sequence[Owed], *, may_hold: bool) -> Delivery:
    """Decides what becomes of a delivery and does it. The feed is held."""
    latest = feed.latest()
    if latest is not None and delivery.taken_at < latest.taken_at:
        return _rest(delivery, DeliveryState.SUPERSEDED)
    complete = delivery.kind == DeliveryKind.SNAPSHOT
    reader = Reader(feed, only=None if complete else {row.student_no for row in rows})
    reader.read(enumerate(rows))
    if reader.faults:
        raise RowsRefused(reader.faults)
    delivery.not_ours = len(reader.not_ours)
    delivery.before = Obligation.objects.filter(
        checkpoint=feed.checkpoint, department=feed.department, settled_at=None
    ).count()
    if may_hold and complete and _suspicious(delivery, feed, len(reader.entries)):
        delivery.content = packed(rows)
        return _rest(delivery, DeliveryState.HELD)
    return _apply(delivery, feed, reader)


def _suspicious(delivery: Delivery, feed: Feed, listed: int) -> bool:
    if listed == 0:
        last = feed.latest(DeliveryKind.SNAPSHOT)
        return last is None or last.rows > last.not_ours
    kept = 1 - Decimal(feed.checkpoint.may_shrink_by)
    return listed < delivery.before * kept


def _apply(delivery: Delivery, feed: Feed, reader: Reader) -> Delivery:
    delivery.applied_at = timezone.now()
    delivery.state, delivery.content = DeliveryState.APPLIED, None
    delivery.save()
    written = write_entries(delivery, reader.entries, about=reader.about)
    sheets = hold_sheets(delivery, written.touched, cohort=feed.checkpoint.cohort_id)
    with door(DOOR):
        decided = let_data_decide(sheets)
        cleared = clear_complete(sheets, actor=None) if decided.passed else []
    delivery.opened, delivery.changed, delivery.settled = written.opened, written.changed, written.settled
    delivery.failed, delivery.passed, delivery.cleared = (
        len(decided.failed),
        len(decided.passed),
        len(cleared),
    )
    overtaken = feed.deliveries().filter(state=DeliveryState.HELD, taken_at__lte=delivery.taken_at)
    overtaken.exclude(pk=delivery.pk).update(state=DeliveryState.SUPERSEDED, content=None)
    return _rest(delivery, DeliveryState.APPLIED)


def _rest(delivery: Delivery, state: DeliveryState) -> Delivery:
    """Saves what became of a delivery, and says so in the audit trail."""
    delivery.state = state
    if state != DeliveryState.HELD:
        delivery.content = None
    delivery.save()
    figures = ("rows", "not_ours", "before", "opened", "changed", "settled", "passed", "failed", "cleared")
    record(
        f"obligations.{state}",
        actor=delivery.answered_by or delivery.actor,
        target=delivery,
        department=delivery.department.code,
        details={
            "checkpoint": delivery.checkpoint.number,
            "kind": delivery.kind,
            "taken_at": delivery.taken_at,
            "key": str(delivery.key.uid) if delivery.key else None,
            **{name: getattr(delivery, name) for name in figures},
        },
    )
    return delivery


def packed(rows: Sequence[Owed]) -> bytes:
    """Rows as they are kept while a delivery is held."""
    return zlib.compress(json.dumps([astuple(row) for row in rows], cls=DjangoJSONEncoder).encode(), level=1)


def unpacked(delivery: Delivery) -> list[Owed]:
    """The rows of a delivery that is held."""
    plain = json.loads(zlib.decompress(bytes(delivery.content or b"")))
    return [
        Owed(number, title, None if amount is None else Decimal(amount), *rest)
        for number, title, amount, *rest in plain
    ]


def _digest(feed: Feed, kind: DeliveryKind, taken_at: datetime.datetime, rows: Sequence[Owed]) -> bytes:
    said = hashlib.sha256(
        f"{feed.checkpoint.pk} {feed.department.pk} {kind} {taken_at.astimezone(datetime.UTC).isoformat()}".encode()
    )
    for row in rows:
        said.update(repr(astuple(row)).encode())
    return said.digest()
