"""A library's nightly list fails and passes items by itself, and gets on with the people who decide by hand (C7, decision 14)."""

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from leaving.choices import DeliveryState, Verb
from leaving.models import (
    Certificate,
    Checkpoint,
    ClearanceSheet,
    Decision,
    DecisionBatch,
    Delivery,
    Graduate,
    LatestWord,
    Obligation,
)
from leaving.services import counters
from leaving.services.clearance import decide, reopen_batch
from leaving.services.cohorts import open_sheets_for
from leaving.services.deliveries import confirm_delivery, deliver, refuse_delivery
from leaving.services.held import what_it_would_do
from leaving.services.obligations import Owed, RowsRefused
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states
from tests.leaving.obligations import at, by_data, changes, feed, owes, settled, snapshot

pytestmark = pytest.mark.django_db
LIBRARY, FINANCE = 2, 7


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


@pytest.fixture
def mei() -> Graduate:
    """Mei's cohort is open; the library and finance decide by data, and nothing has come yet."""
    published()
    by_data(LIBRARY, FINANCE)
    graduate = builders.graduate("20221001", name="梅花")
    builders.graduate("20221002", name="兰草")
    opened()
    return graduate


@pytest.fixture
def lan(mei: Graduate) -> Graduate:
    return Graduate.objects.get(student_no="20221002")


@pytest.fixture
def librarian(mei: Graduate) -> User:
    return builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))


def told(graduate: Graduate, number: int = LIBRARY) -> tuple[str, str, str]:
    here = item(graduate, number)
    return here.state, here.decided_how, here.reason


# --- what a list does -----------------------------------------------------------------------------------------------


def test_a_list_fails_who_owes_and_passes_who_does_not(mei: Graduate, lan: Graduate) -> None:
    assert told(mei) == ("pending", "", "")
    done = snapshot(LIBRARY, owes(mei), owes(mei, "逾期费", "3.50"))
    assert told(mei) == ("failed", "data", "《普通地质学》；逾期费 ¥3.50")
    assert told(lan) == ("passed", "data", "")
    assert (done.state, done.opened, done.failed, done.passed) == ("applied", 2, 1, 1)
    assert (
        told(mei, FINANCE)[0] == told(lan, FINANCE)[0] == "pending"
    )  # finance has sent nothing: nobody passes
    assert counters.drift() == []


def test_the_next_list_settles_what_is_gone(mei: Graduate, lan: Graduate) -> None:
    snapshot(LIBRARY, owes(mei), owes(mei, "《结晶学》"), minutes=0)
    snapshot(LIBRARY, owes(mei, "《结晶学》"), minutes=10)
    assert told(mei) == ("failed", "data", "《结晶学》")
    Checkpoint.objects.filter(number=LIBRARY).update(may_shrink_by=1)
    done = snapshot(LIBRARY, owes(lan, "《矿物学》"), minutes=20)
    assert told(mei) == ("passed", "data", "")
    assert told(lan) == ("failed", "data", "《矿物学》")
    assert (done.before, done.opened, done.settled) == (1, 1, 1)
    book = Obligation.objects.get(title="《结晶学》")
    assert (book.settled_by, book.settled_at is not None) == (done, True)
    history = (
        Decision.objects.filter(item=item(mei, LIBRARY))
        .order_by("pk")
        .values_list("before", "after", "reason")
    )
    assert list(history) == [
        ("pending", "failed", "《普通地质学》；《结晶学》"),
        ("failed", "failed", "《结晶学》"),
        ("failed", "passed", ""),
    ]
    assert counters.drift() == []


def test_changes_pass_only_whom_they_name(mei: Graduate, lan: Graduate) -> None:
    changes(LIBRARY, owes(mei), owes(mei, "《结晶学》"), minutes=0)
    assert (told(mei)[0], told(lan)[0]) == ("failed", "pending")
    changes(LIBRARY, settled(mei, "《结晶学》"), minutes=1)
    assert told(mei) == ("failed", "data", "《普通地质学》")
    changes(LIBRARY, settled(mei), minutes=2)
    assert (told(mei)[0], told(lan)[0]) == ("passed", "pending")
    changes(LIBRARY, settled(lan), minutes=3)  # nothing was open: the library says so
    assert told(lan)[0] == "passed"


