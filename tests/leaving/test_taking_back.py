"""Taking back: what was there before returns whole, as often as one likes, to each department its own (C6, decision 5)."""

from typing import Any

import pytest
from django.test import Client

from leaving.choices import DecidedBy, Verb
from leaving.models import CheckpointRule, ClearanceItem, ClearanceSheet, DecisionBatch, Graduate
from leaving.selectors.again import asking_again
from leaving.services.clearance import decide, reopen_batch, reopen_workbook
from leaving.services.handin import look_again
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department, UserGrant
from portal.departments.services import grant
from portal.errors import Refused
from portal.workbooks.models import ImportBatch
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.obligations import by_data, changes, owes, settled, snapshot
from tests.leaving.test_supervision import text_of

pytestmark = pytest.mark.django_db

REVIEW, LIBRARY, HOSPITAL, FINANCE = 1, 2, 6, 7
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
    passed_but(mei, LIBRARY, FINANCE)
    and_back(alice, Verb.FAIL, book, reason="学位论文未提交")
    assert told(book)[:2] == ("passed", "data")
    snapshot(LIBRARY, owes(mei), minutes=1)
    assert told(book)[:3] == ("failed", "data", "《普通地质学》")
    assert decide(items=[item(mei, FINANCE).pk], verb=Verb.PASS, actor=None).cleared == []


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


# --- a decision that spans departments -------------------------------------------------------------------------------

URL = "/clearance/decisions/"


def financier() -> User:
    return builders.clerk("frank", Right.DECIDE, at=builders.office("finance"))


def both() -> User:
    """Holds rights for the library and for finance."""
    clerk = librarian("both")
    grant(right=Right.DECIDE, department=builders.office("finance"), to=clerk, actor=None)
    return clerk


def page(client: Client, user: User, url: str = URL) -> str:
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return text_of(client.get(url, follow=True))


def take_back(client: Client, user: User, batch: DecisionBatch) -> str:
    client.force_login(user)
    return text_of(client.post(f"{URL}{batch.uid}/undo/?list=decision", follow=True))


def test_each_department_takes_its_own_part_back(client: Client) -> None:
    published()
    mei, lan = builders.graduate(name="梅同学"), builders.graduate(name="兰同学")
    alice, frank, author = librarian(), financier(), both()
    opened()
    ids = [item(mei, LIBRARY).pk, item(lan, FINANCE).pk, item(mei, FINANCE).pk]
    batch = decided(author, Verb.PASS, *ids)
    # Each sees the own part: how many, whose, and what would return.
    listed = page(client, frank)
    assert ("Finance" in listed, "Library" in listed) == (True, False)
    assert "Take the decision on 2 items back?" in page(client, frank, f"{URL}{batch.uid}/")
    assert "Take the decision on 1 item back?" in page(client, alice, f"{URL}{batch.uid}/")
    assert "梅同学" not in page(client, alice, f"{URL}?q=兰同学")
    told_alice = take_back(client, alice, batch)
    assert "Taken back: 1 item." in told_alice
    assert "Left as" not in told_alice
    assert "already" in take_back(client, alice, batch)
    assert [told(pk)[0] for pk in ids] == ["pending", "passed", "passed"]
    # Whoever sees both parts reads how far it is; finance has not taken anything back.
    assert "1 of 3" in page(client, author)
    assert "Taken back" not in page(client, frank, f"{URL}{batch.uid}/")
    assert "Taken back: 2 items." in take_back(client, frank, batch)
    assert {told(pk)[0] for pk in ids} == {"pending"}
    assert "already" in take_back(client, author, batch)
    whole = page(client, author, f"{URL}{batch.uid}/")
    assert ("Alice" in whole, "Frank" in whole, "/undo/" in whole) == (True, True, False)


def test_the_author_takes_back_what_is_left(client: Client) -> None:
    published()
    mei = builders.graduate()
    alice, author = librarian(), both()
    opened()
    ids = [item(mei, number).pk for number in (LIBRARY, FINANCE)]
    batch = decided(author, Verb.PASS, *ids)
    reopen_batch(batch=batch, actor=alice)
    decided(alice, Verb.FAIL, ids[0], reason="1 本书")
    assert "Take the decision on 1 item back?" in page(client, author, f"{URL}{batch.uid}/")
    assert reopen_batch(batch=batch, actor=author).decided == [ids[1]]
    assert [told(pk)[0] for pk in ids] == ["failed", "pending"]


