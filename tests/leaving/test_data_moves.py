"""Who is deferred, or moves to another campus, neither passes nor is cleared by lists that do not speak of them (decision 14)."""

import uuid
from collections.abc import Iterator

import pytest
from django.utils import translation

from leaving.choices import DeliveryKind, DeliveryState, Housing, SheetState, Verb
from leaving.models import Certificate, Checkpoint, ClearanceSheet, Deferral, Delivery, Graduate
from leaving.selectors.feeds import Feed
from leaving.selectors.sheets import sheet_of
from leaving.services import counters
from leaving.services.clearance import decide
from leaving.services.cohorts import open_sheets_for
from leaving.services.deferrals import undo_deferrals
from leaving.services.deliveries import confirm_delivery, deliver
from leaving.services.obligations import Owed
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Campus, Department
from tests import builders
from tests.leaving import deferrals
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.obligations import at, by_data, changes, owes, settled, snapshot

pytestmark = pytest.mark.django_db
LIBRARY, CHECK_OUT = 2, 12


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


def told(graduate: Graduate, number: int) -> tuple[str, str, str]:
    here = item(graduate, number)
    return here.state, here.decided_how, here.reason


# --- deferred and back ----------------------------------------------------------------------------------------------


@pytest.fixture
def mei() -> Graduate:
    """All that Mei misses is one book."""
    published()
    by_data(LIBRARY)
    graduate = builders.graduate("20221001", name="梅花")
    builders.graduate("20221002", name="兰草")
    opened()
    snapshot(LIBRARY, owes(graduate), minutes=0)
    passed_but(graduate, LIBRARY)
    return graduate


def lan() -> Graduate:
    return Graduate.objects.get(student_no="20221002")


@pytest.fixture
def away(mei: Graduate) -> Deferral:
    return deferrals.deferred(mei, by=deferrals.college(), approver=deferrals.registrar())[0]


def back(away: Deferral) -> str:
    undo_deferrals(deferrals=[away.pk], actor=User.objects.get(username="registrar"), reason="弄错了")
    return ClearanceSheet.objects.get(graduate=away.graduate, cohort__year=2026).state


def test_lists_that_come_while_mei_is_deferred_settle_nothing_of_hers(mei: Graduate, away: Deferral) -> None:
    nightly = snapshot(LIBRARY, owes(mei), owes(lan()), minutes=10)
    assert (nightly.state, nightly.not_ours, nightly.settled, nightly.before) == ("applied", 1, 0, 0)
    assert back(away) == SheetState.OPEN
    assert told(mei, LIBRARY) == ("failed", "data", "《普通地质学》")
    assert not Certificate.objects.exists()
    done = snapshot(LIBRARY, owes(lan()), minutes=20)  # it speaks of her again: the book is back
    assert (done.before, done.settled, done.cleared) == (2, 1, 1)
    assert counters.drift() == []


def test_what_was_passed_over_passes_nobody_before_the_next_list(mei: Graduate) -> None:
    changes(LIBRARY, settled(mei), minutes=1)
    librarian = builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))
    decide(items=[item(lan(), LIBRARY).pk], verb=Verb.FAIL, actor=librarian, reason="论文未交存")
    passed_but(lan(), LIBRARY)
    away = deferrals.deferred(lan(), by=deferrals.college(), approver=deferrals.registrar())[0]
    changes(LIBRARY, owes(lan(), "《结晶学》"), minutes=10)  # a row about somebody else, by now
    assert back(away) == SheetState.OPEN
    decide(items=[item(lan(), LIBRARY).pk], verb=Verb.REOPEN, actor=librarian)
    assert told(lan(), LIBRARY)[0] == "pending"
    snapshot(LIBRARY, owes(lan(), "《结晶学》"), minutes=20)
    assert told(lan(), LIBRARY) == ("failed", "data", "《结晶学》")


def test_who_was_clear_before_is_cleared_again_when_the_next_list_says_so(mei: Graduate) -> None:
    changes(LIBRARY, settled(mei), minutes=1)
    away = deferrals.deferred(mei, by=deferrals.college(), approver=deferrals.registrar())[0]
    snapshot(LIBRARY, owes(lan()), minutes=10)
    assert back(away) == SheetState.OPEN
    assert (told(mei, LIBRARY)[0], Certificate.objects.filter(revoked_at=None).count()) == ("pending", 0)
    assert snapshot(LIBRARY, owes(lan()), minutes=20).cleared == 1


def test_nothing_came_meanwhile_and_all_is_as_before(mei: Graduate) -> None:
    changes(LIBRARY, settled(mei), minutes=1)
    first = Certificate.objects.get()
    away = deferrals.deferred(mei, by=deferrals.college(), approver=deferrals.registrar())[0]
    changes(LIBRARY, owes(lan()), minutes=2)
    assert back(away) == SheetState.CLEARED
    assert Certificate.objects.filter(revoked_at=None).exclude(pk=first.pk).count() == 1


