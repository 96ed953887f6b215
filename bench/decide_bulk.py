"""One decision on 5 000 items, with history, audit, gates and the question who is cleared."""

from django.db import transaction

from bench import _clearance
from bench.framework import Benchmark, Measured, register, settled, timed
from leaving.choices import DecidedBy, ItemState, Verb
from leaving.models import ClearanceItem, Decision, DecisionBatch
from leaving.models.clearance import DOOR
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from portal.accounts.models import User
from portal.doors import door

GRADUATES = 20_000
ITEMS = 5_000


@register
class DecideBulk(Benchmark):
    name = "decide-bulk"
    rows = ITEMS
    limit = "one bare UPDATE of the same columns of the same rows"
    peer = "a loop that locks, saves and writes the history of one item after the other, in one transaction"
    rounds = 15

    def prepare(self) -> None:
        open_cohort(cohort=_clearance.cohort_of(GRADUATES), actor=None)
        self.clerk = User.objects.get(username="library")
        open_items = ClearanceItem.objects.filter(checkpoint__key="library", state=ItemState.PENDING)
        *self.ids, self.another = open_items.order_by("pk").values_list("pk", flat=True)[: ITEMS + 1]
        assert len(self.ids) == ITEMS

    def ours(self) -> Measured:
        self._afresh()
        decide(items=[self.another], verb=Verb.PASS, actor=self.clerk)
        measured = timed(lambda: decide(items=self.ids, verb=Verb.PASS, actor=self.clerk))
        assert len(measured.answer.decided) == ITEMS
        return measured

    def limit_run(self) -> Measured:
        self._afresh()
        self._bare([self.another])
        return timed(lambda: self._bare(self.ids))

    def _bare(self, ids: list[int]) -> None:
        _clearance.by_the_door(
            "UPDATE leaving_clearanceitem SET state = 'passed', reason = '', decided_how = 'hand', decided_by_id = %s,"
            " decided_at = now(), changed_xid = pg_current_xact_id()::text::bigint WHERE id = ANY(%s)",
            [self.clerk.pk, ids],
        )

    def peer_run(self) -> Measured:
        self._afresh()
        self._one_by_one([self.another])
        return timed(lambda: self._one_by_one(self.ids))

    @transaction.atomic
    def _one_by_one(self, ids: list[int]) -> None:
        batch = DecisionBatch.objects.create(verb=Verb.PASS, how=DecidedBy.HAND, actor=self.clerk)
        with door(DOOR):
            for pk in ids:
                item = ClearanceItem.objects.select_for_update().get(pk=pk)
                before, item.state, item.decided_by = item.state, ItemState.PASSED, self.clerk
                item.decided_how, item.decided_at = DecidedBy.HAND, batch.at
                item.save(update_fields=["state", "decided_by", "decided_how", "decided_at"])
                Decision.objects.create(item=item, batch=batch, before=before, after=item.state)

    def _afresh(self) -> None:
        """Everything undecided, on a calm server. Whoever measures decides one more item first: `settled` leaves a connection
        that knows no table yet, and a running portal's knows them."""
        _clearance.by_the_door(
            "UPDATE leaving_clearanceitem SET state = 'pending', decided_how = '', decided_by_id = NULL, decided_at = NULL"
            " WHERE id = ANY(%s)",
            [[*self.ids, self.another]],
        )
        settled()
