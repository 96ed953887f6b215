"""What the department sees of its data, what the graduate reads on the sheet, and the debts after clearing (C7, C9)."""

import datetime
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from leaving.choices import Verb
from leaving.data_demo import play
from leaving.models import ApiKey, Checkpoint, ClearanceItem, ClearanceSheet, Delivery, Graduate, Obligation
from leaving.selectors.obligations import debts_after_clearing
from leaving.selectors.sheets import sheet_of
from leaving.services.clearance import decide
from portal.accounts.models import User
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published
from tests.leaving.obligations import by_data, changes, owes, settled, snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei() -> Graduate:
    published()
    by_data(2, 7)
    graduate = builders.graduate("20221001", name="梅花", user=builders.user("mei"))
    builders.graduate("20221002", name="兰草")
    opened()
    return graduate


@pytest.fixture
def librarian(mei: Graduate) -> User:
    return builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))


def page(client: Client, url: str, language: str = "en") -> str:
    answer = client.get(url, headers={"accept-language": language})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


# --- the sheet ------------------------------------------------------------------------------------------------------


def test_the_sheet_says_what_is_open_of_when_and_who_rules(
    client: Client, mei: Graduate, librarian: User
) -> None:
    client.force_login(User.objects.get(username="mei"))
    assert "No data received yet from Library." in page(client, "/sheet/")
    snapshot(2, owes(mei, "《普通地质学》", "35.00"), owes(mei, "《结晶学》", "1200.50"), minutes=0)
    shown = page(client, "/sheet/")
    assert "Not passed according to the data of Library" in shown
    assert '《普通地质学》 <strong class="number">¥35.00</strong>' in shown
    assert "Total: ¥1,235.50" in shown
    assert re.search(r"Data of \d{4}-\d\d-\d\d \d\d:\d\d", shown)
    assert "Open: 《结晶学》, ¥1,200.50 (data of" in shown
    decide(items=[item(mei, 2).pk], verb=Verb.WAIVE, actor=librarian, reason="已赔偿")
    shown = page(client, "/sheet/")
    assert "Waived by Library" in shown
    assert "Decided by hand. That rules until it is reopened." in shown
    assert "According to the department's data this is open:" in shown
    changes(2, settled(mei), minutes=1)
    shown = page(client, "/sheet/")
    assert "According to the department's data nothing is open." in shown
    assert "Settled: 《普通地质学》, ¥35.00 (data of" in shown
    decide(items=[item(mei, 2).pk], verb=Verb.REOPEN, actor=librarian)
    assert "图书馆数据显示已结清" in page(client, "/sheet/", "zh-hans")


def test_what_waits_shows_its_obligations_already(client: Client, mei: Graduate) -> None:
    zhou = postgraduate(user=builders.user("zhou"))
    opened()
    snapshot(2, owes(zhou))
    client.force_login(User.objects.get(username="zhou"))
    shown = page(client, "/sheet/")
    assert "Known already; it counts as soon as this item can be decided:" in shown
    assert 'data-checkpoint="2" data-state="waiting"' in shown


def test_the_sheet_takes_the_same_number_of_queries(mei: Graduate, django_assert_num_queries: Any) -> None:
    snapshot(2, owes(mei))
    with django_assert_num_queries(10):
        sheet_of(mei)
    snapshot(2, owes(mei), owes(mei, "《结晶学》"), owes(mei, "《矿物学》"), minutes=1)
    with django_assert_num_queries(10):
        sheet_of(mei)


def test_the_queue_says_that_the_data_decided(client: Client, mei: Graduate, librarian: User) -> None:
    snapshot(2, owes(mei))
    client.force_login(librarian)
    shown = page(client, "/clearance/?state=failed")
    assert "by data · 《普通地质学》" in shown
    assert reverse("leaving:data-overview") in shown


# --- the department -------------------------------------------------------------------------------------------------


def test_the_department_sees_how_its_data_stand(client: Client, mei: Graduate, librarian: User) -> None:
    client.force_login(librarian)
    assert "No list has come yet." in page(client, "/clearance/data/")
    assert "No list has come yet." in page(client, "/")
    snapshot(2, owes(mei, amount="35.00"))
    shown = page(client, "/clearance/data/")
    assert "1 obligation, 1 graduate" in shown
    assert "¥35.00" in shown
    assert "Finance" not in shown
    assert "Last refreshed:" in page(client, "/")
    Checkpoint.objects.update(data_stale_after=1)
    assert "The data are older than 1 hour." in page(client, "/clearance/data/")
    assert "No new list has come since" in page(client, "/")