def test_a_certificate_goes_with_the_first_part_and_comes_with_the_last() -> None:
    published()
    mei = builders.graduate()
    alice, author = librarian(), both()
    opened()
    passed_but(mei, LIBRARY, FINANCE)
    batch = decided(author, Verb.PASS, item(mei, LIBRARY).pk, item(mei, FINANCE).pk)
    assert ClearanceSheet.objects.get().state == "cleared"
    reopen_batch(batch=batch, actor=alice)
    assert ClearanceSheet.objects.get().state == "open"
    decided(alice, Verb.PASS, item(mei, LIBRARY).pk)
    assert ClearanceSheet.objects.get().state == "cleared"
    # By a later decision: finance's part stands with it.
    with pytest.raises(Refused, match="离校单此后已办结或已关闭"):
        reopen_batch(batch=batch, actor=financier())


def test_an_answer_stands_where_only_another_part_was_taken_back() -> None:
    """“Please look again” is not asked once more of finance because the library takes its own part back (C8)."""
    published()
    mei = builders.graduate(user=builders.user("mei"))
    alice, author = librarian(), both()
    opened()
    ids = [item(mei, number).pk for number in (LIBRARY, FINANCE)]
    decided(author, Verb.FAIL, *ids)
    for number in (LIBRARY, FINANCE):
        look_again(item=item(mei, number), text="已处理", actor=User.objects.get(username="mei"))
    batch = decided(author, Verb.FAIL, *ids, reason="还是不行")
    assert list(asking_again(ClearanceItem.objects.all())) == []
    reopen_batch(batch=batch, actor=alice)
    assert [one.pk for one in asking_again(ClearanceItem.objects.all())] == [ids[0]]


def test_a_review_decided_along_with_a_departments_items_stays_the_supervisors(client: Client) -> None:
    published()
    huang = librarian("huang")
    wang, mei = postgraduate(supervisor=huang, name="王同学"), builders.graduate(name="梅同学")
    opened()
    batch = decided(huang, Verb.PASS, item(wang, REVIEW).pk, item(mei, LIBRARY).pk)
    listed = page(client, librarian())
    assert ("王同学" in listed, "梅同学" in listed) == (False, True)
    assert "王同学" not in page(client, librarian("bob"), f"{URL}{batch.uid}/")
    assert "Take the decision on 2 items back?" in page(client, huang, f"{URL}{batch.uid}/")


def test_why_nothing_can_be_taken_back_is_said_as_it_is() -> None:
    published()
    huang = builders.user("huang")
    mei, wang = builders.graduate(), postgraduate(supervisor=huang)
    alice, bob, root = librarian(), librarian("bob"), builders.user("root", is_superuser=True)
    opened()
    books = decided(alice, Verb.PASS, item(mei, LIBRARY).pk)
    review = decided(huang, Verb.PASS, item(wang, REVIEW).pk)
    UserGrant.objects.filter(user=alice).delete()
    for batch, actor, code in ((books, alice, "not_yours"), (review, root, "not_yours")):
        with pytest.raises(Refused) as refused:
            reopen_batch(batch=batch, actor=actor)
        assert refused.value.code == code
    decided(bob, Verb.REOPEN, item(mei, LIBRARY).pk)
    with pytest.raises(Refused, match="此后已另行审核"):
        reopen_batch(batch=books, actor=bob)


def test_a_list_over_several_departments_is_taken_back_part_by_part() -> None:
    published()
    computing, economics = (Department.objects.get(code=code) for code in ("08", "06"))
    mei, lan = builders.graduate(college=computing), builders.graduate(college=economics)
    author = builders.clerk("author", Right.DECIDE, at=builders.node(computing, "work"))
    grant(right=Right.DECIDE, department=builders.node(economics, "work"), to=author, actor=None)
    colleague = builders.clerk("colleague", Right.DECIDE, at=builders.node(computing, "work"))
    opened()
    uploaded = ImportBatch.objects.create(kind="decisions", actor=author, file_name="x.xlsx", state="applied")
    ids = [item(who, 10).pk for who in (mei, lan)]
    decided(author, Verb.PASS, *ids, how=DecidedBy.WORKBOOK, workbook=uploaded)
    assert reopen_workbook(workbook=uploaded, actor=colleague).decided == ids[:1]
    assert reopen_workbook(workbook=uploaded, actor=author).decided == ids[1:]
    with pytest.raises(Refused) as refused:
        reopen_workbook(workbook=uploaded, actor=author)
    assert refused.value.code == "already_undone"