def test_another_amount_changes_the_reason_and_the_same_list_nothing(mei: Graduate) -> None:
    snapshot(FINANCE, owes(mei, "学费", "4500.00"), minutes=0)
    snapshot(FINANCE, owes(mei, "学费", "1500.00"), minutes=1)
    assert told(mei, FINANCE)[2] == "学费 ¥1500.00"
    decisions = Decision.objects.count()
    done = snapshot(FINANCE, owes(mei, "学费", "1500.00"), minutes=2)
    assert (done.opened, done.changed, done.settled, done.failed, done.passed) == (0, 0, 0, 0, 0)
    assert Decision.objects.count() == decisions
    assert Obligation.objects.get().amount == Decimal("1500.00")


def test_long_lists_are_named_in_part(mei: Graduate) -> None:
    snapshot(LIBRARY, *(owes(mei, f"书{n}") for n in range(7)))
    assert told(mei)[2] == "书0；书1；书2；书3；书4；… (+2)"


def test_a_debt_can_come_back(mei: Graduate) -> None:
    changes(LIBRARY, owes(mei), minutes=0)
    changes(LIBRARY, settled(mei), minutes=1)
    changes(LIBRARY, owes(mei), minutes=2)
    assert told(mei)[0] == "failed"
    assert Obligation.objects.filter(settled_at=None).count() == 1
    assert Obligation.objects.count() == 2


# --- time, repetition, suspicion ------------------------------------------------------------------------------------


def test_data_older_than_the_complete_list_change_nothing(mei: Graduate, lan: Graduate) -> None:
    snapshot(LIBRARY, owes(lan), minutes=10)
    for late in (snapshot(LIBRARY, owes(mei), minutes=5), changes(LIBRARY, owes(mei), minutes=6)):
        assert (late.state, late.content) == (DeliveryState.SUPERSEDED, None)
    assert (told(mei)[0], told(lan)[0]) == ("passed", "failed")


def test_a_list_that_changes_have_overtaken_counts_for_all_they_did_not_speak_about(
    mei: Graduate, lan: Graduate
) -> None:
    changes(LIBRARY, owes(mei, "《结晶学》"), settled(mei, "《矿物学》"), minutes=5)
    late = snapshot(LIBRARY, owes(mei, "《矿物学》"), owes(mei, "《岩石学》"), minutes=4)
    assert (late.state, late.opened, late.settled) == ("applied", 1, 0)
    assert told(mei) == ("failed", "data", "《结晶学》；《岩石学》")
    assert told(lan)[0] == "passed"  # the list covers whom no change has named
    changes(LIBRARY, settled(mei), minutes=9)
    late = snapshot(LIBRARY, owes(mei), owes(lan), minutes=8)
    assert (late.opened, told(mei)[0], told(lan)[0]) == (1, "passed", "failed")
    snapshot(LIBRARY, owes(mei), owes(lan), minutes=10)
    assert told(mei)[0] == "failed"
    assert not LatestWord.objects.exists()


def test_a_held_list_can_be_confirmed_although_changes_came_since(
    mei: Graduate, lan: Graduate, librarian: User
) -> None:
    snapshot(LIBRARY, *(owes(mei, f"书{n}") for n in range(4)), minutes=0)
    held = snapshot(LIBRARY, owes(lan), minutes=2)
    changes(LIBRARY, owes(mei, "书0", "5.00"), minutes=8)
    held.refresh_from_db()
    assert held.state == DeliveryState.HELD
    compared = what_it_would_do(held)
    assert (compared.would_settle, compared.would_open) == (3, 1)
    done = confirm_delivery(delivery=held, actor=librarian)
    assert (done.settled, done.opened) == (3, 1)
    assert (told(mei)[2], told(lan)[0]) == ("书0 ¥5.00", "failed")


