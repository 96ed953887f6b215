"""Reasons given again and again (C6): offered, kept, and read by the graduate in their own language."""

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from leaving.choices import Verb
from leaving.models import Decision, ReasonText
from leaving.selectors.clearance import snapshot
from leaving.selectors.reasons import Reason, ReasonBook
from leaving.selectors.sheets import sheet_of
from leaving.services.clearance import decide, reopen_batch
from leaving.services.reasons import keep_reason
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published
from tests.leaving.test_supervision import huang, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    published()
    return builders.clerk("alice", Right.DECIDE, at=builders.office("library"))


def text(zh: str, en: str = "", *, at: Department | None = None, **fields: Any) -> ReasonText:
    return ReasonText.objects.create(department=at, text_zh=zh, text_en=en, **fields)


def test_the_graduate_reads_a_known_reason_in_their_language_whatever_becomes_of_the_text(
    alice: User,
) -> None:
    mei = builders.graduate()
    opened()
    known = text("图书未还", "Books not returned", at=builders.office("library"))
    for typed in ("图书未还", "books  not returned"):
        outcome = decide(
            items=[item(mei, 2).pk], verb=Verb.FAIL, actor=alice, reason=ReasonBook(alice).reason(typed)
        )
        assert outcome.decided
    ReasonText.objects.filter(pk=known.pk).update(text_zh="变了", text_en="changed")
    for language, read in (("zh-hans", "图书未还"), ("en", "Books not returned")):
        with override(language):
            view = sheet_of(mei)
            assert view is not None
            line = next(line for line in view.needed if line.published_number == 2)
            assert line.reason == read
            assert [event.reason for event in line.history] == [read, read]
    assert set(Decision.objects.values_list("reason", "reason_en")) == {("图书未还", "Books not returned")}


def test_taking_back_brings_both_languages_back(alice: User) -> None:
    mei = builders.graduate()
    opened()
    book = item(mei, 2).pk
    decide(items=[book], verb=Verb.FAIL, actor=alice, reason=Reason("图书未还", "Books not returned"))
    batch = decide(items=[book], verb=Verb.PASS, actor=alice).batch
    assert (item(mei, 2).reason, item(mei, 2).reason_en) == ("", "")
    assert batch is not None
    reopen_batch(batch=batch, actor=alice)
    assert (item(mei, 2).reason, item(mei, 2).reason_en) == ("图书未还", "Books not returned")


def test_what_is_offered_to_whom(alice: User) -> None:
    library, finance = builders.office("library"), builders.office("finance")
    text("图书未还", "Books not returned", at=library, verb=Verb.FAIL)
    text("已赔付", at=library, verb=Verb.WAIVE)
    text("论文未交", at=library, checkpoint_key="thesis")
    text("不再提供", at=library, is_active=False)
    text("学费欠缴", at=finance)
    text("论文未修改", "Thesis not revised")
    with override("en"):
        assert ReasonBook(alice, reviews=False).offered() == ["Books not returned", "已赔付", "论文未交"]
        assert ReasonBook(alice, reviews=False).offered(verb=Verb.WAIVE) == ["已赔付", "论文未交"]
        assert ReasonBook(alice, reviews=False).offered(checkpoint_key="library") == [
            "Books not returned",
            "已赔付",
        ]
        assert ReasonBook(huang(), reviews=True).offered() == ["Thesis not revised"]
    assert ReasonBook(alice).reason("学费欠缴") == Reason("学费欠缴")
    assert ReasonBook(builders.user("nobody")).reason("图书未还") == Reason("图书未还")


def test_a_reason_is_kept_for_the_departments_whose_items_were_decided(alice: User) -> None:
    mei = builders.graduate()
    opened()
    ids = [item(mei, 2).pk, item(mei, 6).pk]  # the hospital's is not alice's
    (kept,) = keep_reason(text=" 图书未还 ", verb=Verb.FAIL, items=ids, actor=alice)
    assert (kept.department, kept.checkpoint_key, kept.verb, kept.text_zh, kept.text_en, kept.created_by) == (
        builders.office("library"), "library", "fail", "图书未还", "", alice,
    )  # fmt: skip
    ReasonText.objects.filter(pk=kept.pk).update(is_active=False, text_en="Books not returned")
    assert keep_reason(text="图书未还", verb=Verb.FAIL, items=ids, actor=alice) == [kept]
    kept.refresh_from_db()
    assert (kept.is_active, kept.text_en) == (True, "Books not returned")
    (english,) = keep_reason(text="Lost book", verb=Verb.FAIL, items=ids, actor=alice)
    assert (english.text_zh, english.text_en) == ("Lost book", "Lost book")
    assert keep_reason(text="x", verb=Verb.FAIL, items=ids, actor=builders.user("nobody")) == []
    assert AuditEntry.objects.filter(verb="reasons.kept").count() == 3


