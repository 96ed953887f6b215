"""Long deliveries: received, applied by a worker in the order of their data, exactly once; or faulty, and told so (C7)."""

import datetime
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from leaving.choices import CohortState, DeliveryState
from leaving.models import ApiKey, Checkpoint, Cohort, Decision, Delivery, Graduate, Obligation
from leaving.services import deliveries
from leaving.services.api_keys import revoke_key
from leaving.services.counters import drift
from leaving.services.deliveries import confirm_delivery, process
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.workbooks.models import Lease
from portal.workbooks.services import leases
from tests import builders
from tests.leaving.clearance import item, opened, published
from tests.leaving.obligations import HOME, System, at, by_data, key_of, owes, snapshot
from tests.processes import Process, eventually

pytestmark = pytest.mark.django_db
LIBRARY = 2


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def long_is_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are a long list, as the two graduates of these stories are many."""
    monkeypatch.setattr(deliveries, "AT_ONCE", 1)


@pytest.fixture
def library(request: pytest.FixtureRequest) -> System:
    """The library's system; Mei's and Lan's cohort is open, and nothing has come yet."""
    published()
    by_data(LIBRARY)
    builders.graduate("20221001", name="梅花")
    builders.graduate("20221002", name="兰草")
    opened()
    return System(key_of("library"))


@pytest.fixture
def librarian(library: System) -> User:
    return builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))


def mei() -> Graduate:
    return Graduate.objects.get(student_no="20221001")


def lan() -> Graduate:
    return Graduate.objects.get(student_no="20221002")


def told(graduate: Graduate) -> tuple[str, str]:
    here = item(graduate, LIBRARY)
    return here.state, here.reason


def books(*titles: str, minutes: float = 0, kind: str = "snapshot", **more: Any) -> dict[str, Any]:
    """A list of books that Mei has, and of one that Lan has."""
    rows = [{"student_no": "20221001", "title": title, **more} for title in titles]
    return {
        "kind": kind,
        "taken_at": at(minutes).isoformat(),
        "rows": [*rows, {"student_no": "20221002", "title": "《矿物学》"}],
    }


def address(uid: uuid.UUID) -> str:
    return f"{HOME}deliveries/{uid}/"


def bells() -> QuerySet[Lease]:
    """What is rung for deliveries: people are told in the background, too."""
    return Lease.objects.filter(task=deliveries.TASK)


def work() -> None:
    """The worker answers every bell."""
    for uid in bells().order_by("pk").values_list("job_uid", flat=True):
        process(uid)


# --- received and applied -------------------------------------------------------------------------------------------


def test_a_long_list_is_received_and_applied_by_a_worker(library: System) -> None:
    uid, sent = uuid.uuid4(), books("《普通地质学》")
    status, said = library.put(sent, uid)
    assert (status, said["state"], said["applied_at"]) == (202, "received", None)
    assert (library.told["Location"], library.told["Retry-After"]) == (said["url"], "5")
    assert (told(mei())[0], Obligation.objects.count(), bells().count()) == ("pending", 0, 1)
    assert library.put(sent, uid) == (202, said)
    assert library.put(books("《结晶学》"), uid)[1]["error"]["code"] == "uid_reused"
    assert library.get(address(uid)) == (200, said)
    assert library.get()[1]["feeds"][0]["received"] == str(uid)
    process(uid)
    status, said = library.get(address(uid))
    assert (status, said["state"], said["figures"]["opened"], said["figures"]["failed"]) == (
        200,
        "applied",
        2,
        2,
    )
    assert (told(mei()), told(lan())) == (("failed", "《普通地质学》"), ("failed", "《矿物学》"))
    process(uid)  # the bell rings once more
    assert (Obligation.objects.count(), Decision.objects.filter(batch__how="data").count()) == (2, 2)
    assert (bells().count(), Delivery.objects.get().content) == (0, None)
    assert library.put(sent, uid) == (200, said)
    verbs = AuditEntry.objects.filter(verb__startswith="obligations.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["obligations.received", "obligations.applied"]
    assert drift() == []


def test_what_is_little_is_applied_at_once_and_what_settles_or_covers_many_is_not(library: System) -> None:
    short: dict[str, Any] = {**books(), "kind": "changes"}
    assert library.put(short)[1]["state"] == "applied"
    empty = {"kind": "snapshot", "taken_at": at(1).isoformat(), "rows": []}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliveries, "AT_ONCE", 2)
        assert library.put(empty)[1]["state"] == "held"
    snapshot(LIBRARY, owes(mei()), owes(mei(), "《结晶学》"), minutes=2)
    assert library.put({**empty, "taken_at": at(3).isoformat()})[1]["state"] == "received"  # it settles two
    work()
    assert Delivery.objects.latest("pk").state == "held"


