"""Those who are not on the expected list: proposed by the college, confirmed by the registrar, then with sheet and all (G6)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leaving.choices import AdditionState, CohortState
from leaving.models import Addition, Cohort, Graduate
from leaving.selectors.roster import additions_visible_to
from leaving.services.identity import bound_to
from leaving.workbooks.additions import (
    RowRefused,
    confirm_addition,
    propose_addition,
    refuse_addition,
    withdraw_addition,
)
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.crypto import decrypt
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import opened, published, states
from tests.leaving.deferrals import college, graduate_school, registrar
from tests.leaving.rosters import master, resident_number, row

pytestmark = pytest.mark.django_db


def add(by: User, **cells: Any) -> Addition:
    """Proposes 张晓明 of 计算机学院, unless told otherwise."""
    builders.campus()
    return propose_addition(cohort=builders.cohort(), cells=row("20221999", **cells), reason="复学", actor=by)


def faults(act: Callable[[], object]) -> list[str]:
    with pytest.raises(RowRefused) as refused:
        act()
    return [column for column, _message in refused.value.faults]


def refused_with(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_proposed_confirmed_and_on_the_list_with_the_sheet() -> None:
    published()
    opened()
    own, office = college(), registrar()
    number = resident_number()
    made = add(own, document_no=number, mobile="138 7123 4567")
    assert not Graduate.objects.exists()
    graduate = confirm_addition(addition=made, actor=office)
    assert (graduate.name, graduate.student_no, graduate.mobile, graduate.cohort.year) == (
        "张晓明", "20221999", "13871234567", 2026
    )  # fmt: skip
    assert decrypt(bytes(graduate.identity_cipher), bound_to=bound_to(graduate.uid)).decode() == number
    assert len(states(graduate)) == 9
    made.refresh_from_db()
    assert (made.state, made.graduate, made.decided_by, bytes(made.identity_cipher)) == (
        AdditionState.CONFIRMED, graduate, office, b""
    )  # fmt: skip
    assert list(AuditEntry.objects.filter(verb__startswith="addition.").order_by("pk").values_list("verb")) == [
        ("addition.proposed",), ("addition.confirmed",)
    ]  # fmt: skip


def test_the_number_of_the_document_is_ciphertext_from_the_first_moment() -> None:
    number = resident_number()
    made = add(college(), document_no=number)
    stored = Addition.objects.filter(pk=made.pk).values().get()
    assert number not in repr({**stored, "identity_cipher": bytes(stored["identity_cipher"])})
    assert made.identity_mask == f"{number[:4]}{'*' * 10}{number[-4:]}"
    assert number not in repr(list(AuditEntry.objects.values()))


def test_a_row_is_checked_as_a_row_of_the_workbook_is() -> None:
    own = college()
    wrong = {"document_no": "420106200403181238", "mobile": "123", "school_class": None, "dispatch": None}
    assert faults(lambda: add(own, **wrong)) == ["document_no", "dispatch", "school_class", "mobile"]
    assert faults(lambda: add(own, sex="")) == ["sex"]
    assert not Addition.objects.exists()


def test_who_is_on_the_list_or_proposed_already_needs_no_addition() -> None:
    own = college()
    builders.graduate("20221999")
    assert faults(lambda: add(own)) == ["student_no"]
    Graduate.objects.all().delete()
    add(own)
    assert refused_with(lambda: add(own)) == "proposed_already"


def test_a_document_of_this_cohort_under_another_number_is_found() -> None:
    own, number = college(), resident_number()
    confirm_addition(addition=add(own, document_no=number), actor=registrar())
    assert faults(
        lambda: propose_addition(
            cohort=builders.cohort(), cells=row("20221998", document_no=number), reason="x", actor=own
        )
    ) == ["document_no"]


def test_what_came_between_is_told_at_the_confirmation_and_nothing_is_written() -> None:
    own, office, number = college(), registrar(), resident_number()
    made = add(own, document_no=number)
    builders.graduate("20221000", document_type="resident", identity=number)
    assert faults(lambda: confirm_addition(addition=made, actor=office)) == ["document_no"]
    made.refresh_from_db()
    assert made.state == AdditionState.PROPOSED
    assert Graduate.objects.count() == 1


def test_what_the_roster_brought_since_is_not_overwritten_with_the_proposal() -> None:
    """Proposed on Monday; on Tuesday the roster brings her with another number; on Wednesday the registrar confirms."""
    own, office, number = college(), registrar(), resident_number()
    made = add(own, document_no=number, mobile="13871234567")
    builders.graduate(
        "20221999", name=made.name, document_type="resident", identity=number, mobile="13999999999"
    )
    assert faults(lambda: confirm_addition(addition=made, actor=office)) == ["student_no"]
    assert Graduate.objects.get().mobile == "13999999999"
    made.refresh_from_db()
    assert made.state == AdditionState.PROPOSED
    refuse_addition(addition=made, actor=office, note="名单中已有")


def test_colleges_propose_their_own_and_two_people_look_at_each() -> None:
    stranger = college("other", builders.college("11", "艺术与传媒学院"))
    own, office, school = college(), registrar(), graduate_school()
    assert refused_with(lambda: add(stranger)) == "not_allowed"
    made = add(own)
    assert not additions_visible_to(stranger).exists()
    assert refused_with(lambda: confirm_addition(addition=made, actor=own)) == "own_proposal"
    assert refused_with(lambda: confirm_addition(addition=made, actor=school)) == "not_allowed"
    assert refused_with(lambda: withdraw_addition(addition=made, actor=stranger)) == "not_allowed"
    root = builders.user("root", is_superuser=True)
    theirs = propose_addition(cohort=builders.cohort(), cells=row("20221998"), reason="x", actor=root)
    assert refused_with(lambda: confirm_addition(addition=theirs, actor=root)) == "own_proposal"
    assert confirm_addition(addition=theirs, actor=office).student_no == "20221998"


def test_a_postgraduate_is_proposed_by_the_secretary_and_confirmed_by_the_graduate_school() -> None:
    builders.campus()
    node = builders.node(builders.college(), "secretary")
    secretary = builders.clerk("secretary", Right.CHANGE_ROSTER, at=node)
    assert refused_with(lambda: add(secretary)) == "not_allowed"
    made = propose_addition(
        cohort=builders.cohort(), cells=master("1202319999"), reason="复学", actor=secretary
    )
    graduate = confirm_addition(addition=made, actor=graduate_school())
    assert graduate.supervisor is not None
    assert graduate.supervisor.username == "T1001"


def test_refused_and_withdrawn_proposals_keep_no_number() -> None:
    own, office = college(), registrar()
    first = add(own)
    assert refused_with(lambda: refuse_addition(addition=first, actor=office, note=" ")) == "reason_missing"
    refuse_addition(addition=first, actor=office, note="学籍未恢复")
    second = add(own)
    withdraw_addition(addition=second, actor=own)
    assert refused_with(lambda: confirm_addition(addition=second, actor=office)) == "decided_meanwhile"
    assert [bytes(each.identity_cipher) for each in Addition.objects.all()] == [b"", b""]


def test_a_closed_cohort_takes_nobody() -> None:
    own = college()
    made = add(own)
    Cohort.objects.update(state=CohortState.CLOSED)
    assert refused_with(lambda: add(own, document_no=resident_number())) == "cohort_closed"
    assert refused_with(lambda: confirm_addition(addition=made, actor=registrar())) == "cohort_closed"


# --- pages -----------------------------------------------------------------------------------------------


def typed(**changes: str) -> dict[str, str]:
    """The form as a registrar teacher fills it in."""
    cells = {key: str(value) for key, value in row("20221999").items()}
    return {
        **cells,
        "college": "08",
        "campus": "NW",
        "cohort": str(builders.cohort().pk),
        "why": "复学",
        **changes,
    }


def test_the_form_says_at_each_field_what_to_mend_and_proposes() -> None:
    builders.campus()
    own, client = college(), Client()
    client.force_login(own)
    new = reverse("leaving:addition-new")
    answer = client.post(new, typed(mobile="123"), headers={"accept-language": "en"})
    assert answer.status_code == 400
    assert "“123” is not a mobile number." in answer.content.decode()
    answer = client.post(new, typed())
    made = Addition.objects.get()
    assert answer.headers["Location"] == reverse("leaving:addition-detail", args=[made.uid])
    page = client.get(answer.headers["Location"]).content.decode()
    assert made.identity_mask in page
    assert typed()["document_no"] not in page


def test_the_office_confirms_on_the_page_and_the_college_sees_it() -> None:
    published()
    opened()
    own, office, client = college(), registrar(), Client()
    made = add(own)
    client.force_login(office)
    listing = reverse("leaving:addition-list")
    assert "张晓明" in client.get(listing).content.decode()
    client.post(reverse("leaving:addition-decide", args=[made.uid]), {"action": "confirm"})
    client.force_login(own)
    assert "张晓明" in client.get(listing, {"state": "confirmed"}).content.decode()
    assert Graduate.objects.get().sheets.count() == 1


def test_a_refused_proposal_is_made_again_without_typing_it_all() -> None:
    own, office, client = college(), registrar(), Client()
    made = add(own)
    refuse_addition(addition=made, actor=office, note="学籍未恢复")
    client.force_login(own)
    page = client.get(reverse("leaving:addition-new"), {"again": str(made.uid)}).content.decode()
    assert 'value="张晓明"' in page
    assert 'name="document_no"' in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_a_constant_number_of_queries(rows: int, django_assert_num_queries: Any) -> None:
    own, client = college(), Client()
    builders.campus()
    for number in range(rows):
        propose_addition(cohort=builders.cohort(), cells=row(f"2022199{number}"), reason="x", actor=own)
    client.force_login(own)
    client.get(reverse("leaving:addition-list"))
    with django_assert_num_queries(11):
        client.get(reverse("leaving:addition-list"))
