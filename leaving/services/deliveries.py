"""How deliveries come in over the API, wait for a worker, and are confirmed (C7). What applying one does, `obligations` says.

What is little work is done while the sender waits. A long list is checked for form, stored whole as *received* and answered;
a worker applies it, exactly once: its state, what it changes and its lease are one transaction. A workbook is applied by the
worker that has it, but goes into the line, too, where others wait.

* Whatever waits in a feed is applied one after the other, oldest data first, whichever worker was rung for. So two long lists
  that were sent in the wrong order both count, and nothing that comes while others wait goes past them. An older list is not
  left out because a newer one waits: that one may yet be held, or faulty.
* Rows that cannot be right make a received delivery *faulty*: nothing is applied, and what is wrong is kept to be read.
* Who may hand in is asked at receipt; a key that was revoked since, a cohort that was closed or a checkpoint that data do not
  decide any more make it *refused*, and `problem` says which.
* After three attempts it has *failed*. Sending the same again under the same number takes it up anew.

Locks: number (advisory), delivery, then the feed as in `obligations`; whoever has a delivery never waits for the feed.
"""

import datetime
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import DeliveryKind, DeliveryState
from leaving.models import ApiKey, DataCoverage, Delivery
from leaving.selectors.feeds import Feed
from leaving.services.ledger import hold_feed
from leaving.services.obligations import (
    Owed,
    RowFault,
    RowsRefused,
    admit,
    carry_out,
    packed,
    refuse_unless_allowed,
    rest,
    unpacked,
)
from portal.accounts.models import User
from portal.doors import one_transaction
from portal.errors import Refused
from portal.workbooks.services import leases

TASK = "leaving.tasks.apply_delivery"
AT_ONCE = 2_000  # rows, or graduates concerned, that are little work
FAULTS_KEPT = 100


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
    hurried: bool = False,
) -> Delivery:
    """Takes a list of obligations and returns the delivery: applied, held, superseded, or received; a known one as it is (C7).

    Handed in by `actor`, who decides in the department, or with its `key`; neither is the system. `hurried`, because a sender
    waits for the answer: what is not little work is only received. A failed one is received again. Audited as
    `obligations.<state>`. Raises Refused (`not_allowed`, `no_feed`, `cohort_closed`, `taken_in_future`, `uid_reused`) and
    RowsRefused. Side effects: those of `carry_out`, and a lease for what is received.
    """
    delivery = admit(feed=feed, kind=kind, taken_at=taken_at, rows=rows, uid=uid, actor=actor, key=key)
    if delivery.state == DeliveryState.FAILED:
        delivery.problem, delivery.key = "", key
        return _put_in_line(delivery, rows)
    if delivery.pk is not None:
        return delivery
    if _can_be_done_now(delivery, feed, hurried=hurried):
        return carry_out(delivery, feed, rows, may_hold=True)
    return _put_in_line(delivery, rows)


@one_transaction
def confirm_delivery(*, delivery: Delivery, actor: User) -> Delivery:
    """Applies a delivery that was held, or has a worker do it; a newer complete list that came meanwhile makes it superseded.

    Audited as `obligations.<state>` with the actor. Raises Refused (`not_allowed`, `not_held`, `no_feed`, `cohort_closed`).
    """
    held = _held(delivery, actor)
    feed, rows = Feed(held.checkpoint, held.department), unpacked(held)
    if _can_be_done_now(held, feed, hurried=True):
        return _carry_out_or_say_why(held, feed, rows)
    return _put_in_line(held, rows)


@one_transaction
def refuse_delivery(*, delivery: Delivery, actor: User) -> Delivery:
    """Puts a held delivery away; nothing changes. Audited as `obligations.refused`. Raises `not_allowed` and `not_held`."""
    return rest(_held(delivery, actor), DeliveryState.REFUSED)


def _held(delivery: Delivery, actor: User) -> Delivery:
    """The delivery, locked, with who answers it."""
    refuse_unless_allowed(Feed(delivery.checkpoint, delivery.department), actor=actor, key=None)
    held = _locked(delivery)
    if held.state != DeliveryState.HELD:
        raise Refused("not_held", _("This delivery does not wait for an answer any more."))
    held.answered_by, held.answered_at = actor, timezone.now()
    return held


