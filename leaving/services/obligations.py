"""What a delivery of obligations does when it is applied (C7). How they come in and wait, `deliveries` says; what they make of
items, `by_data`.

A **snapshot** is complete: of everyone it is about, what it lists is open and what it does not list is settled, and they are
covered (“clear according to the library, data of 14:02”). **Changes** open and settle what they name, and cover whom they name.
Nothing is settled of who is no longer the department's to decide about (deferred, moved to another campus): their rows are
dropped, so what is open stays open, and their coverage ends.

* Data have their own time stamp (`taken_at`), and the newest that speak about an obligation say what it is, in whatever order
  they come. What is older than the newest complete list that was applied for the same feed (a department's data for one
  checkpoint) is kept as *superseded* and changes nothing; so is a held list that a newer one overtakes. Newer changes overtake
  row by row (`LatestWord`): an older list, or older changes, count for all that no newer changes have spoken about.
  A time in the future is refused: it would shut out everything that follows.
* A delivery is known by its `uid`. The same again changes nothing and gets the same answer; another content under a known uid
  is refused. The same content under another uid changes nothing either, because only differences are written.
* A snapshot is *held* when it is suspicious: it lists nobody of ours, though the last one did; or, empty or not, it would lose
  more than the checkpoint's `may_shrink_by` of the obligations that are open. Nothing changes until somebody who may decide there
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
from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, DeliveryKind, DeliveryState
from leaving.models import ApiKey, Checkpoint, Delivery
from leaving.models.clearance import DOOR
from leaving.selectors.feeds import Feed
from leaving.services.by_data import let_data_decide
from leaving.services.ledger import Entry, hold_sheets, write_entries
from leaving.services.states import clear_complete
from portal.accounts.models import User
from portal.accounts.services import same_name
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.selectors import holds
from portal.doors import door
from portal.errors import Refused

CLOCKS_DIFFER = datetime.timedelta(minutes=10)
FIGURES = ("rows", "not_ours", "before", "opened", "changed", "settled", "passed", "failed", "cleared")


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
    """What is wrong with a row: its place (from 0), its column, a code of `workbooks.obligations.MESSAGES`, what its words
    need besides the value that stands there, and whose row it is."""

    place: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    value: str = ""
    student_no: str = ""


_values = attrgetter(*(each.name for each in fields(Owed)))  # `astuple` takes thirty times as long


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
        self.strangers: set[str] = set()
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
                self.strangers.add(row.student_no)
                continue
            if row.name and not same_name(row.name, known[1]):
                self.faults.append(_fault(place, row, "name", "name_differs", known=known[1]))
                continue
            first = self._seen.setdefault((row.student_no, row.key), place)
            if first != place:
                self.faults.append(_fault(place, row, "title", "obligation_twice", first=first))
                continue
            self.entries.append(Entry(known[0], row.key, row.title, row.amount, row.note, row.settled))


def _fault(place: int, row: Owed, column: str, code: str, **params: object) -> RowFault:
    return RowFault(place, column, code, params, getattr(row, column), row.student_no)


def admit(
    *,
    feed: Feed,
    kind: DeliveryKind,
    taken_at: datetime.datetime,
    rows: Sequence[Owed],
    uid: uuid.UUID,
    actor: User | None = None,
    key: ApiKey | None = None,
) -> Delivery:
    """The delivery with this number: the known one, or a new one, which is not saved (no `pk`).

    Whoever else hands in the same number waits until the caller's transaction is over. Raises Refused (`not_allowed`,
    `no_feed`, `cohort_closed`, `taken_in_future`, `uid_reused`).
    """
    refuse_unless_allowed(feed, actor=actor, key=key)
    digest = _digest(feed, kind, taken_at, rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(uid)])
    known = (
        Delivery.objects.select_related("checkpoint__cohort", "department__parent").filter(uid=uid).first()
    )
    if known is not None:
        if bytes(known.digest) != digest:
            raise Refused(
                "uid_reused", _("This number belongs to another delivery. Use a new one for new data.")
            )
        return known
    checkpoint = _wanted(feed)
    if taken_at > timezone.now() + CLOCKS_DIFFER:
        raise Refused(
            "taken_in_future", _("The data's time lies in the future. Check the clock and the time zone.")
        )
    return Delivery(
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


def _wanted(feed: Feed) -> Checkpoint:
    """The feed's checkpoint as it is now. Raises Refused where no data are wanted (any more): `no_feed`, `cohort_closed`."""
    checkpoint = Checkpoint.objects.select_related("cohort").get(pk=feed.checkpoint.pk)
    if not checkpoint.decided_by_data:
        raise Refused("no_feed", _("%(checkpoint)s is not decided by data.") % {"checkpoint": checkpoint})
    if checkpoint.cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("The cohort %(year)s is closed.") % {"year": checkpoint.cohort.code})
    return checkpoint