def test_what_waits_is_applied_in_the_order_of_its_data(library: System) -> None:
    late, early, short = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    assert library.put(books("《结晶学》", minutes=20), late)[0] == 202
    assert library.put(books("《普通地质学》", minutes=10), early)[0] == 202
    returned = {
        "kind": "changes",
        "taken_at": at(30).isoformat(),
        "rows": [{"student_no": "20221002", "settled": True}],
    }
    assert library.put(returned, short)[0] == 202  # a short one does not go past them
    process(late)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"applied"}
    assert list(Delivery.objects.order_by("applied_at").values_list("uid", flat=True)) == [early, late, short]
    assert (told(mei()), told(lan())) == (("failed", "《结晶学》"), ("passed", ""))
    assert library.put(books("《岩石学》", minutes=15))[0] == 202
    work()
    assert Delivery.objects.latest("pk").state == DeliveryState.SUPERSEDED
    assert told(mei()) == ("failed", "《结晶学》")
    assert bells().count() == 0


def test_a_list_that_another_worker_has_is_left_to_it(library: System) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    library.put(books("《普通地质学》", minutes=0), first)
    library.put(books("《结晶学》", minutes=1), second)
    taken = leases.take(first)
    process(second)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"received"}
    assert taken is not None
    leases.give_back(taken)
    process(second)  # whoever comes next takes all that waits
    assert set(Delivery.objects.values_list("state", flat=True)) == {"applied"}


def test_a_held_list_that_a_person_confirms_is_applied_by_a_worker(library: System, librarian: User) -> None:
    snapshot(LIBRARY, *(owes(mei(), f"书{n}") for n in range(4)), minutes=0)
    library.put(books("新书", minutes=1))
    work()
    held = Delivery.objects.latest("pk")
    assert held.state == "applied"  # half of them are as many as may go
    snapshot(LIBRARY, *(owes(mei(), f"书{n}") for n in range(8)), minutes=2)
    library.put(books("新书", minutes=3))
    work()
    held = Delivery.objects.latest("pk")
    assert held.state == "held"
    assert confirm_delivery(delivery=held, actor=librarian).state == "received"
    work()
    held.refresh_from_db()
    assert (held.state, held.answered_by, held.content, told(mei())[1]) == (
        "applied",
        librarian,
        None,
        "新书",
    )


# --- what does not work out -----------------------------------------------------------------------------------------


def test_rows_that_cannot_be_right_are_told_as_at_once(
    library: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid, sent = uuid.uuid4(), books("《普通地质学》", "《普通地质学》", name="兰草")
    sent["rows"][1]["name"] = "梅花"
    sent["rows"].insert(2, sent["rows"][1])
    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "AT_ONCE", 9)
        status, at_once = library.put(sent)
        assert (status, Delivery.objects.count()) == (422, 0)
    assert library.put(sent, uid)[0] == 202
    work()
    status, said = library.get(address(uid))
    assert (status, said["state"], said["error"]) == (200, "faulty", at_once["error"])
    assert [(fault["where"], fault["code"]) for fault in said["error"]["errors"]] == [
        ("rows[0].name", "name_differs"),
        ("rows[2].title", "obligation_twice"),
    ]
    assert (library.put(sent, uid), told(mei())[0]) == ((422, said), "pending")
    assert (Obligation.objects.count(), bells().count(), Delivery.objects.get().content) == (0, 0, None)
    corrected = books("《普通地质学》", minutes=1)
    assert library.put(corrected, uid)[0] == 409
    library.put(corrected)
    work()
    assert told(mei()) == ("failed", "《普通地质学》")


@pytest.mark.parametrize(
    ("problem", "words"),
    [("key_revoked", "its key"), ("cohort_closed", "the cohort"), ("no_feed", "do not decide")],
)
def test_what_is_not_wanted_any_more_is_refused(library: System, problem: str, words: str) -> None:
    uid = uuid.uuid4()
    assert library.put(books("《普通地质学》"), uid)[0] == 202
    match problem:
        case "key_revoked":
            revoke_key(key=ApiKey.objects.get(), actor=None)
        case "cohort_closed":
            Cohort.objects.update(state=CohortState.CLOSED)
        case "no_feed":
            Checkpoint.objects.update(decided_by_data=False)
    work()
    done = Delivery.objects.get()
    assert (done.state, done.problem, told(mei())[0]) == ("refused", problem, "pending")
    said = System(key_of("library")).get(address(uid))[1]
    assert (said["state"], words in said["message"]) == ("refused", True)


