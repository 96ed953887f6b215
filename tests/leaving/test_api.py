"""The API of departments' systems: keys, deliveries, errors that can be mended, and the document that describes it (C7)."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openapi_spec_validator import validate

from leaving.api_document import document
from leaving.models import ApiKey, Delivery, Graduate, Obligation
from leaving.services.api_keys import LONGEST, issue_key, revoke_key
from portal import api
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.errors import Refused
from tests import builders
from tests.access.routes import routes
from tests.leaving.clearance import item, opened, published
from tests.leaving.obligations import HOME, System, by_data, key_of, owes, snapshot

pytestmark = pytest.mark.django_db
TAKEN = "2026-06-12T02:00:00+08:00"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


def past() -> str:
    return (timezone.now() - datetime.timedelta(minutes=30)).isoformat()


@pytest.fixture
def library() -> System:
    published()
    by_data(2, 7)
    builders.graduate("20221001", name="梅花")
    builders.graduate("20221002", name="兰草")
    opened()
    return System(key_of("library"))


def body(*rows: dict[str, Any], kind: str = "snapshot", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "taken_at": past(), "rows": list(rows), **more}


def book(**more: Any) -> dict[str, Any]:
    return {"student_no": "20221001", "title": "《普通地质学》", **more}


def test_a_nightly_list_decides_and_sending_it_again_is_safe(library: System) -> None:
    uid, sent = (
        uuid.uuid4(),
        body(book(name="梅花", amount="35.00"), {"student_no": "R-1", "title": "《红楼梦》"}),
    )
    status, said = library.put(sent, uid)
    assert (status, said["state"], said["message"]) == (200, "applied", "Applied.")
    assert (said["figures"]["opened"], said["figures"]["not_ours"], said["figures"]["passed"]) == (1, 1, 1)
    assert library.put(sent, uid) == (status, said)
    assert library.get(f"{HOME}deliveries/{uid}/") == (200, said)
    mei = Graduate.objects.get(student_no="20221001")
    assert (item(mei, 2).state, item(mei, 2).reason) == ("failed", "《普通地质学》 ¥35.00")
    assert Delivery.objects.get().key == ApiKey.objects.get()
    status, overview = library.get()
    assert [(feed["checkpoint"], feed["stale"], feed["held"]) for feed in overview["feeds"]] == [
        (2, False, None)
    ]
    assert [each["uid"] for each in overview["deliveries"]] == [str(uid)]
    assert library.put(body(book(), book(title="x")), uid)[0] == 409


def test_changes_open_and_settle(library: System) -> None:
    library.put(body(book(reference="B1"), book(reference="B2"), kind="changes"))
    assert Obligation.objects.count() == 2
    settled = {"student_no": "20221001", "reference": "B1", "settled": True}
    assert library.put(body(settled, kind="changes"))[1]["figures"]["settled"] == 1
    assert (
        library.put(body({"student_no": "20221001", "settled": True}, kind="changes"))[1]["figures"]["passed"]
        == 1
    )


def test_held_and_superseded_say_so(library: System) -> None:
    status, said = library.put(body())
    assert (status, said["state"]) == (202, "held")
    assert library.get()[1]["feeds"][0]["held"] == said["uid"]
    library.put(body(book()))
    status, said = library.put({**body(book()), "taken_at": "2020-01-01T00:00:00Z"})
    assert (status, said["state"]) == (409, "superseded")


def test_every_fault_is_told_with_its_place(library: System) -> None:
    wrong: Any = body(
        book(amount=-1),
        book(amount="1.005"),
        book(title=""),
        book(student_no=20221001),
        book(note="a\x00b"),
        book(colour="red"),
        book(settled=True),
        book(amount=True),
    )
    wrong["rows"].insert(7, "row")
    status, said = library.put(
        {**wrong, "kind": "all", "taken_at": "2026-06-12 02:00", "cohort": "2026", "more": 1}
    )
    assert (status, said["error"]["code"]) == (422, "rows_refused")
    assert {(fault["where"], fault["code"]) for fault in said["error"]["errors"]} == {
        ("kind", "kind_unknown"),
        ("taken_at", "taken_at_wrong"),
        ("cohort", "not_a_number"),
        ("more", "field_unknown"),
        ("rows[0].amount", "amount_not_positive"),
        ("rows[1].amount", "amount_places"),
        ("rows[2].title", "required"),
        ("rows[3].student_no", "text_wrong"),
        ("rows[3].student_no", "required"),
        ("rows[4].note", "text_wrong"),
        ("rows[5].colour", "field_unknown"),
        ("rows[6].settled", "settled_wrong"),
        ("rows[7]", "not_an_object"),
        ("rows[8].amount", "amount_not_positive"),
    }
    status, said = library.put(body(book(name="兰草"), book(), book()))
    assert [(fault["where"], fault["code"]) for fault in said["error"]["errors"]] == [
        ("rows[0].name", "name_differs"),
        ("rows[2].title", "obligation_twice"),
    ]
    assert "rows[1]" in said["error"]["errors"][1]["message"]
    assert not Delivery.objects.exists()


def test_errors_speak_the_callers_language(library: System) -> None:
    chinese = System(library.headers["authorization"].removeprefix("Bearer "), "zh-hans")
    assert chinese.put("{")[1]["error"]["message"] != library.put("{")[1]["error"]["message"]


@pytest.mark.parametrize("sent", ["{", "[]", '{"rows": NaN}', '"x"'])
def test_what_is_no_object_is_refused(library: System, sent: str) -> None:
    assert library.put(sent)[0] == 400


def test_sizes_and_rates_are_limited(library: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_BYTES", 10)
    assert library.put(body(book()))[1]["error"]["code"] == "too_large"
    assert library.put("")[1]["error"]["code"] == "length_missing"
    monkeypatch.setattr("leaving.views.api.REQUESTS_A_MINUTE", 0)
    answer = library.client.get(HOME, headers=library.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_without_a_valid_key_nothing(library: System) -> None:
    wrong = System("lp_nonsense")
    assert (wrong.get()[0], wrong.put(body(book()))[0]) == (401, 401)
    key = ApiKey.objects.get()
    ApiKey.objects.update(expires_on=timezone.localdate() - datetime.timedelta(days=1))
    assert library.get()[0] == 401
    ApiKey.objects.update(expires_on=timezone.localdate())
    assert library.get()[0] == 200
    revoke_key(key=key, actor=None)
    assert library.get()[0] == 401
    librarian = builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))
    library.client.force_login(librarian)  # a session opens nothing here
    assert library.get()[0] == 401


def test_a_key_opens_its_own_department_only(library: System) -> None:
    finance = System(key_of("finance"))
    uid = uuid.uuid4()
    assert library.put(body(book()), uid)[0] == 200
    assert finance.get(f"{HOME}deliveries/{uid}/")[0] == 404
    assert finance.put(body(book(), checkpoint=2))[0] == 404
    assert [feed["checkpoint"] for feed in finance.get()[1]["feeds"]] == [7]
    assert finance.get()[1]["deliveries"] == []


def test_keys_are_shown_once_issued_by_those_who_decide_and_end(library: System) -> None:
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    today = timezone.localdate()
    department = Department.objects.get(code="library")
    key, secret = issue_key(department=department, name="汇文", expires_on=today, actor=alice)
    assert secret.startswith(key.prefix)
    assert secret.encode() not in bytes(key.digest)
    assert not AuditEntry.objects.filter(details__icontains=secret).exists()
    with pytest.raises(Refused, match="400 days"):
        issue_key(department=department, name="x", expires_on=today + LONGEST + LONGEST, actor=alice)
    with pytest.raises(Refused, match="may not"):
        issue_key(department=Department.objects.get(code="finance"), name="x", expires_on=today, actor=alice)


def test_the_document_is_valid_and_names_exactly_the_routes() -> None:
    described = document("https://leaving.example.edu")
    validate(described)
    uid = uuid.UUID(int=0)
    paths = {path.replace("{uid}", str(uid)) for path in described["paths"]}
    found = {
        reverse(route.name, kwargs=dict.fromkeys(route.arguments, uid))
        for route in routes()
        if route.name.startswith("leaving:api-")
    }
    assert paths == found


def test_the_index_leads_to_the_document(client: Client) -> None:
    found = client.get("/api/v1/").json()
    assert client.get(found["openapi"]).json()["openapi"] == "3.1.0"
    assert found["obligations"].endswith(HOME)


def test_a_list_of_any_length_takes_the_same_number_of_queries(
    library: System, django_assert_num_queries: Any
) -> None:
    snapshot(2, owes(Graduate.objects.get(student_no="20221001")))
    library.get()  # notes the key's use
    with django_assert_num_queries(5):
        library.get()
    for minute in range(3):
        snapshot(2, owes(Graduate.objects.get(student_no="20221001")), minutes=minute + 1)
    with django_assert_num_queries(5):
        library.get()