def refuse_unless_allowed(feed: Feed, *, actor: User | None, key: ApiKey | None) -> None:
    """Raises Refused (`not_allowed`): a valid key of the department, somebody who decides there, or the system."""
    by_key = key is None or (key.is_valid and key.department_id == feed.department.pk)
    by_person = actor is None or holds(actor, Right.DECIDE, feed.department)
    if not (by_key and by_person):
        raise Refused(
            "not_allowed", _("You may not hand in data of %(department)s.") % {"department": feed.department}
        )


def carry_out(delivery: Delivery, feed: Feed, rows: Sequence[Owed], *, may_hold: bool) -> Delivery:
    """Decides what becomes of a delivery and does it: items fail and pass, complete sheets are cleared.

    The caller holds the feed. Raises, with nothing written, RowsRefused and Refused (`no_feed`, `cohort_closed`).
    """
    _wanted(feed)
    newest = feed.latest(DeliveryKind.SNAPSHOT)
    if newest is not None and delivery.taken_at < newest.taken_at:
        return rest(delivery, DeliveryState.SUPERSEDED)
    complete = delivery.kind == DeliveryKind.SNAPSHOT
    reader = Reader(feed, only=None if complete else {row.student_no for row in rows})
    reader.read(enumerate(rows))
    if reader.faults:
        raise RowsRefused(reader.faults)
    delivery.not_ours = len(reader.not_ours)
    delivery.before = feed.obligations().count()
    if may_hold and complete and _suspicious(delivery, feed, len(reader.entries), newest):
        delivery.content = packed(rows)
        return rest(delivery, DeliveryState.HELD)
    return _apply(delivery, feed, reader)


def _suspicious(delivery: Delivery, feed: Feed, listed: int, last: Delivery | None) -> bool:
    if listed == 0 and (last is None or last.rows > last.not_ours):
        return True
    kept = 1 - Decimal(feed.checkpoint.may_shrink_by)
    return listed < delivery.before * kept


def _apply(delivery: Delivery, feed: Feed, reader: Reader) -> Delivery:
    delivery.applied_at = timezone.now()
    delivery.state, delivery.content = DeliveryState.APPLIED, None
    delivery.save()
    written = write_entries(delivery, reader.entries, about=reader.about, strangers=reader.strangers)
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
    if delivery.kind == DeliveryKind.SNAPSHOT:
        overtaken = feed.deliveries().filter(state=DeliveryState.HELD, taken_at__lte=delivery.taken_at)
        overtaken.exclude(pk=delivery.pk).update(state=DeliveryState.SUPERSEDED, content=None)
    return rest(delivery, DeliveryState.APPLIED)


def rest(delivery: Delivery, state: DeliveryState) -> Delivery:
    """Saves what became of a delivery, and says so in the audit trail as `obligations.<state>`."""
    delivery.state = state
    if state not in (DeliveryState.HELD, DeliveryState.RECEIVED):
        delivery.content = None
    delivery.save()
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
            "problem": delivery.problem,
            **{name: getattr(delivery, name) for name in (*FIGURES, "faults_total")},
        },
    )
    return delivery


def packed(rows: Sequence[Owed]) -> bytes:
    """Rows as they are kept while a delivery is held or waits."""
    return zlib.compress(json.dumps([_values(row) for row in rows], cls=DjangoJSONEncoder).encode(), level=1)


def unpacked(delivery: Delivery) -> list[Owed]:
    """The rows of a delivery that is held or waits."""
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
        said.update(repr(_values(row)).encode())
    return said.digest()
