"""The counter (C6): a number, who that is and what stands in the way, Enter, next. All of it without a script."""

import re
from typing import Any

import pytest
from django.test import Client

from leaving.choices import Verb
from leaving.models import ClearanceItem, DecisionBatch, ReasonText
from leaving.selectors.clearance import snapshot
from leaving.services.clearance import decide
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.services import grant
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.test_supervision import huang, text_of

pytestmark = pytest.mark.django_db

URL = "/clearance/counter/"
QUERIES = 27


@pytest.fixture
def alice(client: Client) -> User:
    """Sits at the library's counter, which decides for the hospital too."""
    published()
    made = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    grant(right=Right.DECIDE, department=builders.office("hospital"), to=made, actor=None)
    client.force_login(made)
    client.cookies["django_language"] = "en"
    return made


class Counter:
    """The clerk's hands: fills in the forms that the page shows."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.page = text_of(client.get(URL))

    def hidden(self, form: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
            found.setdefault(name, []).append(value)
        return found

    def forms(self) -> list[str]:
        return re.findall(r'<form method="post" action="/clearance/counter/decide/".*?</form>', self.page)

    def enter(self, typed: str = "") -> str:
        """Types into the field and presses Enter."""
        return self.post(self.forms()[0], q=typed)

    def press(self, place: int, verb: str, **more: str) -> str:
        """Presses a button of one item."""
        return self.post(self.forms()[1 + place], verb=verb, **more)

    def post(self, form: str, **more: str) -> str:
        data: dict[str, Any] = {**self.hidden(form), **more}
        self.page = text_of(self.client.post(f"{URL}decide/", data, follow=True))
        return self.page


def states_of(*items: ClearanceItem) -> list[str]:
    for each in items:
        each.refresh_from_db()
    return [each.state for each in items]


def test_type_enter_enter_next(alice: User, client: Client) -> None:
    mei, lan = builders.graduate("20221001", name="梅同学"), builders.graduate("20221002", name="兰同学")
    opened()
    counter = Counter(client)
    assert "autofocus" in counter.page
    page = counter.enter("20221001")
    assert "梅同学" in page
    assert re.findall(r'data-checkpoint="(\d+)"', page) == ["2", "6"]
    assert "pass 2 open items" in page
    assert 'value="20221001" aria-invalid' not in page
    page = counter.enter()
    assert "Passed: 2 items." in page
    assert states_of(item(mei, 2), item(mei, 6), item(mei, 7)) == ["passed", "passed", "pending"]
    assert 'name="shown"' not in page  # nobody is shown any more: the field waits for the next
    # A number typed while somebody is shown shows the next one, and decides nothing.
    counter.enter("20221002")
    page = counter.enter("２０２２１００１ ")
    assert "梅同学" in page
    assert states_of(item(lan, 2)) == ["pending"]


def test_fail_with_a_reason_and_pass_the_other(alice: User, client: Client) -> None:
    mei = builders.graduate("20221001")
    opened()
    ReasonText.objects.create(
        department=builders.office("library"), text_zh="图书未还", text_en="Books not returned"
    )
    counter = Counter(client)
    assert 'value="Books not returned"' in counter.enter("20221001")
    assert "Give a reason." in counter.press(0, "fail", reason=" ")
    page = counter.press(0, "fail", reason="Books not returned", keep_reason="1")
    assert "Not passed: 1 item." in page
    assert "pass 2 open items" in page  # still there: the hospital's has not been decided, the books may come
    assert (item(mei, 2).reason, item(mei, 2).reason_en) == ("图书未还", "Books not returned")
    page = counter.press(1, "pass")
    assert 'name="shown"' not in page
    assert states_of(item(mei, 2), item(mei, 6)) == ["failed", "passed"]


def test_a_wrong_number_is_told_and_selected(alice: User, client: Client) -> None:
    builders.graduate("20221001", name="梅同学")
    opened()
    counter = Counter(client)
    page = counter.enter("20229999")
    assert "Nobody with the number “20229999” has an item that you decide." in page
    assert 'value="20229999" aria-invalid="true"' in page
    assert 'role="alert"' in page
    page = counter.enter("<script>")
    assert "<script>”" not in page
    assert DecisionBatch.objects.count() == 0


def test_nothing_is_told_of_whom_one_does_not_decide(client: Client) -> None:
    published()
    builders.graduate("20221001", name="梅同学")
    opened()
    computing = builders.college("06", "经济管理学院")
    client.force_login(builders.clerk("other", Right.DECIDE, at=builders.node(computing, "work")))
    assert "梅同学" not in text_of(client.get(f"{URL}?q=20221001"))
    answer = client.post(f"{URL}decide/", {"seen": snapshot(), "item": [ClearanceItem.objects.all()[0].pk]})
    assert answer.status_code == 403


def test_what_waits_and_what_is_not_needed_is_said(alice: User, client: Client) -> None:
    waits = postgraduate("2023001")
    opened()
    counter = Counter(client)
    page = counter.enter("2023001")
    assert "Waiting for the supervisor" in page
    assert "open item" not in page
    assert counter.enter() == page or "2023001" in counter.page
    assert states_of(item(waits, 2)) == ["waiting"]


def test_somebody_else_was_quicker(alice: User, client: Client) -> None:
    mei = builders.graduate("20221001", name="梅同学")
    opened()
    counter = Counter(client)
    counter.enter("20221001")
    bob = builders.clerk("bob", Right.DECIDE, at=builders.office("library"))
    decide(items=[item(mei, 2).pk], verb=Verb.WAIVE, actor=bob, reason="flood")
    page = counter.enter()
    assert "Passed: 1 item." in page
    assert "梅同学: “Waived” by Bob at" in page
    assert states_of(item(mei, 2), item(mei, 6)) == ["waived", "passed"]
    assert "flood" in page  # still shown, as it is now


def test_the_last_ones_are_listed_and_taken_back(alice: User, client: Client) -> None:
    graduates = [builders.graduate(f"2022100{number}") for number in range(3)]
    opened()
    passed_but(graduates[0], 2, 6)
    counter = Counter(client)
    for graduate in graduates:
        counter.enter(graduate.student_no)
        counter.enter()
    urls = re.findall(r'action="(/clearance/decisions/[\w-]+/undo/\?list=counter)"', counter.page)
    assert len(urls) == 3
    page = text_of(client.post(urls[2], follow=True))
    assert "Taken back: 2 items." in page
    assert "taken back" in page
    assert states_of(item(graduates[0], 2)) == ["pending"]
    counter.page = page
    assert "pass 2 open items" in counter.enter("20221000")


def test_a_cleared_person(alice: User, client: Client) -> None:
    mei = builders.graduate("20221001")
    opened()
    passed_but(mei)
    page = Counter(client).enter("20221001")
    assert "The certificate stands." in page
    assert "open item" not in page


def test_a_supervisor_at_the_counter(client: Client) -> None:
    published()
    old = huang()
    graduate = postgraduate("2023001", supervisor=old)
    opened()
    client.force_login(old)
    client.cookies["django_language"] = "en"
    counter = Counter(client)
    counter.enter("2023001")
    assert "Passed: 1 item." in counter.enter()
    assert states_of(item(graduate, 1)) == ["passed"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_takes_the_same_queries_however_much_there_is(
    rows: int, alice: User, client: Client, django_assert_num_queries: Any
) -> None:
    mei = builders.graduate("20221001")
    others = [builders.graduate() for _ in range(rows)]
    opened()
    for other in others:
        decide(items=[item(other, 2).pk], verb=Verb.PASS, actor=alice)
    if rows == 3:
        decide(items=[item(mei, 2).pk], verb=Verb.FAIL, actor=alice, reason="x")
    client.get(URL)
    with django_assert_num_queries(QUERIES):
        client.get(f"{URL}?q=20221001")
