"""The door: who may decide what, when, and what follows (C4, C6, C9)."""

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from leaving import signals
from leaving.choices import ItemState, Verb
from leaving.models import Certificate, ClearanceItem, ClearanceSheet, DecisionBatch
from leaving.services.clearance import Outcome, decide, reopen_batch
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states

pytestmark = pytest.mark.django_db


def librarian(name: str = "alice") -> User:
    return builders.clerk(name, Right.DECIDE, at=builders.office("library"))


def codes(outcome: Outcome) -> list[str]:
    return [skipped.code for skipped in outcome.skipped]


def test_a_clerk_passes_fails_waives_and_reopens_with_a_history() -> None:
    published()
    graduate, alice = builders.graduate(), librarian()
    opened()
    book = item(graduate, 2)
    for verb, reason, state in (
        (Verb.FAIL, "2 books", "failed"),
        (Verb.FAIL, "1 book", "failed"),
        (Verb.WAIVE, "flood", "waived"),
        (Verb.REOPEN, "", "pending"),
        (Verb.PASS, "", "passed"),
    ):
        outcome = decide(items=[book.pk], verb=verb, actor=alice, reason=reason)
        assert (outcome.decided, outcome.skipped) == ([book.pk], [])
        book.refresh_from_db()
        assert (book.state, book.reason, book.decided_by, book.decided_how) == (state, reason, alice, "hand")
    assert list(book.decisions.order_by("pk").values_list("before", "after", "reason")) == [
        ("pending", "failed", "2 books"),
        ("failed", "failed", "1 book"),
        ("failed", "waived", "flood"),
        ("waived", "pending", ""),
        ("pending", "passed", ""),
    ]
    assert AuditEntry.objects.filter(verb="clearance.decided", actor=alice).count() == 5


@pytest.mark.parametrize("state", list(ItemState))
@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_in_every_state(state: ItemState, verb: Verb) -> None:
    published()
    graduate = postgraduate() if state in ("waiting", "exempt") else builders.graduate()
    opened()
    number = {ItemState.WAITING: 2, ItemState.EXEMPT: 5}.get(state, 2)
    if state == ItemState.EXEMPT:
        graduate = postgraduate(college="计算机学院")
        opened()
    target = item(graduate, number)
    before = {ItemState.FAILED: Verb.FAIL, ItemState.PASSED: Verb.PASS, ItemState.WAIVED: Verb.WAIVE}.get(
        state
    )
    if before:
        decide(items=[target.pk], verb=before, actor=None, reason="x")
    outcome = decide(items=[target.pk], verb=verb, actor=None, reason="because")
    after = {
        ("pending", "pass"): "passed", ("pending", "fail"): "failed", ("pending", "waive"): "waived",
        ("failed", "pass"): "passed", ("failed", "fail"): "failed", ("failed", "waive"): "waived",
        ("failed", "reopen"): "pending", ("passed", "reopen"): "pending", ("waived", "reopen"): "pending",
    }.get((state.value, verb.value))  # fmt: skip
    assert outcome.decided == ([target.pk] if after else [])
    assert states(graduate)[number] == (after or state.value)
    told = {"waiting": "waiting", "exempt": "exempt", "pending": "undecided"}.get(state.value, "decided")
    assert codes(outcome) == ([] if after else [told])


@pytest.mark.parametrize("verb", [Verb.FAIL, Verb.WAIVE])
def test_failing_and_waiving_need_a_reason(verb: Verb) -> None:
    with pytest.raises(Refused) as refused:
        decide(items=[1], verb=verb, actor=None, reason="  ")
    assert refused.value.code == "reason_missing"


def test_a_right_on_another_department_gives_nothing() -> None:
    published()
    graduate, alice = builders.graduate(), librarian()
    opened()
    outcome = decide(items=ClearanceItem.objects.all(), verb=Verb.PASS, actor=alice)
    assert outcome.decided == [item(graduate, 2).pk]
    assert codes(outcome) == ["not_yours"] * 8
    assert all(skipped.item is None for skipped in outcome.skipped)


def test_a_colleague_without_the_right_and_an_expired_grant_decide_nothing() -> None:
    published()
    graduate = builders.graduate()
    opened()
    colleague = builders.clerk("bob", Right.STATISTICS, at=builders.office("library"))
    former = builders.clerk(
        "carol", Right.DECIDE, at=builders.office("library"), ends_on=datetime.date(2020, 1, 1)
    )
    for actor in (colleague, former, graduate.supervisor or builders.user()):
        outcome = decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=actor)
        assert (outcome.batch, outcome.decided, codes(outcome)) == (None, [], ["not_yours"])
    assert DecisionBatch.objects.count() == 0


