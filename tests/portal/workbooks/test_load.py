"""What the load module promises: one statement, exact counts, and nothing written that did not change."""

import datetime
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from leaving.models import Graduate, Major
from portal.errors import Refused
from portal.workbooks.load import Loaded, Sealed, Stage, Target, escaped
from tests import builders

pytestmark = pytest.mark.django_db

MAJORS = Target(model=Major, key=("college_id", "name_zh"), compared=("name_en", "code"))
GRADUATES = Target(
    model=Graduate,
    key=("student_no",),
    compared=("name", "identity_index"),
    inserted=("uid", "cohort_id", "college_id", "major_id", "campus_id", "sex", "document_type", "identity_mask",
              "grade", "level", "study_mode", "certificates", "training", "exam_no", "name_pinyin", "sort_key",
              "ethnicity", "political_status", "nationality", "length_of_study", "conclusion", "certificate_no",
              "entrusting_unit", "housing", "mobile", "wechat", "qq", "email", "address", "employer", "post",
              "identity_address", "origin"),
    touched=("dispatch",),
    stamped=("updated_at",),
    sealed=Sealed("identity_cipher", index="identity_index"),
)  # fmt: skip


def load_majors(*rows: tuple[str, str, str]) -> Loaded:
    with Stage(MAJORS, constants={"college_id": builders.college().pk}) as stage:
        stage.add_rows(rows)
        return stage.merge()


def versions() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text, xmin::text FROM leaving_major ORDER BY id")
        return list(cursor.fetchall())


def test_new_rows_are_created_and_the_same_again_writes_nothing() -> None:
    rows = [("软件工程", "Software Engineering", "080902"), ("网络工程", "", "")]
    assert load_majors(*rows) == Loaded(2, 0, 0)
    before = versions()
    assert load_majors(*rows) == Loaded(0, 0, 2)
    assert versions() == before


def test_created_changed_and_unchanged_are_told_apart() -> None:
    load_majors(("软件工程", "", ""), ("网络工程", "", ""))
    assert load_majors(("软件工程", "", ""), ("网络工程", "", "080903"), ("人工智能", "", "")) == Loaded(
        1, 1, 1
    )
    assert list(Major.objects.order_by("name_zh").values_list("name_zh", "code")) == [
        ("人工智能", ""),
        ("网络工程", "080903"),
        ("软件工程", ""),
    ]


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\\b", "\\N", "\\.", "a\rb", "", " 　", "𬭎'\"%s{}"])
def test_any_text_arrives_as_it_was(text: str) -> None:
    load_majors(("软件工程", text, ""), ("网络工程", "plain", ""))
    assert Major.objects.get(name_zh="软件工程").name_en == text


def test_values_of_every_type_are_written_for_copy() -> None:
    uid = uuid.uuid4()
    assert [escaped(v) for v in (None, True, False, 7, datetime.date(2026, 6, 30), b"\x00\xff", uid, "x")] == [
        "\x01", "t", "f", "7", "2026-06-30", "00ff", uid.hex, "x",
    ]  # fmt: skip


def test_an_empty_stage_merges_to_nothing() -> None:
    assert load_majors() == Loaded(0, 0, 0)


def test_an_empty_value_leaves_what_is_there_in_a_kept_column() -> None:
    keeping = replace(MAJORS, kept=("code",))
    load_majors(("软件工程", "Software Engineering", "080902"))
    with Stage(keeping, constants={"college_id": builders.college().pk}) as stage:
        stage.add_rows([("软件工程", "Software Engineering", "")])
        assert stage.merge() == Loaded(0, 0, 1)
    with Stage(keeping, constants={"college_id": builders.college().pk}) as stage:
        stage.add_rows([("软件工程", "", "")])
        assert stage.merge() == Loaded(0, 1, 0)
    assert Major.objects.values_list("name_en", "code").get() == ("", "080902")


def load_graduate(name: str, index: bytes, cipher: bytes | None, uid: uuid.UUID | None = None) -> Loaded:
    """Loads the graduate 20220001, everything else as the builder makes it."""
    known = Graduate.objects.filter(student_no="20220001").first()
    plain = known or builders.graduate("template")
    given: dict[str, Any] = {
        "student_no": "20220001",
        "name": name,
        "identity_index": index,
        "identity_cipher": cipher,
    }
    given["uid"] = uid or (known.uid if known else uuid.uuid4())
    with Stage(GRADUATES) as stage:
        stage.add_rows([[given[name] if name in given else getattr(plain, name) for name in stage.columns]])
        return stage.merge()


def stored() -> tuple[str, bytes]:
    made = Graduate.objects.get(student_no="20220001")
    return made.name, bytes(made.identity_cipher)


def test_a_sealed_value_is_written_when_given_and_kept_when_not() -> None:
    assert load_graduate("张三", b"1", b"first") == Loaded(1, 0, 0)
    assert load_graduate("张三", b"1", None) == Loaded(0, 0, 1)
    assert load_graduate("李四", b"1", None) == Loaded(0, 1, 0)
    assert stored() == ("李四", b"first")
    assert load_graduate("李四", b"2", b"second") == Loaded(0, 1, 0)
    assert stored() == ("李四", b"second")


@pytest.mark.parametrize(
    ("story", "index", "cipher", "uid"),
    [
        ("kept, but the index differs", b"2", None, None),
        ("bound to another row", b"2", b"second", uuid.uuid4()),
    ],
)
def test_a_sealed_value_made_for_another_state_of_the_table_is_refused(
    story: str, index: bytes, cipher: bytes | None, uid: uuid.UUID | None
) -> None:
    load_graduate("张三", b"1", b"first")
    with pytest.raises(Refused) as refused:
        load_graduate("张三", index, cipher, uid)
    assert refused.value.code == "changed_meanwhile"
    assert stored() == ("张三", b"first")


def test_a_new_row_without_its_sealed_value_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        load_graduate("张三", b"1", None)
    assert refused.value.code == "changed_meanwhile"
