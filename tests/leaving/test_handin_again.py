"""“Please look again”: what was not passed comes back to the queue with what the graduate wrote (C8)."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from leaving.choices import Verb
from leaving.models import ClearanceItem, LookAgain
from leaving.selectors.again import asking_again
from leaving.selectors.clearance import snapshot
from leaving.services.clearance import decide, reopen_batch
from leaving.services.handin import look_again
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published
from tests.leaving.handin import LIBRARY, clerk, failed, handed, mei, picture, student
from tests.leaving.obligations import by_data, owes
from tests.leaving.obligations import snapshot as snapshot_of

pytestmark = pytest.mark.django_db
TEXT = "两册书已于6月12日还到一楼总服务台"


def asking() -> list[int]:
    return list(asking_again(ClearanceItem.objects.all()).values_list("checkpoint__number", flat=True))


def test_the_graduate_writes_what_changed_and_the_clerk_reads_it(client: Client) -> None:
    graduate = mei()
    failed(graduate, LIBRARY)
    client.force_login(student(graduate))
    url = f"/sheet/{graduate.uid}/items/{LIBRARY}/"
    answer = client.post(
        f"{url}look-again/",
        {"text": TEXT, "evidence": picture()},
        follow=True,
        headers={"accept-language": "en"},
    )
    assert "Sent. The item is back with those who decide it." in answer.content.decode()
    assert TEXT in answer.content.decode()
    assert item(graduate, LIBRARY).state == "failed"
    assert len(handed(graduate, LIBRARY).files) == 1
    client.force_login(clerk("library"))
    page = client.get("/clearance/", headers={"accept-language": "en"}).content.decode()
    assert '<a href="?again=1">1 graduate asks to look again</a>' in page
    page = client.get("/clearance/?again=1", headers={"accept-language": "en"}).content.decode()
    assert TEXT in page
    assert page.count('name="item"') == 1
    assert "graduate asks to look again" not in page
    page = client.get(f"/clearance/items/{graduate.uid}/{LIBRARY}/").content.decode()
    assert TEXT in page
    assert AuditEntry.objects.filter(verb="look_again.asked", actor=student(graduate)).count() == 1


def test_once_until_it_is_decided_again(client: Client) -> None:
    graduate, library = mei(), clerk("library")
    one = failed(graduate, LIBRARY)
    look_again(item=one, text=TEXT, actor=student(graduate))
    with pytest.raises(Refused) as refused:
        look_again(item=one, text="快一点", actor=student(graduate))
    assert refused.value.code == "asked_already"
    decide(items=[one.pk], verb=Verb.FAIL, actor=library, reason="仍有一册")
    assert asking() == []
    look_again(item=one, text="这册也还了", actor=student(graduate))
    assert asking() == [LIBRARY]
    decide(items=[one.pk], verb=Verb.PASS, actor=library)
    assert asking() == []
    client.force_login(student(graduate))
    page = client.get("/sheet/").content.decode()
    assert TEXT in page
    assert "这册也还了" in page


@pytest.mark.parametrize(
    ("verb", "code"), [(None, "not_failed"), (Verb.PASS, "item_decided"), (Verb.WAIVE, "item_decided")]
)
def test_only_what_was_not_passed_is_looked_at_again(verb: Verb | None, code: str) -> None:
    graduate = mei()
    if verb:
        decide(items=[item(graduate, LIBRARY).pk], verb=verb, actor=None, reason="原因")
    with pytest.raises(Refused) as refused:
        look_again(item=item(graduate, LIBRARY), text=TEXT, actor=student(graduate))
    assert refused.value.code == code


def test_it_needs_words_and_ones_own_item(client: Client) -> None:
    graduate = mei()
    failed(graduate, LIBRARY)
    client.force_login(student(graduate))
    answer = client.post(f"/sheet/{graduate.uid}/items/{LIBRARY}/look-again/", {"text": "  "})
    assert answer.status_code == 400
    for actor, status in ((builders.user("other"), 404), (clerk("library"), 403)):
        client.force_login(actor)
        answer = client.post(f"/sheet/{graduate.uid}/items/{LIBRARY}/look-again/", {"text": TEXT})
        assert answer.status_code == status
        with pytest.raises(Refused) as refused:
            look_again(item=item(graduate, LIBRARY), text=TEXT, actor=actor)
        assert refused.value.code == "not_yours"
    assert not LookAgain.objects.exists()


def test_an_answer_that_is_taken_back_leaves_the_question_open() -> None:
    graduate, library = mei(), clerk("library")
    one = failed(graduate, LIBRARY)
    look_again(item=one, text=TEXT, actor=student(graduate))
    done = decide(items=[one.pk], verb=Verb.PASS, actor=library)
    assert done.batch
    reopen_batch(batch=done.batch, actor=library)
    assert asking() == [LIBRARY]
    assert handed(graduate, LIBRARY).open_look is not None
    decide(items=[one.pk], verb=Verb.PASS, actor=library)
    assert asking() == []


def test_a_fine_that_grows_overnight_is_no_answer(client: Client) -> None:
    graduate, library = mei(), clerk("library")
    by_data(LIBRARY)
    snapshot_of(LIBRARY, owes(graduate, "逾期费", "1.00"), minutes=0)
    one = item(graduate, LIBRARY)
    look_again(item=one, text=TEXT, actor=student(graduate))
    snapshot_of(LIBRARY, owes(graduate, "逾期费", "1.10"), minutes=1)
    assert item(graduate, LIBRARY).reason == "逾期费 ¥1.10"
    assert asking() == [LIBRARY]
    here = handed(graduate, LIBRARY)
    assert (here.open_look is not None, here.may_look_again) == (True, False)
    client.force_login(library)
    assert TEXT in client.get("/clearance/?again=1").content.decode()
    decide(items=[one.pk], verb=Verb.FAIL, actor=library, reason="仍有一册")
    assert asking() == []
    look_again(item=one, text="这册也还了", actor=student(graduate))
    decide(items=[one.pk], verb=Verb.REOPEN, actor=library)  # the data fail it again; the clerk had looked
    assert (item(graduate, LIBRARY).decided_how, asking()) == ("data", [])
    look_again(item=one, text="请再看看", actor=student(graduate))
    snapshot_of(LIBRARY, owes(builders.graduate()), minutes=2)
    assert (item(graduate, LIBRARY).state, asking()) == ("passed", [])


def test_all_matching_of_those_who_ask_are_decided_together(client: Client) -> None:
    published()
    people = [builders.graduate(user=builders.user()) for _ in range(3)]
    opened()
    for graduate in people:
        failed(graduate, LIBRARY)
    for graduate in people[:2]:
        look_again(item=item(graduate, LIBRARY), text=TEXT, actor=student(graduate))
    client.force_login(clerk("library"))
    client.post("/clearance/decide/?again=1", {"verb": "pass", "all_matching": "1", "seen": snapshot()})
    assert [item(graduate, LIBRARY).state for graduate in people] == ["passed", "passed", "failed"]


def test_the_question_goes_to_the_supervisor_who_failed_the_review(client: Client) -> None:
    published()
    wang = builders.user("wang")
    graduate = postgraduate(user=builders.user("mei"), supervisor=wang)
    opened()
    decide(items=[item(graduate, 1).pk], verb=Verb.FAIL, actor=wang, reason="论文未定稿")
    look_again(item=item(graduate, 1), text="论文已定稿", actor=student(graduate))
    client.force_login(wang)
    assert "?again=1" in client.get("/clearance/students/").content.decode()
    assert "论文已定稿" in client.get("/clearance/students/?again=1").content.decode()
    page = client.get(f"/clearance/items/{graduate.uid}/1/")
    assert "论文已定稿" in page.content.decode()
    client.post(f"/clearance/items/{graduate.uid}/1/decide/", {"verb": "pass", "seen": page.context["seen"]})
    assert item(graduate, 1).state == "passed"


def test_what_was_asked_cannot_be_written_over() -> None:
    graduate = mei()
    asked = look_again(item=failed(graduate, LIBRARY), text=TEXT, actor=student(graduate))
    with pytest.raises(DatabaseError), transaction.atomic():
        LookAgain.objects.filter(pk=asked.pk).update(text="别的")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_says_it_all_in_the_same_queries(
    rows: int, client: Client, django_assert_num_queries: Any
) -> None:
    published()
    people = [builders.graduate(user=builders.user()) for _ in range(rows)]
    opened()
    for graduate in people:
        look_again(item=failed(graduate, LIBRARY), text=TEXT, actor=student(graduate))
    client.force_login(clerk("library"))
    client.get("/clearance/")
    with django_assert_num_queries(24):
        assert client.get("/clearance/?again=1").content.decode().count(TEXT) == rows