def _can_be_done_now(delivery: Delivery, feed: Feed, *, hurried: bool) -> bool:
    """Does nothing wait before it, and is it little work where somebody is hurried? If so, the feed is held."""
    if hurried and not _is_little(delivery, feed):
        return False
    held = hold_feed(feed.checkpoint.pk, feed.checkpoint.cohort_id, wait=not hurried)
    return held and _first_in_line(feed) is None


def _is_little(delivery: Delivery, feed: Feed) -> bool:
    """A complete list also settles what it does not name, and speaks about everyone whom none has spoken about."""
    if delivery.rows > AT_ONCE or delivery.kind == DeliveryKind.CHANGES:
        return delivery.rows <= AT_ONCE
    known = DataCoverage.objects.filter(
        checkpoint=feed.checkpoint, department=feed.department, graduate=OuterRef("pk")
    )
    unknown = feed.graduates().exclude(Exists(known))
    most = AT_ONCE + 1
    return feed.obligations()[:most].count() < most and unknown.order_by()[:most].count() < most


def _put_in_line(delivery: Delivery, rows: Sequence[Owed]) -> Delivery:
    delivery.content = packed(rows)
    rest(delivery, DeliveryState.RECEIVED)
    leases.open_lease(delivery.uid, task=TASK)
    return delivery


def _first_in_line(feed: Feed) -> Delivery | None:
    waiting = feed.deliveries().filter(state=DeliveryState.RECEIVED)
    return waiting.defer("content").order_by("taken_at", "pk").first()


def process(delivery_uid: uuid.UUID) -> None:
    """What a worker does when the bell rings: applies what waits in the feed of this delivery, oldest data first.

    Where another worker is at it, or was killed at it, nothing: that one, or whoever takes it up, goes on with the rest.
    """
    rung = Delivery.objects.select_related("checkpoint", "department").defer("content").get(uid=delivery_uid)
    feed, tried = Feed(rung.checkpoint, rung.department), None
    while (first := _first_in_line(feed)) is not None and first.pk != tried:
        taken = leases.take(first.uid)
        if taken is None:
            return
        with suppress(leases.LeaseLost):
            _work(first, taken)
        tried = first.pk  # still waiting: it is tried again when the sweep rings


def _work(delivery: Delivery, taken: leases.Taken) -> None:
    if taken.exhausted:
        return _give_up(delivery, taken, problem="attempts_exhausted")
    with leases.attempt(taken, failed=lambda error: _give_up(delivery, taken, problem=error)):
        _apply(delivery, taken)
    return None


@one_transaction
def _apply(delivery: Delivery, taken: leases.Taken) -> None:
    """What the delivery changes, its state and its lease in one transaction."""
    feed = Feed(delivery.checkpoint, delivery.department)
    hold_feed(feed.checkpoint.pk, feed.checkpoint.cohort_id)
    received = _locked(delivery)
    try:
        if received.key and received.key.revoked_at:
            raise Refused("key_revoked", _("The key of this delivery was revoked."))
        with transaction.atomic():
            _carry_out_or_say_why(received, feed, unpacked(received))
    except Refused as refused:
        received.problem = refused.code
        rest(received, DeliveryState.REFUSED)
    leases.close_lease(taken)


def _carry_out_or_say_why(delivery: Delivery, feed: Feed, rows: Sequence[Owed]) -> Delivery:
    """`carry_out`, but rows that cannot be right make the delivery faulty. What a person confirmed is not held again."""
    try:
        return carry_out(delivery, feed, rows, may_hold=delivery.answered_by is None)
    except RowsRefused as refused:
        delivery.faults = [asdict(fault) for fault in refused.faults[:FAULTS_KEPT]]
        delivery.faults_total = len(refused.faults)
        return rest(delivery, DeliveryState.FAULTY)


@transaction.atomic
def _give_up(delivery: Delivery, taken: leases.Taken, *, problem: str) -> None:
    failed = _locked(delivery)
    failed.problem = problem[:40]
    rest(failed, DeliveryState.FAILED)
    leases.close_lease(taken)


def _locked(delivery: Delivery) -> Delivery:
    whole = Delivery.objects.select_related(
        "checkpoint__cohort", "department__parent", "key", "actor", "answered_by"
    )
    return whole.select_for_update(of=("self",), no_key=True).get(pk=delivery.pk)


def faults_of(delivery: Delivery) -> list[RowFault]:
    """What is wrong with the rows of a faulty delivery: the first of `faults_total`."""
    return [RowFault(**fault) for fault in delivery.faults]