def test_the_gate_opens_everything_and_only_the_first_supervisor_has_the_key() -> None:
    published()
    first, second = builders.user("first"), builders.user("second")
    graduate = postgraduate(supervisor=first, second_supervisor=second)
    opened()
    alice = librarian()
    assert codes(decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=alice)) == ["waiting"]
    assert codes(decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=second)) == ["not_yours"]
    decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=first)
    assert set(states(graduate).values()) == {"passed", "pending"}
    decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=alice)
    # Reopened later, the gate keeps the decisions made, and the rest waits again.
    decide(items=[item(graduate, 1).pk], verb=Verb.REOPEN, actor=first)
    found = states(graduate)
    assert (found.pop(1), found.pop(2)) == ("pending", "passed")
    assert set(found.values()) == {"waiting"}


def test_a_gate_reopened_makes_the_sheet_incomplete() -> None:
    published()
    graduate = postgraduate()
    opened()
    passed_but(graduate, 7)
    decide(items=[item(graduate, 1).pk], verb=Verb.REOPEN, actor=None)
    assert codes(decide(items=[item(graduate, 7).pk], verb=Verb.PASS, actor=None)) == ["waiting"]
    decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=None)
    assert decide(items=[item(graduate, 7).pk], verb=Verb.PASS, actor=None).cleared == [
        item(graduate, 7).sheet_id
    ]


def test_under_a_gate_reopened_later_decisions_stay_and_none_is_made() -> None:
    published()
    graduate, alice = postgraduate(), librarian()
    opened()
    gate, book, fees = (item(graduate, number).pk for number in (1, 2, 7))
    decide(items=[gate], verb=Verb.PASS, actor=None)
    decide(items=[book], verb=Verb.FAIL, actor=alice, reason="1 book")
    batch = decide(items=[fees], verb=Verb.PASS, actor=None).batch
    decide(items=[gate], verb=Verb.REOPEN, actor=None)
    assert (states(graduate)[2], states(graduate)[7]) == ("failed", "passed")
    for verb in (Verb.PASS, Verb.FAIL, Verb.WAIVE):
        assert codes(decide(items=[book], verb=verb, actor=alice, reason="x")) == ["waiting"]
    # What is undecided again waits, too: reopened, or taken back.
    assert batch is not None
    reopen_batch(batch=batch, actor=builders.user("root", is_superuser=True))
    decide(items=[book], verb=Verb.REOPEN, actor=alice)
    assert (states(graduate)[2], states(graduate)[7]) == ("waiting", "waiting")
    decide(items=[gate], verb=Verb.PASS, actor=None)
    assert decide(items=[book], verb=Verb.PASS, actor=alice).decided == [book]


def test_the_last_decision_clears_and_a_later_debt_changes_nothing() -> None:
    published()
    graduate = builders.graduate()
    opened()
    heard: list[dict[str, Any]] = []

    def hear(sender: object, **news: Any) -> None:
        heard.append({key: news[key] for key in ("sheet_ids", "graduate_ids", "actor")})

    signals.sheets_cleared.connect(hear)
    try:
        passed_but(graduate, 2)
        assert heard == []
        alice = librarian()
        outcome = decide(items=[item(graduate, 2).pk], verb=Verb.WAIVE, actor=alice, reason="书已赔付")
    finally:
        signals.sheets_cleared.disconnect(hear)
    sheet = ClearanceSheet.objects.get()
    assert outcome.cleared == [sheet.pk]
    assert heard == [{"sheet_ids": [sheet.pk], "graduate_ids": [graduate.pk], "actor": alice}]
    certificate = Certificate.objects.get()
    assert (sheet.state, certificate.number, len(certificate.code)) == ("cleared", "2026-000001", 26)
    assert sheet.cleared_at is not None
    for verb in Verb:
        assert codes(decide(items=[item(graduate, 2).pk], verb=verb, actor=alice, reason="found a book")) == [
            "cleared"
        ]
    assert Certificate.objects.get() == certificate


def test_a_receiver_that_raises_stops_the_clearing() -> None:
    published()
    graduate = builders.graduate()
    opened()
    passed_but(graduate, 2)

    def break_down(sender: object, **news: Any) -> None:
        raise RuntimeError

    signals.sheets_cleared.connect(break_down)
    try:
        with pytest.raises(RuntimeError):
            decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=None)
    finally:
        signals.sheets_cleared.disconnect(break_down)
    assert (states(graduate)[2], ClearanceSheet.objects.get().state) == ("pending", "open")


