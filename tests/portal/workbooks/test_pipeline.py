"""From the workbook to the table: dry run, confirmation, faults, the mended error workbook (G3, decision 8)."""

from io import BytesIO

import openpyxl
import pytest

from portal import files
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.models import Campus
from portal.errors import Refused
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch, ImportFault, Lease
from portal.workbooks.runs import kind_named
from portal.workbooks.services import cleaning, faults, imports, leases
from tests import builders
from tests.portal.workbooks.campuses import sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    builders.office("dormitory", "学生住宿服务中心")
    return builders.user("clerk", language="en")


def hand_in(clerk: User, file: BytesIO, **parameters: object) -> ImportBatch:
    return imports.receive_workbook(
        kind="campuses", file=file, file_name="campuses.xlsx", actor=clerk, parameters=parameters
    )


def checked(clerk: User, file: BytesIO) -> ImportBatch:
    batch = hand_in(clerk, file)
    imports.process(batch.uid)
    batch.refresh_from_db()
    return batch


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    return batch.rows, batch.created, batch.updated, batch.unchanged


def test_the_dry_run_counts_exactly_and_writes_nothing(clerk: User) -> None:
    Campus.objects.create(code="NW", name_zh="南望山", dormitory_office=builders.office("dormitory"))
    Campus.objects.create(code="OLD", name_zh="老校区", dormitory_office=builders.office("dormitory"))
    batch = checked(
        clerk,
        sheet(
            ("NW", "南望山校区", None, "是"),
            ("OLD", "老校区", "", None),
            ("W", "未来城校区", "Future City", "否"),
        ),
    )
    assert (batch.state, counts(batch)) == ("checked", (3, 1, 1, 1))
    assert sorted(Campus.objects.values_list("code", "name_zh")) == [("NW", "南望山"), ("OLD", "老校区")]
    assert not Lease.objects.exists()


def test_what_was_confirmed_is_what_was_shown(clerk: User) -> None:
    batch = checked(clerk, sheet(("NW", "南望山校区", "Nanwang", "是"), ("W", "未来城校区", None, "否")))
    imports.confirm_batch(batch=batch, actor=clerk)
    imports.process(batch.uid)
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == ("applied", (2, 2, 0, 0))
    assert sorted(Campus.objects.values_list("code", "name_zh", "name_en", "is_active")) == [
        ("NW", "南望山校区", "Nanwang", True),
        ("W", "未来城校区", "", False),
    ]
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == [
        "workbooks.received",
        "workbooks.confirmed",
        "workbooks.applied",
    ]


def test_the_same_file_twice_changes_nothing(clerk: User) -> None:
    for outcome in ((1, 1, 0, 0), (1, 0, 0, 1)):
        batch = imports.receive_workbook(
            kind="campuses",
            file=sheet(("NW", "南望山校区", None, None)),
            file_name="a.xlsx",
            actor=clerk,
            foreground=True,
        )
        batch = imports.carry_out_now(batch, commit=True)
        assert (batch.state, counts(batch)) == ("applied", outcome)
    assert Campus.objects.count() == 1


def test_a_second_confirmation_finds_nothing_to_confirm(clerk: User) -> None:
    batch = checked(clerk, sheet(("NW", "南望山校区", None, None)))
    imports.confirm_batch(batch=batch, actor=clerk)
    with pytest.raises(Refused) as refused:
        imports.confirm_batch(batch=batch, actor=clerk)
    assert refused.value.code == "not_waiting"
    assert Lease.objects.count() == 1


def test_only_the_person_who_handed_it_in_confirms(clerk: User) -> None:
    batch = checked(clerk, sheet(("NW", "南望山校区", None, None)))
    with pytest.raises(Refused) as refused:
        imports.confirm_batch(batch=batch, actor=builders.user("clerk-colleague"))
    assert refused.value.code == "not_allowed"


def test_a_right_that_is_gone_by_the_time_of_applying_refuses_the_batch(clerk: User) -> None:
    batch = checked(clerk, sheet(("NW", "南望山校区", None, None)))
    imports.confirm_batch(batch=batch, actor=clerk)
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    imports.process(batch.uid)
    batch.refresh_from_db()
    assert (batch.state, batch.error_code) == ("refused", "not_allowed")
    assert not Campus.objects.exists()


def test_every_fault_is_told_with_place_value_and_remedy(clerk: User) -> None:
    batch = checked(
        clerk,
        sheet(
            ("NW", "南望山校区", None, "是"),
            ("NW", "又一个校区", None, "也许"),
            (None, "无代码校区", None, None),
            ("S", "南", None, None),
            ("北 区!", "北校区", None, None),
            ("X", None, None, None),
        ),
    )
    assert (batch.state, batch.error_code, batch.faults, batch.rows) == ("refused", "faults", 6, 6)
    found = [
        (each.row, each.cell, each.column, each.code, each.value)
        for each in faults.told(batch, kind_named("campuses"), faults.stored(batch))
    ]
    assert sorted(found) == [
        (3, "A3", "代码", "double", "NW"),
        (3, "D3", "启用", "unknown_choice", "也许"),
        (4, "A4", "代码", "required", ""),
        (5, "B5", "名称", "too_short", "南"),
        (6, "A6", "代码", "bad_identifier", "北 区!"),
        (7, "B7", "名称", "required", ""),
    ]
    assert not Campus.objects.exists()


def test_equal_faults_fold_into_the_first_and_how_many_more(clerk: User) -> None:
    batch = checked(
        clerk,
        sheet(*((f"C{number}", "区", None, None) for number in range(40)), (None, "无代码", None, None)),
    )
    found = [
        (each.first.cell, each.first.code, each.more) for each in faults.folded(batch, kind_named("campuses"))
    ]
    assert found == [("B2", "too_short", 39), ("A42", "required", 0)]


