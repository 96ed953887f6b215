"""The certificate of leaving, and what the public may know of it (C9)."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leaving.models import Certificate
from leaving.selectors.certificates import masked_name, normalised_code
from leaving.services.certificates import new_code
from leaving.services.clearance import reopen_batch
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import opened, passed_but, published

pytestmark = pytest.mark.django_db


def certificate(**fields: Any) -> Certificate:
    published()
    graduate = builders.graduate(name="欧阳小明", name_pinyin="Ouyang Xiaoming", **fields)
    opened()
    passed_but(graduate)
    return Certificate.objects.get()


def test_the_public_page_shows_exactly_what_it_may(client: Client) -> None:
    found = certificate(student_no="20221001", mobile="13800000000", identity="E99999999")
    answer = client.get(f"/certificates/{found.code}/", headers={"accept-language": "en"})
    page = answer.content.decode()
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd[^>]*>(?:<time[^>]*>)?(.*?)<", page))
    assert facts == {
        "Number": "2026-000001",
        "Name": "欧**明",
        "University": "Demonstration University",
        "Cohort": "2026",
        "Issued on": timezone.localdate(found.issued_at).isoformat(),
    }
    assert "This certificate is valid" in page
    for secret in ("欧阳小明", "Ouyang", "20221001", "13800000000", "99999999", "计算机", "软件工程", "E999"):
        assert secret not in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_an_unknown_code_is_not_found(client: Client) -> None:
    certificate()
    for code in ("0" * 26, "2026-000001", "x"):
        assert client.get(f"/certificates/{code}/").status_code == 404


def test_a_code_that_was_mistyped_is_told_at_the_field(client: Client) -> None:
    found = certificate()
    page = client.get("/certificates/", {"code": "0" * 26}, headers={"accept-language": "en"})
    assert "has issued no certificate with this code" in page.content.decode()
    typed = f" {found.code[:10].upper()} {found.code[10:]}"
    assert client.get("/certificates/", {"code": typed})["Location"] == f"/certificates/{found.code}/"


def test_that_somebody_else_looks_at_it_is_recorded(client: Client) -> None:
    graduate = certificate(user=builders.user("mei")).sheet.graduate
    dean = builders.clerk("dean", Right.VIEW_GRADUATES, at=graduate.college)
    for person in (graduate.user, dean):
        assert person
        client.force_login(person)
        assert client.get(f"/sheet/{graduate.uid}/certificate/").status_code == 200
    entries = AuditEntry.objects.filter(verb="certificate.viewed")
    assert list(entries.values_list("actor__username", "target")) == [
        ("dean", f"leaving.graduate:{graduate.uid}")
    ]


def test_a_revoked_certificate_says_so(client: Client) -> None:
    published()
    graduate = builders.graduate()
    opened()
    batch = passed_but(graduate).batch
    assert batch is not None
    code = Certificate.objects.get().code
    reopen_batch(batch=batch, actor=builders.user("root", is_superuser=True))
    page = client.get(f"/certificates/{code}/", headers={"accept-language": "en"}).content.decode()
    assert "This certificate was revoked" in page
    assert "This certificate is valid" not in page


def test_a_code_may_be_typed_as_it_is_read(client: Client) -> None:
    found = certificate()
    typed = (
        " ".join(found.code[n : n + 5] for n in range(0, 26, 5)).upper().replace("0", "O").replace("1", "l")
    )
    answer = client.get("/certificates/", {"code": typed})
    assert (answer.status_code, answer["Location"]) == (302, f"/certificates/{found.code}/")
    assert client.get("/certificates/", {"code": "abc"}).status_code == 200


def test_codes_are_random_and_readable() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(
        re.fullmatch("[0-7][0-9a-hjkmnp-tv-z]{25}", code) and normalised_code(code) == code for code in codes
    )


@pytest.mark.parametrize(
    ("name", "shown"), [("李明", "李*"), ("王小红", "王*红"), ("A", "A*"), ("PAL ANAND", "P*******D")]
)
def test_a_name_is_shown_in_part(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_graduate_and_college_read_it_in_the_page_and_as_pdf(client: Client) -> None:
    mei = builders.user("mei")
    found = certificate(user=mei)
    graduate = found.sheet.graduate
    for reader in (mei, builders.clerk("dean", Right.VIEW_GRADUATES, at=graduate.college)):
        client.force_login(reader)
        page = client.get(f"/sheet/{graduate.uid}/certificate/").content.decode()
        assert "欧阳小明" in page
        assert f"/certificates/{found.code}/" in page
    answer = client.get(f"/sheet/{graduate.uid}/certificate.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert b"/GTS_PDFA1" in answer.content or b"pdfaid" in answer.content


def test_numbers_follow_each_other_in_a_cohort() -> None:
    published()
    graduates = [builders.graduate() for _ in range(3)]
    opened()
    for graduate in graduates:
        passed_but(graduate)
    assert list(Certificate.objects.order_by("pk").values_list("number", flat=True)) == [
        "2026-000001",
        "2026-000002",
        "2026-000003",
    ]
