"""The page of one item: for its graduate, and whole for the clerk who decides it (C6, C8)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leaving.choices import Verb
from leaving.models import Checkpoint
from leaving.services.clearance import decide
from leaving.services.handin import add_evidence, hand_in_form, look_again
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published
from tests.leaving.handin import CAREERS, CHECK_OUT, LIBRARY, WAITING, clerk, failed, mei, student, upload
from tests.leaving.obligations import by_data, owes, snapshot

pytestmark = pytest.mark.django_db


def page_of(client: Client, url: str) -> str:
    answer = client.get(url, headers={"accept-language": "en"})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_clerk_sees_the_item_whole_without_seeing_the_graduate(client: Client) -> None:
    graduate = mei(mobile="13712345678")
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    add_evidence(item=item(graduate, CAREERS), upload=upload("offer.jpg"), actor=student(graduate))
    careers = clerk("careers")
    client.force_login(careers)
    assert f"/clearance/items/{graduate.uid}/{CAREERS}/" in client.get("/clearance/").content.decode()
    page = page_of(client, f"/clearance/items/{graduate.uid}/{CAREERS}/")
    for there in (
        "梅同学",
        "湖北黄石",
        "offer.jpg",
        "Return with the reason",
        "Employment plan handed in (version 1)",
    ):
        assert there in page
    assert "13712345678" not in page
    assert f"/sheet/{graduate.uid}/" not in page.replace(f"/sheet/{graduate.uid}/items/", "")
    assert client.get(f"/sheet/{graduate.uid}/").status_code == 404
    assert list(AuditEntry.objects.filter(verb="item.viewed").values_list("actor__username", "target")) == [
        ("alice", f"leaving.graduate:{graduate.uid}")
    ]


def test_who_may_open_it(client: Client) -> None:
    graduate = mei()
    url = f"/clearance/items/{graduate.uid}/{CAREERS}/"
    dean = builders.clerk("dean", Right.VIEW_GRADUATES, Right.DECIDE, at=graduate.college)
    for person, status in (
        (clerk("careers"), 200),
        (clerk("library", "bob"), 404),
        (dean, 403),
        (builders.user("stranger"), 404),
        (student(graduate), 404),
    ):
        client.force_login(person)
        assert (person.username, client.get(url).status_code) == (person.username, status)
    own = f"/sheet/{graduate.uid}/items/{CAREERS}/"
    assert client.get(own).status_code == 200
    client.force_login(dean)
    assert client.get(own).status_code == 403
    client.force_login(builders.user("classmate"))
    assert client.get(own).status_code == 404
    client.force_login(student(graduate))
    assert client.get(f"/sheet/{graduate.uid}/items/99/").status_code == 404


def test_it_says_whether_the_form_is_there_and_is_decided_all_the_same(client: Client) -> None:
    graduate = mei()
    client.force_login(clerk("careers"))
    url = f"/clearance/items/{graduate.uid}/{CAREERS}/"
    assert "Not handed in yet" in page_of(client, url)
    seen = client.get(url).context["seen"]
    answer = client.post(
        f"{url}decide/", {"verb": "fail", "seen": seen}, follow=True, headers={"accept-language": "en"}
    )
    assert "Give a reason." in answer.content.decode()
    assert item(graduate, CAREERS).state == "pending"
    client.post(f"{url}decide/", {"verb": "pass", "seen": client.get(url).context["seen"]})
    assert item(graduate, CAREERS).state == "passed"
    assert "Reopen" in page_of(client, url)


def test_the_delegate_says_why(client: Client) -> None:
    published()
    graduate = postgraduate(user=builders.user("mei"))
    opened()
    secretary = builders.clerk("xiaomi", Right.DECIDE, at=builders.node(graduate.college, "secretary"))
    client.force_login(secretary)
    url = f"/clearance/items/{graduate.uid}/1/"
    given = {"verb": "pass", "seen": client.get(url).context["seen"]}
    client.post(f"{url}decide/", given)
    assert item(graduate, 1).state == "pending"
    client.post(f"{url}decide/", {**given, "delegation": "导师出差"})
    assert (item(graduate, 1).state, item(graduate, 1).decided_for) == ("passed", graduate.supervisor)


def test_it_leads_to_the_next_and_first_to_who_asks_to_look_again(client: Client) -> None:
    published()
    first, second, third = (builders.graduate(user=builders.user()) for _ in range(3))
    opened()
    client.force_login(clerk("library"))
    url = f"/clearance/items/{first.uid}/{LIBRARY}/"
    assert client.get(url).context["following"] == item(second, LIBRARY)
    look_again(item=failed(third, LIBRARY), text="已还", actor=student(third))
    assert client.get(url).context["following"] == item(third, LIBRARY)


def test_the_graduates_page_offers_what_can_be_done_now(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    url = f"/sheet/{graduate.uid}/items"
    page = page_of(client, f"{url}/{CHECK_OUT}/")
    assert "The statement of not living on campus" in page
    assert 'type="file"' in page
    assert 'type="file"' not in page_of(client, f"{url}/{LIBRARY}/")
    failed(graduate, LIBRARY)
    page = page_of(client, f"{url}/{LIBRARY}/")
    assert "Ask to look again" in page
    decide(items=[item(graduate, LIBRARY).pk], verb=Verb.PASS, actor=None)
    assert "Ask to look again" not in page_of(client, f"{url}/{LIBRARY}/")


def test_the_sheet_leads_there_and_says_what_is_handed_in(client: Client) -> None:
    graduate = mei()
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    failed(graduate, LIBRARY)
    client.force_login(student(graduate))
    page = page_of(client, "/sheet/")
    assert "Handed in, to be decided" in page
    assert page.count("Please look again") == 1
    dean = builders.clerk("dean", Right.VIEW_GRADUATES, at=graduate.college)
    client.force_login(dean)
    page = page_of(client, f"/sheet/{graduate.uid}/")
    assert "Handed in, to be decided" in page
    assert "Please look again" not in page


def test_what_the_data_failed_stands_on_the_items_pages_too(client: Client) -> None:
    graduate = mei()
    by_data(LIBRARY)
    snapshot(LIBRARY, owes(graduate, "《普通地质学》", "35.00"))
    for person, url in (
        (student(graduate), f"/sheet/{graduate.uid}/items/{LIBRARY}/"),
        (clerk("library"), f"/clearance/items/{graduate.uid}/{LIBRARY}/"),
    ):
        client.force_login(person)
        page = page_of(client, url)
        assert "《普通地质学》" in page
        assert "¥35.00" in page


def test_the_graduate_reads_the_offices_name_and_not_the_clerks(client: Client) -> None:
    graduate = mei()
    add_evidence(item=item(graduate, CHECK_OUT), upload=upload(), actor=clerk("dormitory"))
    client.force_login(student(graduate))
    page = page_of(client, f"/sheet/{graduate.uid}/items/{CHECK_OUT}/")
    assert "added by" in page
    assert "Alice" not in page


def test_choosing_another_kind_of_plan_is_no_fault(client: Client) -> None:
    graduate = mei()
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    client.force_login(student(graduate))
    page = page_of(client, f"/sheet/{graduate.uid}/items/{CAREERS}/form/?kind=")
    assert "required." not in page
    assert 'value="waiting" required id="id_kind_4" checked' in page


@pytest.mark.parametrize("files", [1, 3])
def test_the_pages_take_the_same_queries_whatever_is_there(files: int, client: Client) -> None:
    graduate = mei()
    one = item(graduate, CAREERS)
    for number in range(files):
        add_evidence(item=one, upload=upload(), actor=student(graduate))
        hand_in_form(item=one, data={**WAITING, "note": str(number)}, actor=student(graduate))
    taken = {}
    for person, url in (
        (student(graduate), f"/sheet/{graduate.uid}/items/{CAREERS}/"),
        (student(graduate), "/sheet/"),
        (clerk("careers"), f"/clearance/items/{graduate.uid}/{CAREERS}/"),
    ):
        client.force_login(person)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        taken[url.split("/")[1] + (" item" if "items" in url else "")] = len(queries)
    assert taken == {"sheet item": 19, "sheet": 21, "clearance item": 28}


def test_the_preset_asks_for_what_was_published() -> None:
    published()
    asks = Checkpoint.objects.exclude(asks_for="").values_list("number", "asks_for")
    assert dict(asks) == {9: "employment", 10: "registration"}
    assert list(
        Checkpoint.objects.filter(takes_evidence=True).order_by("number").values_list("number", flat=True)
    ) == [9, 12]