def test_what_stood_in_a_cell_is_not_readable_in_the_database(clerk: User) -> None:
    batch = checked(clerk, sheet(("42010619990101123!", "某某", None, None)))
    fault = ImportFault.objects.get(batch=batch)
    assert b"42010619990101123" not in bytes(fault.sealed)
    assert next(faults.told(batch, kind_named("campuses"), [fault])).value == "42010619990101123!"


def test_the_mended_error_workbook_goes_in(clerk: User) -> None:
    batch = checked(clerk, sheet(("NW", "南望山校区", None, "是"), ("W", "未来城校区", None, "也许")))
    assert batch.errors_uid is not None
    book = openpyxl.load_workbook(files.open_plain(batch.errors_uid))
    rows = [[cell.value for cell in row] for row in book.active.rows]
    assert rows == [
        ["代码", "名称", "英文名称", "启用", "What to mend"],
        ["NW", "南望山校区", None, "是", None],
        [
            "W",
            "未来城校区",
            None,
            "也许",
            "启用: This value is not one of those allowed. Write one of: Yes, No.",
        ],
    ]
    book.active["D3"] = "否"
    mended = BytesIO()
    book.save(mended)
    mended.seek(0)
    assert counts(checked(clerk, mended)) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    ("header", "code", "value"),
    [
        (("代码", "名称", "代碼"), "unknown_column", "代碼"),
        (("代码", "英文名称"), "missing_column", ""),
        (("代码", "名称", "Name"), "double_column", "Name"),
    ],
)
def test_columns_are_refused_by_name(clerk: User, header: tuple[str, ...], code: str, value: str) -> None:
    batch = checked(clerk, sheet(tuple("X" for _ in header), header=header))
    found = [
        (each.row, each.code, each.value)
        for each in faults.told(batch, kind_named("campuses"), faults.stored(batch))
    ]
    assert (batch.state, found) == ("refused", [(1, code, value)])


def test_english_headers_in_any_order_with_a_star(clerk: User) -> None:
    batch = checked(clerk, sheet(("南望山校区", "NW"), header=("Name *", "Code*")))
    assert (batch.state, counts(batch)) == ("checked", (1, 1, 0, 0))


def test_a_hostile_file_is_refused_with_its_code_and_place(clerk: User) -> None:
    batch = checked(clerk, sheet(("NW", "=1+1", None, None)))
    assert (batch.state, batch.error_code) == ("refused", "formula")
    assert batch.error_details["place"] == {"sheet": "Sheet", "row": 2, "column": "B"}


def test_a_parameter_that_makes_no_sense_is_refused_by_the_kind(clerk: User) -> None:
    batch = hand_in(clerk, sheet(("NW", "南望山校区", None, None)), department="nowhere")
    imports.process(batch.uid)
    batch.refresh_from_db()
    assert (batch.state, batch.error_code) == ("refused", "department_unknown")


def test_what_the_kind_does_not_take_is_not_taken(clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        hand_in(clerk, sheet(), cohort=2026)
    assert refused.value.code == "parameter_unknown"
    with pytest.raises(Refused) as refused:
        imports.receive_workbook(
            kind="campuses", file=sheet(), file_name="a.xlsx", actor=builders.user("student")
        )
    assert refused.value.code == "not_allowed"


def test_cancelled_before_a_worker_came(clerk: User) -> None:
    batch = hand_in(clerk, sheet(("NW", "南望山校区", None, None)))
    assert imports.cancel_batch(batch=batch, actor=clerk)
    imports.process(batch.uid)
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED
    with pytest.raises(Refused) as refused:
        imports.cancel_batch(batch=batch, actor=clerk)
    assert refused.value.code == "over"


def test_three_attempts_then_a_person_sees_a_failure_and_tries_again(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = hand_in(clerk, sheet(("NW", "南望山校区", None, None)))
    with monkeypatch.context() as broken:
        broken.setattr("tests.portal.workbooks.campuses.CampusRun.apply", lambda run: 1 / 0)
        states = []
        for _attempt in range(3):
            imports.process(batch.uid)
            batch.refresh_from_db()
            states.append(batch.state)
    assert states == [
        "received",
        "received",
        "failed",
    ]  # within the transaction of this test no state survives a rollback
    assert (batch.error_code, batch.error_details) == ("internal", {"error": "ZeroDivisionError"})
    imports.retry_batch(batch=batch, actor=clerk)
    imports.process(batch.uid)
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == ("checked", (1, 1, 0, 0))


def test_expired_files_go_and_what_nobody_confirmed_is_cancelled(
    clerk: User, django_capture_on_commit_callbacks: object
) -> None:
    batch = checked(clerk, sheet(("NW", "南望山校区", None, None)))
    uid = batch.file_uid
    assert uid is not None
    ImportBatch.objects.update(expires_at=batch.created_at)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert cleaning.remove_expired() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.error_code, batch.file_uid) == ("cancelled", "expired", None)
    with pytest.raises(files.FileMissing):
        files.open_plain(uid)


def test_the_sweep_rings_again_for_what_nobody_works_on(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(leases, "ring", lambda uid, task: rung.append(str(uid)))
    batch = hand_in(clerk, sheet(("NW", "南望山校区", None, None)))
    assert leases.ring_again() == 0
    Lease.objects.update(rung_at=batch.created_at.replace(year=2025))
    assert leases.ring_again() == 1
    assert leases.ring_again() == 0
    assert rung == [str(batch.uid)]