def test_after_three_attempts_it_has_failed_and_can_be_sent_again(
    library: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid, sent = uuid.uuid4(), books("《普通地质学》")
    library.put(sent, uid)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "carry_out", broken)
        for _ in range(leases.MAX_ATTEMPTS):
            assert library.get(address(uid))[1]["state"] == "received"
            process(uid)
    done = Delivery.objects.get()
    assert (done.state, done.problem, done.content, bells().count()) == ("failed", "OSError", None, 0)
    assert library.get(address(uid))[1]["state"] == "failed"
    assert library.put(books("《结晶学》"), uid)[0] == 409
    assert library.put(sent, uid)[0] == 202
    process(uid)
    assert (library.get(address(uid))[1]["state"], told(mei())[0]) == ("applied", "failed")


# --- the department's pages -----------------------------------------------------------------------------------------


def test_the_department_sees_what_waits_and_what_is_wrong(
    client: Client, library: System, librarian: User
) -> None:
    client.force_login(librarian)

    def page(url: str) -> str:
        answer = client.get(url, headers={"accept-language": "en"})
        assert answer.status_code == 200
        return answer.content.decode()

    uid = uuid.uuid4()
    library.put(books("《普通地质学》", name="兰草"), uid)
    shown, url = page("/clearance/data/"), reverse("leaving:data-delivery", args=[uid])
    assert "A list has come" in shown
    assert "No list has come yet." not in shown
    assert 'hx-trigger="every 2s"' in page(url)
    work()
    assert "1 row cannot be right." in page("/clearance/data/")
    shown = page(url)
    assert "rows[0].name" in shown
    assert "20221001" in shown
    assert "every 2s" not in shown
    assert url in page("/")
    library.put(books("《普通地质学》", minutes=1))
    work()
    assert "cannot be right" not in page("/clearance/data/")


def test_running_cohorts_come_first(library: System) -> None:
    cohort = builders.cohort(2027, CohortState.PREPARED)
    Checkpoint.objects.create(
        cohort=cohort,
        number=1,
        key="library",
        order=1,
        name_zh="图书馆",
        owner_kind="office",
        department=builders.office("library"),
        decided_by_data=True,
    )
    assert [feed["cohort"] for feed in library.get()[1]["feeds"]] == [2026, 2027]


# --- real processes -------------------------------------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_nothing_half_done(worker: Process, library: System) -> None:
    lists = [books("《普通地质学》"), books(minutes=10, kind="changes")]  # the second one is short
    with transaction.atomic():
        Checkpoint.objects.select_for_update(no_key=True).get(number=LIBRARY)  # the worker stops here
        at_once(lambda: library.put(lists[0]))
        eventually(lambda: bells().exclude(owner="").exists())
        at_once(lambda: library.put(lists[1]))  # nobody waits for the feed
        worker.kill()
    assert list(Delivery.objects.values_list("state", flat=True)) == ["received", "received"]
    assert Obligation.objects.count() == 0
    worker.ensure_running()
    bells().update(until=timezone.now() - datetime.timedelta(seconds=1))  # nobody renews them
    leases.ring_again()
    eventually(lambda: not Delivery.objects.exclude(state="applied").exists())
    assert (bells().count(), Obligation.objects.count()) == (0, 2)
    assert Decision.objects.filter(batch__how="data").count() == 2


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_the_same_list_sent_at_once_by_several_is_one(worker: Process, library: System) -> None:
    uid, sent = uuid.uuid4(), books("《普通地质学》")
    answers: list[tuple[int, Any]] = []
    at_once(*[lambda: answers.append(System(library.secret).put(sent, uid))] * 3)
    assert {status for status, _said in answers} <= {200, 202}
    eventually(lambda: Delivery.objects.get().state == "applied")
    assert (told(mei())[0], Obligation.objects.count(), bells().count()) == ("failed", 2, 0)


def at_once(*calls: Callable[[], object]) -> None:
    """Each in a thread with a connection of its own."""

    def closing(call: Callable[[], object]) -> None:
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=closing, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