def test_a_whole_decision_is_taken_back_and_others_decisions_stay() -> None:
    published()
    graduates = [builders.graduate() for _ in range(3)]
    alice, bob = librarian(), librarian("bob")
    opened()
    books = [item(graduate, 2) for graduate in graduates]
    decide(items=[books[0].pk], verb=Verb.FAIL, actor=bob, reason="1 book")
    batch = decide(items=[book.pk for book in books], verb=Verb.PASS, actor=alice).batch
    assert batch is not None
    decide(items=[books[2].pk], verb=Verb.REOPEN, actor=bob, reason="not so fast")
    outcome = reopen_batch(batch=batch, actor=alice)
    assert outcome.decided == [books[0].pk, books[1].pk]
    assert [(skipped.item_id, skipped.code) for skipped in outcome.skipped] == [(books[2].pk, "undecided")]
    for book in books:
        book.refresh_from_db()
    # The state before, with its own reason and decider.
    assert [(book.state, book.reason, book.decided_by) for book in books] == [
        ("failed", "1 book", bob),
        ("pending", "", None),
        ("pending", "not so fast", bob),
    ]
    with pytest.raises(Refused) as refused:
        reopen_batch(batch=batch, actor=alice)
    assert refused.value.code == "already_undone"


def test_taking_back_the_decision_that_cleared_revokes_the_certificate_and_a_new_one_follows() -> None:
    published()
    graduate, alice = builders.graduate(), librarian()
    opened()
    passed_but(graduate, 2)
    batch = decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=alice).batch
    assert batch is not None
    stranger = builders.clerk("hospital", Right.DECIDE, at=builders.office("hospital"))
    with pytest.raises(Refused):
        reopen_batch(batch=batch, actor=stranger)
    assert ClearanceSheet.objects.get().state == "cleared"
    reopen_batch(batch=batch, actor=alice)
    assert ClearanceSheet.objects.get().state == "open"
    assert Certificate.objects.get().revoked_at is not None
    decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=alice)
    assert [c.revoked_at is None for c in Certificate.objects.order_by("pk")] == [False, True]


def test_a_decision_is_not_taken_back_where_a_later_one_cleared_the_sheet() -> None:
    published()
    graduate, alice = builders.graduate(), librarian()
    opened()
    batch = decide(items=[item(graduate, 2).pk], verb=Verb.PASS, actor=alice).batch
    assert batch is not None
    passed_but(graduate)
    with pytest.raises(Refused) as refused:
        reopen_batch(batch=batch, actor=alice)
    assert refused.value.code == "nothing_to_undo"
    assert ClearanceSheet.objects.get().state == "cleared"


@pytest.mark.parametrize(
    "write",
    [
        lambda: ClearanceItem.objects.update(state="passed"),
        lambda: ClearanceItem.objects.all()._raw_delete("default"),
        lambda: ClearanceSheet.objects.update(state="open"),
        lambda: Certificate.objects.update(number="1"),
        lambda: ClearanceItem.objects.first().save(),  # type: ignore[union-attr]
    ],
)
def test_the_database_refuses_writers_that_did_not_come_by_the_door(write: Callable[[], object]) -> None:
    published()
    graduate = builders.graduate()
    opened()
    passed_but(graduate)
    with pytest.raises(ProgrammingError, match="only the door clearance"), transaction.atomic():
        write()


@pytest.mark.parametrize("table", ["leaving_decision", "leaving_decisionbatch"])
def test_the_portal_itself_cannot_change_history(table: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("rows", [1, 40])
def test_the_number_of_statements_does_not_depend_on_the_rows(
    rows: int, django_assert_num_queries: Any
) -> None:
    published()
    alice = librarian()
    for _ in range(rows):
        builders.graduate()
    opened()
    books = list(ClearanceItem.objects.filter(checkpoint__number=2).values_list("pk", flat=True))
    with django_assert_num_queries(14):
        decide(items=books, verb=Verb.PASS, actor=alice)


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_at_once_one_wins_and_the_other_is_told() -> None:
    published()
    graduate, alice, bob = builders.graduate(), librarian(), librarian("bob")
    opened()
    book = item(graduate, 2)
    start = threading.Barrier(2)
    outcomes: dict[str, Outcome] = {}

    def clerk(actor: User, verb: Verb) -> None:
        try:
            start.wait()
            outcomes[actor.username] = decide(items=[book.pk], verb=verb, actor=actor, reason="x")
        finally:
            connection.close()

    for round_ in range(10):
        threads = [
            threading.Thread(target=clerk, args=(alice, Verb.PASS)),
            threading.Thread(target=clerk, args=(bob, Verb.PASS)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [name for name, outcome in outcomes.items() if outcome.decided]
        losers = [outcome for outcome in outcomes.values() if not outcome.decided]
        assert len(winners) == 1
        told = losers[0].skipped[0]
        assert told.code == "decided"
        assert told.item is not None
        assert told.item.decided_by is not None
        assert told.item.decided_by.username == winners[0]
        assert book.decisions.count() == 2 * round_ + 1
        decide(items=[book.pk], verb=Verb.REOPEN, actor=alice)
