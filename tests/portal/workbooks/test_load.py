"""What the load module promises: one statement, exact counts, and nothing written that did not change."""

import datetime
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from leaving.models import Major
from portal.accounts.models import User
from portal.errors import Refused
from portal.workbooks.load import Loaded, Sealed, Stage, Target, escaped
from portal.workbooks.models import ImportBatch
from tests import builders

pytestmark = pytest.mark.django_db

MAJORS = Target(model=Major, key=("college_id", "name_zh"), compared=("name_en", "code"))
# A batch has a binary column, a stamp and a uid: enough to stand for a row with a sealed value.
BATCHES = Target(
    model=ImportBatch,
    key=("uid",),
    compared=("file_name", "file_size"),
    inserted=("kind", "state", "parameters", "rows", "created", "updated", "unchanged", "faults", "error_code",
              "error_details", "progress", "attempts", "lease_owner", "cancel_requested"),
    touched=("actor_id",),
    stamped=("finished_at",),
    sealed=Sealed("file_digest", index="file_size", bound_to="actor_id"),
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
    uid = uuid4()
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


def sealed_row(uid: Any, actor: User, name: str, size: int, cipher: bytes | None) -> Loaded:
    with Stage(BATCHES) as stage:
        given = {
            "uid": uid,
            "file_name": name,
            "file_size": size,
            "actor_id": actor.pk,
            "file_digest": cipher,
        }
        defaults = {"kind": "x", "state": "received", "error_code": "", "lease_owner": "", "cancel_requested": False,
                    "parameters": "{}", "error_details": "{}"}  # fmt: skip
        stage.add_rows([[given.get(name, defaults.get(name, 0)) for name in stage.columns]])
        return stage.merge()


def test_a_sealed_value_is_written_when_given_and_kept_when_not() -> None:
    uid, clerk = uuid4(), builders.user()
    assert sealed_row(uid, clerk, "a.xlsx", 1, b"first") == Loaded(1, 0, 0)
    made = ImportBatch.objects.get(uid=uid)
    assert (bytes(made.file_digest), made.finished_at) == (b"first", None)
    assert sealed_row(uid, clerk, "a.xlsx", 1, None) == Loaded(0, 0, 1)
    assert sealed_row(uid, clerk, "b.xlsx", 1, None) == Loaded(0, 1, 0)
    made.refresh_from_db()
    assert (made.file_name, bytes(made.file_digest), made.finished_at is None) == ("b.xlsx", b"first", False)
    assert sealed_row(uid, clerk, "b.xlsx", 2, b"second") == Loaded(0, 1, 0)
    made.refresh_from_db()
    assert bytes(made.file_digest) == b"second"


@pytest.mark.parametrize(
    ("story", "size", "cipher", "other"),
    [("kept, but the index differs", 2, None, False), ("bound to another row", 1, b"x", True)],
)
def test_a_sealed_value_made_for_another_state_of_the_table_is_refused(
    story: str, size: int, cipher: bytes | None, other: bool
) -> None:
    uid, clerk = uuid4(), builders.user()
    sealed_row(uid, clerk, "a.xlsx", 1, b"first")
    with pytest.raises(Refused) as refused:
        sealed_row(uid, builders.user() if other else clerk, "a.xlsx", size, cipher)
    assert refused.value.code == "changed_meanwhile"


def test_a_new_row_without_its_sealed_value_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        sealed_row(uuid4(), builders.user(), "a.xlsx", 1, None)
    assert refused.value.code == "changed_meanwhile"