def test_changes_that_come_in_the_wrong_order_all_count(mei: Graduate, lan: Graduate) -> None:
    changes(LIBRARY, owes(lan), settled(mei, "《结晶学》"), minutes=2)
    changes(LIBRARY, owes(mei), owes(mei, "《结晶学》"), settled(lan), minutes=1)
    assert (told(mei)[2], told(lan)[0]) == ("《普通地质学》", "failed")


def test_the_same_delivery_twice_changes_nothing(mei: Graduate) -> None:
    uid, when = uuid.uuid4(), at(0)

    def send(*rows: Owed) -> Delivery:
        return deliver(feed=feed(LIBRARY), kind="snapshot", taken_at=when, rows=rows, uid=uid)  # type: ignore[arg-type]

    assert send(owes(mei)) == send(owes(mei))
    assert Delivery.objects.count() == 1
    with pytest.raises(Refused, match="another delivery"):
        send(owes(mei), owes(mei, "《结晶学》"))


def test_the_future_is_refused(mei: Graduate) -> None:
    with pytest.raises(Refused, match="future"):
        snapshot(LIBRARY, minutes=60 * 24)


def test_a_list_that_lost_most_of_its_rows_is_held_until_somebody_confirms(
    mei: Graduate, lan: Graduate, librarian: User
) -> None:
    snapshot(LIBRARY, *(owes(mei, f"书{n}") for n in range(4)), owes(lan), minutes=0)
    held = snapshot(LIBRARY, owes(lan), owes(lan, "《矿物学》"), minutes=1)
    assert (held.state, held.before, held.rows) == (DeliveryState.HELD, 5, 2)
    assert told(mei)[0] == "failed"
    with pytest.raises(Refused):
        confirm_delivery(delivery=held, actor=builders.user())
    done = confirm_delivery(delivery=held, actor=librarian)
    assert (done.state, done.settled, done.opened, done.answered_by, done.content) == (
        "applied",
        4,
        1,
        librarian,
        None,
    )
    assert (told(mei)[0], told(lan)[0]) == ("passed", "failed")
    entry = AuditEntry.objects.filter(verb="obligations.applied").order_by("-pk")[0]
    assert (entry.actor_id, entry.department) == (librarian.pk, "library")
    with pytest.raises(Refused, match="any more"):
        confirm_delivery(delivery=held, actor=librarian)


def test_an_empty_list_is_held_but_not_again_once_it_was_believed(mei: Graduate, librarian: User) -> None:
    first = snapshot(LIBRARY, minutes=0)
    assert first.state == DeliveryState.HELD
    assert told(mei)[0] == "pending"
    strangers = snapshot(LIBRARY, Owed("99990001", "《普通地质学》"), minutes=1)
    assert (strangers.state, strangers.not_ours) == (DeliveryState.HELD, 1)
    confirm_delivery(delivery=first, actor=librarian)
    assert told(mei)[0] == "passed"
    assert snapshot(LIBRARY, minutes=2).state == DeliveryState.APPLIED
    changes(LIBRARY, *(owes(mei, f"书{n}") for n in range(10)), minutes=3)
    broken = snapshot(LIBRARY, minutes=4)  # by now there is something to lose
    assert (broken.state, broken.before, told(mei)[0]) == (DeliveryState.HELD, 10, "failed")


def test_a_refused_list_changes_nothing_and_newer_data_overtake_a_held_one(
    mei: Graduate, librarian: User
) -> None:
    held = snapshot(LIBRARY, minutes=0)
    assert refuse_delivery(delivery=held, actor=librarian).state == DeliveryState.REFUSED
    another = snapshot(LIBRARY, minutes=1)
    snapshot(LIBRARY, owes(mei), minutes=2)
    another.refresh_from_db()
    assert (another.state, another.content) == (DeliveryState.SUPERSEDED, None)
    assert told(mei)[0] == "failed"


def test_rows_that_cannot_be_right_are_told_and_nothing_is_applied(mei: Graduate) -> None:
    wrong = (owes(mei, name="梅 花"), owes(mei), owes(mei, "《结晶学》", name="兰草"))
    with pytest.raises(RowsRefused) as refused:
        snapshot(LIBRARY, *wrong)
    assert [(fault.place, fault.column, fault.code) for fault in refused.value.faults] == [
        (1, "title", "obligation_twice"),
        (2, "name", "name_differs"),
    ]
    assert (Delivery.objects.count(), Obligation.objects.count()) == (0, 0)