def test_a_held_list_is_compared_and_confirmed_or_put_away(
    client: Client, mei: Graduate, librarian: User
) -> None:
    client.force_login(librarian)
    snapshot(2, *(owes(mei, f"书{n}") for n in range(4)), minutes=0)
    held = snapshot(2, owes(mei, "新书"), minutes=1)
    url = reverse("leaving:data-delivery", args=[held.uid])
    assert url in page(client, "/")
    shown = page(client, url)
    assert "Settled: 4. New: 1. Rows about others: 0." in shown
    assert "书0" in shown
    client.post(reverse("leaving:data-refuse", args=[held.uid]))
    assert Obligation.objects.filter(settled_at=None).count() == 4
    again = snapshot(2, owes(mei, "新书"), minutes=2)
    answer = client.post(
        reverse("leaving:data-confirm", args=[again.uid]), headers={"accept-language": "en"}, follow=True
    )
    assert "Applied." in answer.content.decode()
    assert item(mei, 2).reason == "新书"


def test_debts_after_clearing_go_to_their_office(client: Client, mei: Graduate, librarian: User) -> None:
    changes(2, settled(mei), minutes=0)
    changes(7, settled(mei), minutes=0)
    passed_but(mei)
    client.force_login(librarian)
    assert "No debts after clearing" in page(client, "/clearance/data/debts/")
    changes(2, owes(mei, amount="35.00"), minutes=1)
    shown = page(client, "/clearance/data/debts/")
    assert "梅花" in shown
    assert "¥35.00" in shown
    assert "Debts after clearing" in page(client, "/")
    finance = builders.clerk("cashier", Right.DECIDE, at=builders.office("finance"))
    client.force_login(finance)
    assert "梅花" not in page(client, "/clearance/data/debts/")


def test_a_debt_that_came_while_another_department_cleared_is_listed(mei: Graduate, librarian: User) -> None:
    """The library's long list began before the last item was passed, and found the sheet cleared when it came to it."""
    changes(2, settled(mei), minutes=0)
    changes(7, owes(mei, "学费", "4500.00"), minutes=0)
    passed_but(mei, 7)
    decide(items=[item(mei, 7).pk], verb=Verb.WAIVE, actor=None, reason="助学贷款")
    changes(2, owes(mei), minutes=1)
    sheet = ClearanceSheet.objects.get(graduate=mei)
    assert sheet.cleared_at is not None
    began = sheet.cleared_at - datetime.timedelta(seconds=9)
    Obligation.objects.update(since=began)
    assert [debt.title for debt in debts_after_clearing(librarian)] == ["《普通地质学》"]
    cashier = builders.clerk("cashier", Right.DECIDE, at=builders.office("finance"))
    assert not debts_after_clearing(cashier).exists()  # waived in full knowledge


def test_a_key_is_shown_once_and_revoked(client: Client, mei: Graduate, librarian: User) -> None:
    client.force_login(librarian)
    answer = client.post(
        "/clearance/data/keys/",
        {"department": builders.office("library").pk, "name": "汇文", "expires_on": "2000-01-01"},
        headers={"accept-language": "en"},
    )
    assert "for 400 days at most" in answer.content.decode()
    day = page(client, "/clearance/data/keys/").split('name="expires_on" value="')[1][:10]
    data = {"department": builders.office("library").pk, "name": "汇文", "expires_on": day}
    made = client.post("/clearance/data/keys/", data).content.decode()
    assert len(set(re.findall(r"lp_[\w-]{43}", made))) == 1
    assert re.findall(r"lp_[\w-]{43}", page(client, "/clearance/data/keys/")) == []
    key = ApiKey.objects.get()
    assert client.post(reverse("leaving:data-key-revoke", args=[key.uid])).status_code == 302
    key.refresh_from_db()
    assert key.revoked_by == librarian
    data["department"] = builders.office("finance").pk
    client.post("/clearance/data/keys/", data)
    assert ApiKey.objects.count() == 1


def test_a_key_by_command(mei: Graduate, librarian: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("issue_api_key", "library", "--name", "汇文", "--as", "librarian")
    assert capsys.readouterr().out.strip().startswith(ApiKey.objects.get().prefix)


def test_pages_take_the_same_number_of_queries(
    client: Client, mei: Graduate, librarian: User, django_assert_num_queries: Any
) -> None:
    client.force_login(librarian)
    snapshot(2, owes(mei))
    page(client, "/clearance/data/")
    with django_assert_num_queries(17):
        page(client, "/clearance/data/")
    snapshot(2, owes(mei), minutes=1)
    snapshot(2, owes(mei), minutes=2)
    with django_assert_num_queries(17):
        page(client, "/clearance/data/")


def test_the_demo_has_debts_and_a_held_list_and_leaves_its_people_alone(mei: Graduate) -> None:
    for _ in range(25):
        builders.graduate()
    opened()
    Checkpoint.objects.update(decided_by_data=False)
    mine = ClearanceItem.objects.filter(sheet__graduate=mei)
    before = list(mine.order_by("pk").values_list("state", flat=True))
    play(0)
    play(0)
    assert sorted(Delivery.objects.values_list("checkpoint__key", "state")) == [
        ("finance", "applied"),
        ("finance", "held"),
        ("library", "applied"),
    ]
    assert Obligation.objects.filter(settled_at=None).exists()
    assert list(mine.order_by("pk").values_list("state", flat=True)) == before
