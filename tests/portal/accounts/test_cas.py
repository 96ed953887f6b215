"""Campus single sign-on against a server process that speaks CAS (P3)."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from leaving.models import Graduate
from portal import environment
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.localrun import die_with_parent
from tests import builders as make

ROOT = Path(__file__).resolve().parents[3]
SLO = (
    '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">'
    "<samlp:SessionIndex>{}</samlp:SessionIndex></samlp:LogoutRequest>"
)


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cas_server", str(port)], cwd=ROOT, preexec_fn=die_with_parent
    )
    for _try in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/cas"
    process.terminate()
    process.wait()


@pytest.fixture
def cas(server: str, settings: Any, db: None) -> str:
    settings.CAS_URL = server
    return server


def browse(address: str) -> str:
    """Where the sign-on server sends the browser."""
    opener = urllib.request.build_opener(StayHere)
    try:
        opener.open(address, timeout=5)
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("no redirect")


def come_back(client: Client, number: str, target: str = "") -> tuple[HttpResponse, str]:
    """Through the sign-on and back; returns the portal's answer and the ticket."""
    out = client.get(reverse("accounts:cas") + (f"?next={quote(target)}" if target else ""))
    back = browse(f"{out['Location']}&as={number}")
    ticket = parse_qs(urlsplit(back).query)["ticket"][0]
    answer = client.get(back.removeprefix("http://testserver"))
    assert isinstance(answer, HttpResponse)
    return answer, ticket


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_staff_come_in_by_their_number_and_reach_the_page_they_wanted(cas: str) -> None:
    library, client = make.user("library"), Client()
    page = client.get(reverse("accounts:login") + "?next=/clearance/").content.decode()
    assert f'href="{reverse("accounts:cas")}?next=/clearance/"' in page.replace("%2F", "/")
    answer, _ticket = come_back(client, "library", "/clearance/")
    assert (answer.status_code, answer["Location"]) == (302, "/clearance/")
    assert who(client) == str(library.pk)


def test_a_graduate_without_an_account_gets_one_at_the_first_sign_on(cas: str) -> None:
    mei, client = make.graduate("20221001"), Client()
    answer, _ticket = come_back(client, "20221001")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    mei = Graduate.objects.get(pk=mei.pk)
    assert mei.user is not None
    assert (who(client), mei.user.has_usable_password()) == (str(mei.user.pk), False)
    assert AuditEntry.objects.get(verb="accounts.activated").details == {"how": "single sign-on"}


@pytest.mark.parametrize("closed", [False, True])
def test_an_unknown_or_closed_number_gets_a_page_that_says_what_to_do(cas: str, closed: bool) -> None:
    if closed:
        make.user("stranger", is_active=False)
    client = Client()
    answer, _ticket = come_back(client, "stranger")
    page = answer.content.decode()
    assert (answer.status_code, who(client)) == (403, None)
    assert "stranger" in page
    assert f"{cas}/logout?service=" in page
    assert User.objects.filter(username="stranger").exists() == closed


def test_a_ticket_is_good_once_and_only_here(cas: str) -> None:
    make.user("library")
    _answer, ticket = come_back(Client(), "library")
    thief = Client()
    again = thief.get(f"{reverse('accounts:cas')}?ticket={ticket}")
    assert (again["Location"], who(thief)) == (reverse("accounts:login"), None)
    back = browse(f"{cas}/login?service={quote('https://elsewhere.example/')}&as=library")
    stolen = parse_qs(urlsplit(back).query)["ticket"][0]
    thief.get(f"{reverse('accounts:cas')}?ticket={stolen}")
    assert who(thief) is None


def test_nobody_is_sent_on_to_another_host(cas: str) -> None:
    make.user("library")
    answer, _ticket = come_back(Client(), "library", "https://elsewhere.example/")
    assert answer["Location"] == "/"


def test_signing_out_here_signs_out_there(cas: str) -> None:
    make.user("library")
    client = Client()
    come_back(client, "library")
    answer = client.post(reverse("accounts:logout"))
    assert answer["Location"] == f"{cas}/logout?service={quote('http://testserver/', safe='')}"
    assert browse(answer["Location"]) == "http://testserver/"
    assert who(client) is None
    client.force_login(User.objects.get(username="library"))
    assert client.post(reverse("accounts:logout"))["Location"] == "/"


def test_signing_out_there_signs_out_here(cas: str) -> None:
    make.user("library")
    client, other = Client(enforce_csrf_checks=True), Client()
    _answer, ticket = come_back(client, "library")
    come_back(other, "library")
    for said in ("", "<torn", SLO.format("ST-0"), f'<!DOCTYPE x [<!ENTITY e "e">]>{SLO.format(ticket)}'):
        assert Client().post(reverse("accounts:cas"), {"logoutRequest": said}).status_code == 204
    assert who(client) is not None
    assert (
        Client(enforce_csrf_checks=True)
        .post(reverse("accounts:cas"), {"logoutRequest": SLO.format(ticket)})
        .status_code
        == 204
    )
    assert client.get(reverse("accounts:set-password")).status_code == 302
    assert other.get(reverse("accounts:set-password")).status_code == 200


@pytest.mark.django_db
def test_a_server_that_does_not_answer_is_told_and_not_waited_for(settings: Any) -> None:
    settings.CAS_URL = "http://127.0.0.1:9/cas"
    answer = Client().get(f"{reverse('accounts:cas')}?ticket=ST-1")
    assert answer.status_code == 503
    assert reverse("accounts:login") in answer.content.decode()


@pytest.mark.django_db
def test_it_is_off_where_no_address_is_set() -> None:
    assert Client().get(reverse("accounts:cas")).status_code == 404
    assert reverse("accounts:cas") not in Client().get(reverse("accounts:login")).content.decode()


@pytest.mark.parametrize("value", ["cas.example.edu", "ftp://cas.example.edu", "https://", "https://c/?a=b"])
def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CAS_URL", value)
    with pytest.raises(ImproperlyConfigured):
        environment.address("CAS_URL")


def test_private_files_have_their_place_by_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDIA_URL_BACKEND", raising=False)
    assert environment.directory("MEDIA_URL_BACKEND", "var/private") == Path("var/private")
    monkeypatch.setenv("MEDIA_URL_BACKEND", "file:///srv/the%20portal")
    assert environment.directory("MEDIA_URL_BACKEND", "var/private") == Path("/srv/the portal")
    for wrong in ("/srv/portal", "s3://bucket", "file://host/srv", "file:srv"):
        monkeypatch.setenv("MEDIA_URL_BACKEND", wrong)
        with pytest.raises(ImproperlyConfigured):
            environment.directory("MEDIA_URL_BACKEND", "var/private")