def test_only_the_departments_own_people_and_feeds(mei: Graduate, librarian: User) -> None:
    stranger = builders.clerk("stranger", Right.DECIDE, at=builders.office("hospital"))
    with pytest.raises(Refused, match="may not"):
        snapshot(LIBRARY, owes(mei), actor=stranger)
    with pytest.raises(Refused, match="not decided by data"):
        snapshot(6, owes(mei))
    assert snapshot(LIBRARY, owes(mei), actor=librarian).actor == librarian


# --- people and data ------------------------------------------------------------------------------------------------


def test_a_decision_by_hand_rules_until_it_is_reopened(mei: Graduate, librarian: User) -> None:
    snapshot(LIBRARY, owes(mei), minutes=0)
    here = item(mei, LIBRARY)
    decide(items=[here.pk], verb=Verb.PASS, actor=librarian)
    snapshot(LIBRARY, owes(mei), owes(mei, "《结晶学》"), minutes=1)
    assert told(mei) == ("passed", "hand", "")
    decide(items=[here.pk], verb=Verb.REOPEN, actor=librarian)
    assert told(mei) == ("failed", "data", "《普通地质学》；《结晶学》")
    assert counters.drift() == []


def test_what_data_passed_can_be_failed_by_hand_at_once(mei: Graduate, librarian: User) -> None:
    changes(LIBRARY, settled(mei))
    here = item(mei, LIBRARY)
    decide(items=[here.pk], verb=Verb.FAIL, actor=librarian, reason="学位论文未提交")
    assert told(mei) == ("failed", "hand", "学位论文未提交")
    decide(items=[here.pk], verb=Verb.REOPEN, actor=librarian)
    assert told(mei) == ("passed", "data", "")


def test_taking_a_decision_back_lets_the_data_decide_again(mei: Graduate, librarian: User) -> None:
    snapshot(LIBRARY, owes(mei), minutes=0)
    waived = decide(items=[item(mei, LIBRARY).pk], verb=Verb.WAIVE, actor=librarian, reason="图书已赔偿")
    changes(LIBRARY, settled(mei), minutes=1)
    assert told(mei)[0] == "waived"
    assert waived.batch is not None
    reopen_batch(batch=waived.batch, actor=librarian)
    assert told(mei) == ("passed", "data", "")


def test_nothing_is_decided_before_the_gate_and_at_once_after_it(mei: Graduate) -> None:
    zhou, wu = postgraduate("2023001"), postgraduate("2023002")
    open_sheets_for(graduates=[zhou.pk, wu.pk], actor=None)
    snapshot(LIBRARY, owes(zhou))
    assert (told(zhou)[0], told(wu)[0]) == ("waiting", "waiting")
    assert Obligation.objects.get().graduate == zhou
    reviews = [item(zhou, 1).pk, item(wu, 1).pk]
    decide(items=reviews, verb=Verb.PASS, actor=None)
    assert (told(zhou)[0], told(wu)[0]) == ("failed", "passed")
    assert states(zhou)[FINANCE] == "pending"
    decide(items=reviews, verb=Verb.REOPEN, actor=None)
    assert (told(zhou)[0], told(wu)[0]) == (
        "failed",
        "passed",
    )  # a gate that closes again keeps what was decided


def test_a_gate_that_clears_through_data_can_be_taken_back_with_what_followed(mei: Graduate) -> None:
    wang = builders.user("wang")
    zhou = postgraduate("2023001", supervisor=wang)
    open_sheets_for(graduates=[zhou.pk], actor=None)
    passed_but(zhou, LIBRARY)
    decide(items=[item(zhou, 1).pk], verb=Verb.REOPEN, actor=wang)
    snapshot(LIBRARY, owes(mei))
    assert told(zhou)[0] == "waiting"
    review = decide(items=[item(zhou, 1).pk], verb=Verb.PASS, actor=wang)
    sheet = ClearanceSheet.objects.get(graduate=zhou)
    assert (sheet.state, told(zhou)[:2]) == ("cleared", ("passed", "data"))
    assert review.batch is not None
    reopen_batch(batch=review.batch, actor=wang)
    sheet.refresh_from_db()
    assert (sheet.state, states(zhou)[1], told(zhou)[0]) == ("open", "pending", "passed")
    assert Certificate.objects.get(sheet=sheet).revoked_at is not None
    assert counters.drift() == []


