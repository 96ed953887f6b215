"""Eight clerks decide the same item at once, 200 times: one wins, seven are told by whom and when, nothing is lost (C6)."""

import threading

import pytest
from django.db import connection

from leaving.choices import ItemState, Verb
from leaving.models import ClearanceItem, Decision, DecisionBatch
from leaving.selectors.clearance import snapshot
from leaving.services.clearance import Outcome, decide
from leaving.services.counters import drift
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import opened, published

ROUNDS, CLERKS = 200, 8
VERBS = (Verb.PASS, Verb.FAIL, Verb.WAIVE, Verb.PASS)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_of_eight_clerks_at_once_one_wins_and_seven_are_told() -> None:
    published()
    for _ in range(ROUNDS):
        builders.graduate()
    opened()
    library = builders.office("library")
    clerks = [builders.clerk(f"clerk{number}", Right.DECIDE, at=library) for number in range(CLERKS)]
    books = list(
        ClearanceItem.objects.filter(checkpoint__number=2).order_by("pk").values_list("pk", flat=True)
    )
    seen = snapshot()
    told: list[list[tuple[User, Verb, Outcome]]] = [[] for _ in books]
    start = threading.Barrier(CLERKS, timeout=30)

    def sit_down(number: int, actor: User) -> None:
        """One clerk, on a connection of their own, through all rounds."""
        try:
            for turn, book in enumerate(books):
                verb = VERBS[(turn + number) % len(VERBS)]
                start.wait()
                outcome = decide(items=[book], verb=verb, actor=actor, reason=actor.username, seen=seen)
                told[turn].append((actor, verb, outcome))
        finally:
            connection.close()

    threads = [threading.Thread(target=sit_down, args=clerk) for clerk in enumerate(clerks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    items = ClearanceItem.objects.select_related("decided_by").in_bulk(books)
    after = {Verb.PASS: ItemState.PASSED, Verb.FAIL: ItemState.FAILED, Verb.WAIVE: ItemState.WAIVED}
    for book, answers in zip(books, told, strict=True):
        assert len(answers) == CLERKS
        winners = [(actor, verb) for actor, verb, outcome in answers if outcome.decided == [book]]
        assert len(winners) == 1
        ((winner, verb),) = winners
        item = items[book]
        assert (item.decided_by, item.state, item.reason) == (winner, after[verb], winner.username)
        for actor, _verb, outcome in answers:
            if actor == winner:
                continue
            assert (outcome.decided, outcome.batch, len(outcome.skipped)) == ([], None, 1)
            skipped = outcome.skipped[0]
            assert skipped.code in ("decided", "changed")
            assert skipped.item is not None
            assert (skipped.item.decided_by, skipped.item.decided_at) == (winner, item.decided_at)
    changes = list(Decision.objects.order_by("item").values_list("item", "before", "after"))
    assert changes == [(book, ItemState.PENDING, items[book].state) for book in books]
    assert DecisionBatch.objects.count() == ROUNDS
    assert AuditEntry.objects.filter(verb="clearance.decided").count() == ROUNDS
    assert drift() == []
