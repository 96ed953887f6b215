"""Deciding by an uploaded list of student numbers (C6): what it does, what it refuses, and how it is taken back."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client

from leaving.choices import CohortState, Verb
from leaving.models import Certificate, ClearanceItem, Decision, DecisionBatch, Graduate, ReasonText
from leaving.selectors.sheets import sheet_of
from leaving.services.clearance import decide, reopen_workbook
from leaving.services.handin import look_again
from leaving.workbooks.decisions import DecisionsWorkbook
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.errors import Refused
from portal.workbooks.models import ImportBatch
from portal.workbooks.services import leases
from portal.workbooks.services.imports import confirm_batch, process
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states
from tests.leaving.obligations import by_data, changes, settled

pytestmark = pytest.mark.django_db

HEADER = ("学号*", "姓名*", "结果*", "原因")


@pytest.fixture
def alice() -> User:
    """Decides for the library, in the demo's university."""
    published()
    return builders.clerk("alice", Right.DECIDE, at=builders.office("library"))


def hand_in(
    path: Path, *rows: tuple[Any, ...], header: tuple[str, ...] = HEADER, arguments: tuple[object, ...] = ()
) -> tuple[int, Any]:
    """Exit code and printed object of `import_workbook decisions` as alice, for the library's checkpoint."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (header, *rows):
        sheet.append(row)
    file = path / "decisions.xlsx"
    book.save(file)
    out = io.StringIO()
    given = arguments or ("--checkpoint", 2)
    with pytest.raises(SystemExit) as left:
        call_command(
            "import_workbook", "decisions", str(file), "--as", "alice", "--language", "en", "--json",
            *map(str, given), stdout=out,
        )  # fmt: skip
    return int(str(left.value.code)), json.loads(out.getvalue())


def row(graduate: Graduate, result: str, reason: str | None = None) -> tuple[Any, ...]:
    return graduate.student_no, graduate.name, result, reason


def told(answer: Any) -> list[tuple[int, str, str]]:
    return [(error["row"], error["column"], error["code"]) for error in answer["errors"]]


def counts(answer: tuple[int, Any]) -> tuple[int, str, int, int]:
    code, printed = answer
    return code, printed["state"], printed["updated"], printed["unchanged"]


def test_a_list_passes_fails_and_waives_and_the_second_time_changes_nothing(
    alice: User, tmp_path: Path
) -> None:
    graduates = [builders.graduate() for _ in range(5)]
    opened()
    results = [("通过", None), ("不通过", "1 本书"), ("不通过", "2 本书"), ("免办", "已赔付"), ("通过", None)]
    rows = [row(who, *result) for who, result in zip(graduates, results, strict=True)]
    assert counts(hand_in(tmp_path, *rows, arguments=("--checkpoint", 2, "--dry-run"))) == (
        0,
        "checked",
        5,
        0,
    )
    assert not DecisionBatch.objects.exists()
    assert counts(hand_in(tmp_path, *rows)) == (0, "applied", 5, 0)
    books = [item(who, 2) for who in graduates]
    assert [(book.state, book.reason) for book in books] == [
        ("passed", ""), ("failed", "1 本书"), ("failed", "2 本书"), ("waived", "已赔付"), ("passed", ""),
    ]  # fmt: skip
    assert {(book.decided_by, book.decided_how) for book in books} == {(alice, "workbook")}
    assert list(Decision.objects.order_by("item").values_list("before", "after", "reason")) == [
        ("pending", book.state, book.reason) for book in books
    ]
    assert DecisionBatch.objects.count() == 3  # one a verb
    assert counts(hand_in(tmp_path, *rows)) == (0, "applied", 0, 5)
    assert Decision.objects.count() == 5
    # A failed one brings the book back; another learns that it is three.
    later = [row(graduates[1], "通过"), row(graduates[2], "不通过", "3 本书"), row(graduates[0], "通过")]
    assert counts(hand_in(tmp_path, *later)) == (0, "applied", 2, 1)
    assert [(one.state, one.reason) for one in (item(graduates[1], 2), item(graduates[2], 2))] == [
        ("passed", ""), ("failed", "3 本书"),
    ]  # fmt: skip


def test_the_english_template_and_its_words(alice: User, tmp_path: Path) -> None:
    mei, lan = builders.graduate(), builders.graduate()
    opened()
    header = ("Reason", "Result", "Name", "Student number")
    rows = [
        ("lost a book", "Do not pass", mei.name, mei.student_no),
        (None, "Pass", lan.name, lan.student_no),
    ]
    assert counts(hand_in(tmp_path, *rows, header=header)) == (0, "applied", 2, 0)
    assert (item(mei, 2).state, item(mei, 2).reason, item(lan, 2).state) == (
        "failed",
        "lost a book",
        "passed",
    )


def test_a_known_reason_is_read_in_both_languages(alice: User, tmp_path: Path) -> None:
    mei = builders.graduate()
    opened()
    ReasonText.objects.create(
        department=builders.office("library"), text_zh="图书未还", text_en="Books not returned"
    )
    assert counts(hand_in(tmp_path, row(mei, "不通过", "Books not returned")))[1:] == ("applied", 1, 0)
    book = item(mei, 2)
    assert (book.reason, book.reason_en) == ("图书未还", "Books not returned")
    assert counts(hand_in(tmp_path, row(mei, "不通过", "图书 未还")))[1:] == ("applied", 0, 1)


def test_every_fault_is_told_at_once_with_its_place(alice: User, tmp_path: Path) -> None:
    bob = builders.clerk("bob", Right.DECIDE, at=builders.office("library"))
    User.objects.filter(pk=bob.pk).update(name="鲍伯")
    waits, wrong_name, taken, double, blank = (
        postgraduate("2023001"), builders.graduate(name="梅同学"), builders.graduate(), builders.graduate(),
        builders.graduate(),
    )  # fmt: skip
    cleared = builders.graduate()
    builders.cohort(2025, CohortState.CLOSED)
    last_year = builders.graduate(cohort=builders.cohort(2025))
    opened()
    late = builders.graduate()
    decide(items=[item(taken, 2).pk], verb=Verb.PASS, actor=bob)
    passed_but(cleared)
    code, printed = hand_in(
        tmp_path,
        ("2022999999", "无此人", "通过", None),
        (wrong_name.student_no, "兰同学", "通过", None),
        row(taken, "不通过", "1 本书"),
        row(double, "通过"),
        row(double, "不通过", "1 本书"),
        row(blank, "免办"),
        row(waits, "通过"),
        row(cleared, "不通过", "1 本书"),
        row(last_year, "通过"),
        row(late, "通过"),
        (blank.student_no + "1", "某某", "也许", None),
        (None, "某某", "通过", None),
    )
    assert (code, printed["state"], printed["updated"]) == (1, "refused", 0)
    assert told(printed) == [
        (2, "学号*", "student_unknown"),
        (3, "姓名*", "name_differs"),
        (4, "结果*", "decided_otherwise"),
        (6, "学号*", "twice"),
        (7, "原因", "reason_missing"),
        (8, "结果*", "waiting"),
        (9, "结果*", "cleared"),
        (10, "学号*", "other_cohort"),
        (11, "学号*", "no_sheet"),
        (12, "结果*", "unknown_choice"),
        (12, "学号*", "student_unknown"),
        (13, "学号*", "required"),
    ]
    messages = {error["code"]: error["message"] for error in printed["errors"]}
    assert messages["name_differs"].startswith("The student number belongs to 梅同学, not to “兰同学”.")
    assert "Already decided: “Passed” by " in messages["decided_otherwise"]
    assert "鲍伯" in messages["decided_otherwise"]
    assert "row 5" in messages["twice"]
    assert "Supervisor" in messages["waiting"]
    assert [error["value"] for error in printed["errors"]][:2] == ["2022999999", "兰同学"]
    assert item(double, 2).state == "pending"


def test_what_is_exempt_or_not_on_the_sheet(tmp_path: Path) -> None:
    published()
    builders.clerk("alice", Right.DECIDE, at=Department.objects.get(code="05"))
    needless, absent = postgraduate("2023001", college="计算机学院"), builders.graduate()
    opened()
    printed = hand_in(tmp_path, row(needless, "通过"), row(absent, "通过"), arguments=("--checkpoint", 5))[1]
    assert told(printed) == [(2, "学号*", "exempt"), (3, "学号*", "not_on_sheet")]


def test_a_node_decides_its_own_college_only(tmp_path: Path) -> None:
    published()
    computing = Department.objects.get(code="08")
    builders.clerk("alice", Right.DECIDE, at=builders.node(computing, "work"))
    mine = builders.graduate(college=computing)
    other = builders.graduate(college=Department.objects.get(code="06"))
    opened()
    code, printed = hand_in(tmp_path, row(mine, "通过"), row(other, "通过"), arguments=("--checkpoint", 10))
    assert (code, told(printed)) == (1, [(3, "学号*", "not_mine")])
    assert other.name not in printed["errors"][0]["message"]
    assert counts(hand_in(tmp_path, row(mine, "通过"), arguments=("--checkpoint", 10)))[1:] == (
        "applied", 1, 0,
    )  # fmt: skip
    for arguments, refusal in (
        (("--checkpoint", 2), "checkpoint_not_yours"),
        (("--checkpoint", 99), "checkpoint_unknown"),
        (("--checkpoint", 10, "--department", "library"), "department_not_yours"),
        (("--checkpoint", 10, "--cohort", 2030), "cohort_unknown"),
    ):
        code, printed = hand_in(tmp_path, row(mine, "通过"), arguments=arguments)
        assert (code, printed["errors"][0]["code"]) == (2, refusal)


def test_who_decides_nothing_hands_in_nothing(alice: User, tmp_path: Path) -> None:
    opened()
    User.objects.filter(username="alice").delete()
    builders.clerk("alice", Right.STATISTICS, at=builders.office("library"))
    assert hand_in(tmp_path, ("1", "某", "通过", None))[1]["errors"][0]["code"] == "not_allowed"


def test_somebody_else_was_quicker_between_the_check_and_the_end(alice: User) -> None:
    mei = builders.graduate(name="梅同学")
    opened()
    batch = ImportBatch.objects.create(
        kind="decisions", actor=alice, file_name="x.xlsx", parameters={"checkpoint": 2}
    )
    run = DecisionsWorkbook().run(batch)
    assert list(run.check([(2, (mei.student_no, mei.name, "pass", None))])) == []
    bob = builders.clerk("bob", Right.DECIDE, at=builders.office("library"))
    decide(items=[item(mei, 2).pk], verb=Verb.WAIVE, actor=bob, reason="x")
    with pytest.raises(Refused) as refused:
        run.apply()
    assert refused.value.code == "changed_meanwhile"
    assert "梅同学" in str(refused.value)
    assert item(mei, 2).state == "waived"


@pytest.mark.django_db(transaction=True)
def test_what_has_changed_since_the_check_is_not_written_over(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "ring", lambda uid, task: None)  # the test itself is the worker
    mei, lan = builders.graduate(name="梅同学"), builders.graduate(name="兰同学")
    opened()
    bob = builders.clerk("bob", Right.DECIDE, at=builders.office("library"))
    mei_user = builders.user("mei")
    Graduate.objects.filter(pk=mei.pk).update(user=mei_user)
    rows = [row(mei, "通过"), row(lan, "通过")]

    def confirmed(meanwhile: Callable[[], object]) -> ImportBatch:
        assert hand_in(tmp_path, *rows, arguments=("--checkpoint", 2, "--dry-run"))[1]["state"] == "checked"
        batch = ImportBatch.objects.get(state="checked")
        meanwhile()
        confirm_batch(batch=batch, actor=alice)
        process(batch.uid)
        batch.refresh_from_db()
        return batch

    batch = confirmed(lambda: decide(items=[item(mei, 2).pk], verb=Verb.FAIL, actor=bob, reason="缺两册"))
    assert (batch.state, batch.error_code) == ("refused", "changed_meanwhile")
    assert "梅同学（“未通过”" in batch.error_details["message"]
    assert "(Bob)" in batch.error_details["message"]
    assert (item(mei, 2).state, item(mei, 2).reason, item(lan, 2).state) == ("failed", "缺两册", "pending")
    # Who hands it in again has seen that; what a graduate hands in meanwhile is looked at as well.
    batch = confirmed(lambda: look_again(item=item(mei, 2), actor=mei_user, text="已归还"))
    assert batch.state == "refused"
    assert "梅同学（检查之后有新情况，请先查看该事项）" in batch.error_details["message"]
    # Nothing has changed: it is applied, and so it is without a check before.
    assert confirmed(lambda: None).state == "applied"
    assert {item(who, 2).state for who in (mei, lan)} == {"passed"}


def test_what_data_passed_is_failed_by_list_as_by_hand(alice: User, tmp_path: Path) -> None:
    mei, lan = builders.graduate(), builders.graduate()
    opened()
    by_data(2)
    changes(2, settled(mei), settled(lan))
    assert (item(mei, 2).state, item(mei, 2).decided_how) == ("passed", "data")
    assert counts(hand_in(tmp_path, row(mei, "不通过", "论文未交"), row(lan, "免办", "水灾"))) == (
        0, "applied", 2, 0,
    )  # fmt: skip
    assert [(item(who, 2).state, item(who, 2).decided_how) for who in (mei, lan)] == [
        ("failed", "workbook"), ("waived", "workbook"),
    ]  # fmt: skip


def test_under_a_gate_opened_again_each_row_is_told_to_wait(alice: User, tmp_path: Path) -> None:
    by_data(2)
    failed, passed, free = postgraduate("2023001"), postgraduate("2023002"), builders.graduate()
    opened()
    reviews = [item(who, 1).pk for who in (failed, passed)]
    decide(items=reviews, verb=Verb.PASS, actor=None)
    decide(items=[item(failed, 2).pk], verb=Verb.FAIL, actor=alice, reason="1 本书")
    changes(2, settled(passed))
    decide(items=reviews, verb=Verb.REOPEN, actor=None)
    rows = [row(failed, "通过"), row(passed, "不通过", "论文未交"), row(free, "通过")]
    for more in ((), ("--dry-run",)):
        code, printed = hand_in(tmp_path, *rows, arguments=("--checkpoint", 2, *more))
        assert (code, told(printed)) == (1, [(2, "结果*", "waiting"), (3, "结果*", "waiting")])
        assert "Supervisor" in printed["errors"][0]["message"]


def test_a_list_is_taken_back_as_a_whole(alice: User, tmp_path: Path, client: Client) -> None:
    graduates = [builders.graduate() for _ in range(4)]
    opened()
    passed_but(graduates[3], 2)
    decide(items=[item(graduates[1], 2).pk], verb=Verb.FAIL, actor=alice, reason="1 本书")
    hand_in(
        tmp_path, row(graduates[0], "通过"), row(graduates[1], "通过"), row(graduates[2], "免办", "水灾"),
        row(graduates[3], "通过"),
    )  # fmt: skip
    assert Certificate.objects.filter(revoked_at=None).count() == 1
    batch = ImportBatch.objects.get(kind="decisions")
    outcome = reopen_workbook(workbook=batch, actor=alice)
    assert sorted(outcome.decided) == sorted(item(who, 2).pk for who in graduates)
    assert [(item(who, 2).state, item(who, 2).reason) for who in graduates] == [
        ("pending", ""), ("failed", "1 本书"), ("pending", ""), ("pending", ""),
    ]  # fmt: skip
    assert Certificate.objects.filter(revoked_at=None).count() == 0
    with pytest.raises(Refused) as refused:
        reopen_workbook(workbook=batch, actor=alice)
    assert refused.value.code == "already_undone"
    # And handed in once more, it is done once more.
    assert states(graduates[3])[2] == "pending"
    view = sheet_of(graduates[3], named=True)
    assert view is not None
    assert ClearanceItem.objects.filter(checkpoint__number=2, state="pending").count() == 3


@pytest.mark.parametrize("rows", [3, 60])
def test_the_number_of_statements_does_not_depend_on_the_rows(
    rows: int, alice: User, django_assert_num_queries: Any
) -> None:
    graduates = [builders.graduate() for _ in range(rows)]
    opened()
    batch = ImportBatch.objects.create(
        kind="decisions", actor=alice, file_name="x.xlsx", parameters={"checkpoint": 2}
    )
    results = ["pass", "fail", "waive"]
    listed = [
        (number, (who.student_no, who.name, results[number % 3], f"{number} 本书"))
        for number, who in enumerate(graduates, start=2)
    ]
    run = DecisionsWorkbook().run(batch)
    with django_assert_num_queries(1):
        assert list(run.check(listed)) == []
    with django_assert_num_queries(40):
        assert run.apply().updated == rows


def test_the_template_has_the_results_to_choose_and_the_departments_reasons(
    alice: User, client: Client
) -> None:
    library = builders.office("library")
    ReasonText.objects.create(department=library, text_zh="图书未还", text_en="Books not returned")
    ReasonText.objects.create(department=builders.office("finance"), text_zh="学费欠缴")
    client.force_login(alice)
    for language, results, reason in (
        ("zh-hans", '"通过,不通过,免办"', "图书未还"),
        ("en", '"Pass,Do not pass,Waive"', "Books not returned"),
    ):
        answer = client.get(f"/imports/templates/decisions/{language}/")
        sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        (rule,) = sheet.data_validations.dataValidation
        assert rule.formula1 == results
        assert reason in sheet["D1"].comment.text
        assert "学费欠缴" not in sheet["D1"].comment.text
    page = client.get("/imports/new/decisions/").content.decode()
    assert ('value="2"' in page, 'value="7"' in page, 'value="library"' in page) == (True, False, True)
