"""Mei gets a code from her counsellor, activates her account and sets a password; others get nowhere (P3)."""

import datetime

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from portal.accounts import services
from portal.accounts.models import ActivationCode, User
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import builders as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei() -> User:
    return User.objects.create_user("20221001", name="梅花")


def issue(user: User) -> str:
    return services.issue_codes(users=[user], actor=None)[0][1]


def test_the_whole_way_from_a_printed_code_to_the_start_page(client: Client, mei: User) -> None:
    code = issue(mei)
    answer = client.post(
        "/accounts/activate/", {"username": "20221001", "code": code.lower().replace("-", " ")}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/")
    # Nothing else is open until the password is set.
    assert client.get("/")["Location"] == "/accounts/password/"
    refused = client.post("/accounts/password/", {"password": "12345678", "again": "12345678"})
    assert refused.status_code == 200
    answer = client.post("/accounts/password/", {"password": "leaving in June", "again": "leaving in June"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    assert (
        Client().post("/accounts/login/", {"username": "20221001", "password": "leaving in June"})["Location"]
        == "/"
    )
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == [
        "accounts.codes_issued",
        "accounts.activated",
        "accounts.password_set",
    ]


def test_a_code_is_good_once(mei: User) -> None:
    code = issue(mei)
    assert services.redeem_code(username="20221001", code=code) == mei
    with pytest.raises(Refused):
        services.redeem_code(username="20221001", code=code)


def test_a_new_code_makes_the_old_one_and_the_password_void(mei: User) -> None:
    mei.set_password("leaving in June")
    mei.save()
    old = issue(mei)
    new = issue(mei)
    mei.refresh_from_db()
    assert not mei.check_password("leaving in June")
    with pytest.raises(Refused):
        services.redeem_code(username="20221001", code=old)
    assert services.redeem_code(username="20221001", code=new) == mei


def test_ten_wrong_tries_void_a_code_and_are_counted(mei: User) -> None:
    code = issue(mei)
    for _ in range(10):
        with pytest.raises(Refused):
            services.redeem_code(username="20221001", code="AAAAA-AAAAA")
    assert ActivationCode.objects.get().attempts == 10
    with pytest.raises(Refused):
        services.redeem_code(username="20221001", code=code)


def test_an_expired_code_and_an_unknown_number_get_the_same_words(mei: User) -> None:
    code = issue(mei)
    ActivationCode.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    with pytest.raises(Refused) as expired:
        services.redeem_code(username="20221001", code=code)
    with pytest.raises(Refused) as unknown:
        services.redeem_code(username="nobody", code=code)
    assert str(expired.value) == str(unknown.value)


def test_the_code_itself_is_not_kept(mei: User) -> None:
    code = issue(mei)
    kept = ActivationCode.objects.get()
    assert code.replace("-", "").encode() not in bytes(kept.digest)
    assert len(bytes(kept.digest)) == 32


def test_an_imported_account_without_password_cannot_sign_in(client: Client, mei: User) -> None:
    assert client.post("/accounts/login/", {"username": "20221001", "password": ""}).status_code == 200
    assert not mei.has_usable_password()


def test_after_eight_wrong_passwords_the_door_stays_shut_for_a_while(client: Client) -> None:
    make.user("alice")
    for _ in range(8):
        client.post("/accounts/login/", {"username": "alice", "password": "wrong"})
    answer = client.post("/accounts/login/", {"username": "alice", "password": "demo-2026"})
    assert answer.status_code == 429


def test_wrong_passwords_are_forgotten_when_they_count_no_more(client: Client) -> None:
    client.post("/accounts/login/", {"username": "alice", "password": "wrong"})
    AccessAttempt.objects.update(attempt_time=timezone.now() - datetime.timedelta(minutes=16))
    client.post("/accounts/login/", {"username": "bob", "password": "wrong"})
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["bob"]


def test_a_weak_password_is_refused_by_the_service_too(mei: User) -> None:
    with pytest.raises(ValidationError):
        services.set_password(user=mei, password="12345678")


def test_the_language_chosen_is_remembered(client: Client) -> None:
    alice = make.user("alice")
    client.force_login(alice)
    client.post("/language/", {"language": "en", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "en"
    client.post("/language/", {"language": "xx", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "en"