# --- another campus -------------------------------------------------------------------------------------------------


@pytest.fixture
def zhu() -> Graduate:
    """Zhu lives on the campus A, whose dormitory office says that the key is missing."""
    published()
    by_data(CHECK_OUT)
    graduate = builders.graduate(
        "20221003", name="竹青", housing=Housing.ON_CAMPUS, user=builders.user("zhu"), campus=campus("A")
    )
    opened()
    dormitory("A", owes(graduate, "钥匙"), minutes=0)
    assert told(graduate, CHECK_OUT) == ("failed", "data", "钥匙")
    return graduate


def campus(code: str) -> Campus:
    office = builders.office(f"dormitory-{code.lower()}", f"{code}宿舍", f"Dormitory {code}")
    return Campus.objects.get_or_create(code=code, name_zh=code, dormitory_office=office)[0]


def dormitory(code: str, *rows: Owed, minutes: float) -> Delivery:
    """A complete list of a dormitory office, confirmed where that is asked for."""
    checkpoint = Checkpoint.objects.select_related("cohort").get(number=CHECK_OUT)
    feed = Feed(checkpoint, Department.objects.get(code=f"dormitory-{code.lower()}"))
    done = deliver(feed=feed, kind=DeliveryKind.SNAPSHOT, taken_at=at(minutes), rows=rows, uid=uuid.uuid4())
    if done.state == DeliveryState.HELD:
        return confirm_delivery(
            delivery=done, actor=builders.clerk(f"porter{minutes}", Right.DECIDE, at=feed.department)
        )
    return done


def moves(graduate: Graduate, code: str) -> None:
    Graduate.objects.filter(pk=graduate.pk).update(campus=campus(code))
    open_sheets_for(graduates=[graduate.pk], actor=None)


def says(graduate: Graduate) -> str:
    graduate.refresh_from_db()
    sheet = sheet_of(graduate)
    assert sheet is not None
    return sheet.line(item(graduate, CHECK_OUT)).explanation


def test_what_the_former_dormitory_says_counts_no_more(zhu: Graduate) -> None:
    passed_but(zhu, CHECK_OUT)
    moves(zhu, "B")
    assert told(zhu, CHECK_OUT) == ("pending", "", "")
    assert says(zhu) == "No data received yet from Dormitory B."
    assert dormitory("A", minutes=10).settled == 0  # it does not speak of Zhu any more
    assert told(zhu, CHECK_OUT)[0] == "pending"
    done = dormitory("B", minutes=20)
    assert (done.passed, done.cleared) == (1, 1)
    assert says(zhu) == "Clear according to the data of Dormitory B"
    assert counters.drift() == []


def test_what_data_passed_belongs_to_whom_the_graduate_moves_to(zhu: Graduate) -> None:
    moves(zhu, "B")
    dormitory("B", minutes=10)
    assert told(zhu, CHECK_OUT)[0] == "passed"
    moves(zhu, "C")
    assert (told(zhu, CHECK_OUT)[0], says(zhu)) == ("pending", "No data received yet from Dormitory C.")
    moves(zhu, "A")  # where the key is missing as ever
    assert told(zhu, CHECK_OUT) == ("failed", "data", "钥匙")
    assert says(zhu) == "Not passed according to the data of Dormitory A"


def test_what_people_passed_stays_with_them(zhu: Graduate) -> None:
    decide(items=[item(zhu, CHECK_OUT).pk], verb=Verb.PASS, actor=None)
    moves(zhu, "B")
    assert told(zhu, CHECK_OUT) == ("passed", "hand", "")


def test_the_gate_holds_up_what_another_dormitory_is_to_decide(zhu: Graduate) -> None:
    zhou = postgraduate("2023001", housing=Housing.ON_CAMPUS, campus=campus("A"))
    open_sheets_for(graduates=[zhou.pk], actor=None)
    review = [item(zhou, 1).pk]
    decide(items=review, verb=Verb.PASS, actor=None)
    dormitory("A", owes(zhu, "钥匙"), owes(zhou, "钥匙"), minutes=5)
    decide(items=review, verb=Verb.REOPEN, actor=None)
    moves(zhou, "B")
    assert told(zhou, CHECK_OUT) == ("waiting", "", "")
    dormitory("B", owes(zhou, "风扇"), minutes=6)
    decide(items=review, verb=Verb.PASS, actor=None)
    assert told(zhou, CHECK_OUT) == ("failed", "data", "风扇")
    assert counters.drift() == []
