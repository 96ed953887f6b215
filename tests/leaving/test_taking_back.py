"""Taking back: what was there before returns whole, as often as one likes (C6, decision 5)."""

from typing import Any

import pytest

from leaving.choices import Verb
from leaving.models import CheckpointRule, ClearanceItem, ClearanceSheet, DecisionBatch, Graduate
from leaving.services.clearance import decide, reopen_batch
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.obligations import by_data, changes, owes, settled, snapshot

pytestmark = pytest.mark.django_db

LIBRARY, REVIEW = 2, 1
TOLD = ("state", "decided_how", "reason", "reason_en", "decided_by", "decided_for")


def librarian(name: str = "alice") -> User:
    return builders.clerk(name, Right.DECIDE, at=builders.office("library"))


def told(pk: int) -> tuple[Any, ...]:
    """All that the sheet says of how an item came to be what it is; of the time, that there is one."""
    *said, at = ClearanceItem.objects.values_list(*TOLD, "decided_at").get(pk=pk)
    return *said, at is not None


def decided(actor: User | None, verb: Verb, *ids: int, **more: Any) -> DecisionBatch:
    batch = decide(items=ids, verb=verb, actor=actor, **{"reason": "x", **more}).batch
    assert batch is not None
    return batch


def and_back(actor: User, verb: Verb, *ids: int, times: int = 2, **more: Any) -> None:
    """Decides and takes it back, so often; nothing is to be left of it."""
    before = [told(pk) for pk in ids]
    for _ in range(times):
        reopen_batch(batch=decided(actor, verb, *ids, **more), actor=actor)
        assert [told(pk) for pk in ids] == before


@pytest.fixture
def mei() -> Graduate:
    """A graduate, the library's part of whose sheet is decided by data."""
    published()
    by_data(LIBRARY)
    graduate = builders.graduate(name="梅同学")
    opened()
    return graduate


def test_what_data_passed_is_theirs_again_and_a_later_debt_fails_it(mei: Graduate) -> None:
    alice = librarian()
    changes(LIBRARY, settled(mei), minutes=0)
    book = item(mei, LIBRARY).pk
    passed_but(mei, LIBRARY, 7)
    and_back(alice, Verb.FAIL, book, reason="学位论文未提交")
    assert told(book)[:2] == ("passed", "data")
    snapshot(LIBRARY, owes(mei), minutes=1)
    assert told(book)[:3] == ("failed", "data", "《普通地质学》")
    assert decide(items=[item(mei, 7).pk], verb=Verb.PASS, actor=None).cleared == []


def test_what_data_failed_passes_when_the_debt_is_settled(mei: Graduate) -> None:
    alice = librarian()
    snapshot(LIBRARY, owes(mei), minutes=0)
    book = item(mei, LIBRARY).pk
    and_back(alice, Verb.PASS, book)
    assert told(book)[:3] == ("failed", "data", "《普通地质学》")
    changes(LIBRARY, settled(mei), minutes=1)
    assert told(book)[:2] == ("passed", "data")


def test_by_hand_reason_and_person_return_each_time() -> None:
    published()
    graduate, alice, bob = builders.graduate(), librarian(), librarian("bob")
    opened()
    book = item(graduate, LIBRARY).pk
    decided(bob, Verb.FAIL, book, reason="1 本书")
    and_back(alice, Verb.PASS, book, times=3)
    and_back(bob, Verb.FAIL, book, reason="2 本书")  # what was taken back is not what the next one returns to
    and_back(alice, Verb.REOPEN, book)
    assert told(book)[:3] == ("failed", "hand", "1 本书")


def test_both_names_of_a_decision_in_the_supervisors_place_return() -> None:
    published()
    huang = builders.user("huang")
    graduate = postgraduate(supervisor=huang)
    secretary = builders.clerk("secretary", Right.DECIDE, at=builders.node(graduate.college, "secretary"))
    opened()
    review = item(graduate, REVIEW).pk
    decided(secretary, Verb.FAIL, review, reason="缺答辩材料", delegation="出国访问")
    assert told(review)[4:6] == (secretary.pk, huang.pk)
    and_back(huang, Verb.PASS, review)


def test_what_a_rule_passed_is_the_rules_again() -> None:
    published()
    CheckpointRule.objects.filter(checkpoint__number=LIBRARY).update(outcome="passed", reason_zh="无纸化")
    graduate, alice = builders.graduate(), librarian()
    opened()
    book = item(graduate, LIBRARY).pk
    assert told(book)[:2] == ("passed", "rule")
    and_back(alice, Verb.REOPEN, book)


def test_a_taking_back_is_not_taken_back_but_decided_anew() -> None:
    published()
    graduate, alice = builders.graduate(), librarian()
    opened()
    book = item(graduate, LIBRARY).pk
    undo = reopen_batch(batch=decided(alice, Verb.FAIL, book), actor=alice).batch
    assert undo is not None
    with pytest.raises(Refused) as refused:
        reopen_batch(batch=undo, actor=alice)
    assert refused.value.code == "takes_back"
    assert told(book)[0] == "pending"
    assert ClearanceSheet.objects.get().state == "open"
