"""Li prints codes for her class; a graduate without a code comes in the published way, once (P3, P7)."""

import datetime

import pytest
from django.test import Client

from leaving.models import Graduate
from leaving.services import activation
from portal.accounts.models import User
from portal.accounts.services import redeem_code
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders as make

pytestmark = pytest.mark.django_db
TODAY = datetime.date.today


@pytest.fixture
def li() -> User:
    return make.user("li")


@pytest.fixture
def window(settings: object) -> None:
    settings.FIRST_SIGN_IN_WINDOW = (TODAY(), TODAY())  # type: ignore[attr-defined]


def test_codes_for_a_class_make_the_accounts_and_work(li: User) -> None:
    its_class = make.school_class(counsellor=li)
    for number in ("20220001", "20220002"):
        make.graduate(number, school_class=its_class)
    make.graduate("20220003", school_class=its_class, user=make.user("20220003"))
    make.graduate("20229999")  # of no class of hers

    rows = activation.hand_out_codes(graduates=Graduate.objects.all(), actor=li)

    assert [graduate.student_no for graduate, _code in rows] == ["20220001", "20220002"]
    user = redeem_code(username="20220001", code=rows[0][1])
    assert Graduate.objects.get(student_no="20220001").user == user
    assert not User.objects.filter(username="20229999").exists()


def test_a_reset_needs_a_reason_and_reach_and_is_recorded(li: User) -> None:
    mei = make.graduate("20220001", school_class=make.school_class(counsellor=li), user=make.user("20220001"))
    other = make.clerk("other", Right.RESET_ACCOUNTS, at=make.college("11", "艺术与传媒学院"))
    with pytest.raises(Refused) as silent:
        activation.reset_account(graduate=mei, actor=li, reason=" ")
    assert silent.value.code == "reason_missing"
    with pytest.raises(Refused) as refused:
        activation.reset_account(graduate=mei, actor=other, reason="asked")
    assert refused.value.code == "not_allowed"

    code = activation.reset_account(graduate=mei, actor=li, reason="lost the code")

    assert mei.user is not None
    mei.user.refresh_from_db()
    assert not mei.user.has_usable_password()
    assert redeem_code(username="20220001", code=code) == mei.user
    entry = AuditEntry.objects.get(verb="accounts.codes_issued")
    assert (entry.actor, entry.reason, entry.target) == (li, "lost the code", f"accounts.user:{mei.user.uid}")


def test_the_published_way_works_once_within_its_window_with_a_second_fact(window: None) -> None:
    make.graduate(
        "20220001", identity="42010620030501123X", document_type="resident", exam_no="20420106150001"
    )
    client = Client()
    form = {"username": "20220001", "last_six": "01123x", "second_fact": "20420106150001"}
    assert client.post("/activation/first/", {**form, "second_fact": "1"}).status_code == 200
    answer = client.post("/activation/first/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/")
    client.post("/accounts/password/", {"password": "leaving in June", "again": "leaving in June"})
    assert Client().post("/activation/first/", form).status_code == 200


def test_outside_its_window_the_published_way_does_not_exist(client: Client) -> None:
    assert client.get("/activation/first/").status_code == 404


def test_guessing_the_published_way_is_stopped(window: None) -> None:
    make.graduate("20220001", exam_no="1")
    client = Client()
    answers = [
        client.post(
            "/activation/first/", {"username": "20220001", "last_six": "000000", "second_fact": "1"}
        ).status_code
        for _ in range(9)
    ]
    assert answers[:7] == [200] * 7
    assert answers[-1] == 429


def test_the_class_page_costs_the_same_for_one_class_and_three(
    client: Client, li: User, django_assert_num_queries: object
) -> None:
    client.force_login(li)
    for count in (1, 3):
        for place in range(count):
            its_class = make.school_class(name=f"{count}-{place}", counsellor=li)
            make.graduate(school_class=its_class)
        client.get("/activation/")
        with django_assert_num_queries(12):  # type: ignore[operator]
            client.get("/activation/")