def test_who_comes_later_is_not_passed_by_a_list_that_did_not_know_them(mei: Graduate) -> None:
    snapshot(LIBRARY, owes(mei), minutes=0)
    late = builders.graduate("20221003")
    open_sheets_for(graduates=[late.pk], actor=None)
    assert told(late)[0] == "pending"
    snapshot(LIBRARY, owes(mei), minutes=1)
    assert told(late)[0] == "passed"


def test_data_that_came_before_the_opening_decide_when_it_opens() -> None:
    published()
    by_data(LIBRARY)
    one, other = builders.graduate(), builders.graduate()
    snapshot(LIBRARY, owes(one))
    opened()
    assert (told(one)[0], told(other)[0]) == ("failed", "passed")
    assert counters.drift() == []


def test_switched_on_later_the_next_list_decides_what_is_open(mei: Graduate, lan: Graduate) -> None:
    snapshot(LIBRARY, owes(mei), minutes=0)
    for here in (item(mei, LIBRARY), item(lan, LIBRARY)):
        Checkpoint.objects.filter(number=LIBRARY).update(decided_by_data=False)
        decide(items=[here.pk], verb=Verb.REOPEN, actor=None)
    assert (told(mei)[0], told(lan)[0]) == ("pending", "pending")
    by_data(LIBRARY)
    snapshot(LIBRARY, owes(mei), minutes=1)
    assert (told(mei)[0], told(lan)[0]) == ("failed", "passed")


# --- clearing -------------------------------------------------------------------------------------------------------


def test_the_last_book_returned_clears_the_graduate_and_a_later_debt_leaves_the_certificate(
    mei: Graduate, lan: Graduate
) -> None:
    snapshot(LIBRARY, owes(mei), owes(lan), minutes=0)
    passed_but(mei, LIBRARY)
    done = snapshot(LIBRARY, owes(lan), minutes=1)
    assert done.cleared == 1
    sheet = ClearanceSheet.objects.get(graduate=mei)
    assert sheet.state == "cleared"
    snapshot(LIBRARY, owes(lan), owes(mei, "《结晶学》"), minutes=2)
    sheet.refresh_from_db()
    assert (sheet.state, told(mei)[0]) == ("cleared", "passed")
    assert Certificate.objects.get(sheet=sheet).revoked_at is None
    assert Obligation.objects.get(title="《结晶学》").settled_at is None
    assert counters.drift() == []


def test_reopening_can_be_what_lets_the_data_clear(mei: Graduate, librarian: User) -> None:
    changes(LIBRARY, settled(mei), minutes=0)
    decide(items=[item(mei, LIBRARY).pk], verb=Verb.FAIL, actor=librarian, reason="论文")
    passed_but(mei, LIBRARY)
    decide(items=[item(mei, LIBRARY).pk], verb=Verb.REOPEN, actor=librarian)
    assert ClearanceSheet.objects.get(graduate=mei).state == "cleared"


def test_a_list_of_any_length_takes_the_same_number_of_statements(mei: Graduate, lan: Graduate) -> None:
    def statements(*rows: Owed, minutes: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            snapshot(LIBRARY, *rows, minutes=minutes)
        return len(queries)

    one = statements(owes(mei), minutes=0)
    more = [builders.graduate() for _ in range(8)]
    open_sheets_for(graduates=[graduate.pk for graduate in more], actor=None)
    many = statements(*(owes(graduate, "《结晶学》") for graduate in more[2:]), owes(mei), minutes=1)
    assert many == one
    assert DecisionBatch.objects.filter(how="data", actor=None).exists()
    assert timezone.now() - Delivery.objects.latest("applied_at").applied_at < datetime.timedelta(minutes=1)  # type: ignore[operator]