def test_the_queue_offers_and_keeps_reasons(alice: User, client: Client) -> None:
    mei, lan = builders.graduate(), builders.graduate()
    opened()
    text("学费欠缴", at=builders.office("finance"))
    client.force_login(alice)
    form = {"verb": "fail", "reason": "图书未还", "keep_reason": "1"}
    client.post("/clearance/decide/", {**form, "item": [item(mei, 2).pk], "seen": snapshot()})
    page = text_of(client.get("/clearance/"))
    assert '<option value="图书未还"></option>' in page
    assert "学费欠缴" not in page
    client.post("/clearance/decide/", {"verb": "pass", "reason": "x", "keep_reason": "1", "item": [item(lan, 2).pk],
                                       "seen": snapshot()})  # fmt: skip
    assert ReasonText.objects.filter(department=builders.office("library")).count() == 1


def test_supervisors_are_offered_those_of_reviews(client: Client) -> None:
    published()
    old = huang()
    postgraduate(supervisor=old)
    opened()
    text("论文未修改")
    client.force_login(old)
    page = text_of(client.get("/clearance/students/"))
    assert '<option value="论文未修改"></option>' in page
    assert "keep_reason" not in page


def test_a_clerk_edits_the_own_departments_texts_only(client: Client) -> None:
    library, finance = builders.office("library"), builders.office("finance")
    clerk = builders.clerk("clerk", Right.DECIDE, at=library)
    User.objects.filter(pk=clerk.pk).update(is_staff=True)
    own, other, reviews = text("图书未还", at=library), text("学费欠缴", at=finance), text("论文未修改")
    client.force_login(clerk)
    page = client.get("/admin/leaving/reasontext/").content.decode()
    assert ("图书未还" in page, "学费欠缴" in page, "论文未修改" in page) == (True, False, False)
    values = {"department": library.pk, "checkpoint_key": "", "verb": "fail", "text_zh": "书未还", "text_en": "Books",
              "is_active": "on"}  # fmt: skip
    assert client.post(f"/admin/leaving/reasontext/{own.pk}/change/", values).status_code == 302
    own.refresh_from_db()
    assert (own.text_zh, own.text_en) == ("书未还", "Books")
    assert client.post("/admin/leaving/reasontext/add/", {**values, "text_zh": "新"}).status_code == 302
    assert ReasonText.objects.get(text_zh="新").created_by == clerk
    for foreign in (other, reviews):
        assert client.get(f"/admin/leaving/reasontext/{foreign.pk}/change/").status_code != 200
    twice = client.post("/admin/leaving/reasontext/add/", {**values, "text_zh": "新"})
    assert twice.status_code == 200
    assert ReasonText.objects.filter(text_zh="新").count() == 1


def test_clerks_look_after_the_reasons_of_their_own_departments(alice: User, client: Client) -> None:
    own = text("图书未还", at=builders.office("library"))
    other = text("欠费", at=builders.office("finance"))
    client.force_login(alice)
    page = text_of(client.get("/clearance/reasons/"))
    assert ("图书未还" in page, "欠费" in page) == (True, False)
    url = f"/clearance/reasons/{own.pk}/"
    fields = {"department": own.department_id, "text_zh": "图书未归还", "text_en": "Books", "verb": "fail"}
    assert client.post(url, {**fields, "department": other.department_id}).status_code == 400
    assert client.post(url, fields).status_code == 302
    own.refresh_from_db()
    assert (own.text_zh, own.text_en, own.verb, own.is_active) == ("图书未归还", "Books", "fail", False)
    assert ReasonBook(alice).offered() == []
    assert client.post("/clearance/reasons/new/", fields).status_code == 400  # it is there already
    assert (
        client.post(
            "/clearance/reasons/new/", {**fields, "text_zh": "论文未交", "is_active": "1"}
        ).status_code
        == 302
    )
    assert ReasonText.objects.get(text_zh="论文未交").created_by == alice
    assert client.get(f"/clearance/reasons/{other.pk}/").status_code == 404
    assert AuditEntry.objects.filter(verb="reasons.saved").count() == 2
