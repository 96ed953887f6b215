"""The `obligations` workbook through the command: complete lists, additions, and what is refused (C7)."""

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client

from leaving.choices import DeliveryState
from leaving.models import Checkpoint, Delivery, Graduate, Obligation
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.workbooks.models import ImportBatch
from tests import builders
from tests.leaving.clearance import item, opened, published
from tests.leaving.obligations import by_data, owes, snapshot

pytestmark = pytest.mark.django_db
HEADINGS = ("学号", "姓名", "事项", "金额", "说明")
Answer = dict[str, Any]


@pytest.fixture(autouse=True)
def librarian() -> User:
    published()
    by_data(2, 7)
    builders.graduate("20221001", name="梅花")
    builders.graduate("20221002", name="兰草")
    opened()
    return builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))


def workbook(folder: Path, *rows: tuple[Any, ...]) -> Path:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (HEADINGS, *rows):
        sheet.append(row)
    file = folder / "list.xlsx"
    book.save(file)
    return file


def hand_in(file: Path, *options: str, department: str = "library") -> Answer:
    out = io.StringIO()
    arguments = [
        "obligations",
        str(file),
        "--as",
        "librarian",
        "--department",
        department,
        "--json",
        "--language",
        "en",
    ]
    with suppress(SystemExit):
        call_command("import_workbook", *arguments, *options, stdout=out)
    found: Answer = json.loads(out.getvalue())
    return found


def test_a_complete_list_opens_settles_and_says_so(tmp_path: Path) -> None:
    snapshot(2, owes(Graduate.objects.get(student_no="20221002")))
    file = workbook(
        tmp_path,
        ("20221001", "梅 花", "《普通地质学》", None, "二楼还书处"),
        (20221001, "梅花", "逾期费", 3.5, None),
    )
    dry = hand_in(file, "--snapshot", "--dry-run")
    assert (dry["state"], dry["created"], dry["updated"]) == ("checked", 2, 1)
    assert Obligation.objects.count() == 1
    done = hand_in(file, "--snapshot")
    assert (done["state"], done["created"], done["updated"], done["errors"]) == ("applied", 2, 1, [])
    mei, lan = Graduate.objects.order_by("student_no")
    assert (item(mei, 2).state, item(mei, 2).reason) == ("failed", "《普通地质学》；逾期费 ¥3.50")
    assert item(lan, 2).state == "passed"
    again = hand_in(file, "--snapshot")
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_an_incomplete_list_adds_only(tmp_path: Path) -> None:
    snapshot(2, owes(Graduate.objects.get(student_no="20221002")))
    done = hand_in(workbook(tmp_path, ("20221001", "梅花", "《结晶学》", "35.00", None)))
    assert (done["state"], done["created"], done["updated"]) == ("applied", 1, 0)
    assert Obligation.objects.filter(settled_at=None).count() == 2


def test_every_fault_is_told_with_its_cell(tmp_path: Path) -> None:
    file = workbook(
        tmp_path,
        ("20221001", "兰草", "《普通地质学》", None, None),
        ("20221002", "兰草", "《普通地质学》", "0", None),
        ("20221002", "兰草", "《普通地质学》", "1.005", None),
        ("20221002", "兰草", "学费", "35元", None),
        ("20229999", "竹青", "《普通地质学》", -3, None),
        (None, "竹青", "《普通地质学》", None, None),
    )
    answer = hand_in(file, "--snapshot")
    assert answer["state"] == "refused"
    assert sorted((fault["row"], fault["column"], fault["code"]) for fault in answer["errors"]) == [
        (2, "姓名", "name_differs"),
        (3, "金额", "amount_not_positive"),
        (4, "事项", "obligation_twice"),
        (4, "金额", "amount_places"),
        (5, "金额", "not_a_number"),
        (6, "学号", "student_unknown"),
        (6, "金额", "amount_not_positive"),
        (7, "学号", "required"),
    ]
    assert not Delivery.objects.exists()


def test_who_and_for_what(tmp_path: Path) -> None:
    file = workbook(tmp_path, ("20221001", "梅花", "《普通地质学》", None, None))
    assert hand_in(file, department="finance")["errors"][0]["code"] == "not_allowed"
    assert hand_in(file, department="nowhere")["errors"][0]["code"] == "department_unknown"
    assert hand_in(file, "--checkpoint", "7")["errors"][0]["code"] == "no_feed"
    Checkpoint.objects.filter(number=3).update(department=builders.office("library"), decided_by_data=True)
    assert hand_in(file)["errors"][0]["code"] == "checkpoint_unnamed"
    assert hand_in(file, "--checkpoint", "2")["state"] == "applied"


def test_a_suspicious_list_is_held_and_says_where_to_go_on(
    tmp_path: Path, client: Client, librarian: User
) -> None:
    lan = Graduate.objects.get(student_no="20221002")
    snapshot(2, *(owes(lan, f"书{n}") for n in range(5)))
    file = workbook(tmp_path, ("20221001", "梅花", "《普通地质学》", None, None))
    User.objects.update(language="en")  # the message is in the person's language
    answer = hand_in(file, "--snapshot")
    assert (answer["state"], answer["unchanged"], answer["errors"][0]["code"]) == ("applied", 1, "held")
    assert Delivery.objects.latest("pk").state == DeliveryState.HELD
    client.force_login(librarian)
    page = client.get(f"/imports/{ImportBatch.objects.latest('pk').uid}/", headers={"accept-language": "en"})
    assert "This list is held: 5 matters are open" in page.content.decode()


def test_the_page_offers_the_own_departments_and_a_template(client: Client, librarian: User) -> None:
    client.force_login(librarian)
    page = client.get("/imports/new/obligations/", headers={"accept-language": "en"}).content.decode()
    assert '<option value="library">' in page
    assert "finance" not in page
    assert client.get("/imports/templates/obligations/zh-hans/").status_code == 200
