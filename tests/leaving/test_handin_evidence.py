"""Evidence on an item: who adds it, who may open it, how it is withdrawn (C8)."""

import uuid
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from leaving.choices import Verb
from leaving.models import Evidence, Graduate
from leaving.selectors.handin import claimed_files
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from leaving.services.handin import add_evidence, withdraw_evidence
from portal import files
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, postgraduate, published
from tests.leaving.handin import CHECK_OUT, LIBRARY, clerk, failed, handed, mei, picture, student, upload

pytestmark = pytest.mark.django_db


def sent(client: Client, graduate: Graduate, number: int, file: Any, language: str = "en") -> str:
    answer = client.post(
        f"/sheet/{graduate.uid}/items/{number}/evidence/",
        {"file": file},
        follow=True,
        headers={"accept-language": language},
    )
    return " ".join(answer.content.decode().split()) if answer.status_code == 200 else str(answer.status_code)


def test_a_picture_goes_from_the_graduate_to_the_clerk_and_nobody_else(client: Client) -> None:
    graduate = mei()
    dormitory = clerk("dormitory")
    client.force_login(student(graduate))
    assert "The file is added." in sent(client, graduate, CHECK_OUT, picture("说明 <1>.png"))
    kept = Evidence.objects.get()
    assert (kept.name, kept.kind) == ("说明 1.jpg", "jpeg")
    url = f"/evidence/{kept.uid}/"
    for person, status in (
        (student(graduate), 200),
        (dormitory, 200),
        (clerk("library", "bob"), 404),
        (builders.user("stranger"), 404),
        (builders.clerk("dean", Right.VIEW_GRADUATES, Right.DECIDE, at=graduate.college), 403),
    ):
        client.force_login(person)
        assert (person.username, client.get(url).status_code) == (person.username, status)
    viewed = AuditEntry.objects.filter(verb="evidence.viewed").values_list("actor__username", flat=True)
    assert list(viewed) == ["alice"]


def test_it_is_encrypted_on_the_disk_and_served_as_what_it_is(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    sent(client, graduate, CHECK_OUT, picture())
    kept = Evidence.objects.get()
    name = str(kept.file_uid)
    on_disk = (settings.PRIVATE_FILES_DIR / name[:2] / name[2:4] / name).read_bytes()
    answer = client.get(f"/evidence/{kept.uid}/")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\xff\xd8\xff")
    assert content not in on_disk
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"] == 'inline; filename="agreement.jpg"'
    assert "script" not in answer["Content-Security-Policy"]


def test_what_cannot_be_taken_is_refused_in_the_readers_language(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    page = SimpleUploadedFile("a.jpg", b"<html><script>alert(1)</script>", "image/jpeg")
    assert "Only pictures (JPEG, PNG, WebP) and PDF files are taken." in sent(
        client, graduate, CHECK_OUT, page
    )
    page.seek(0)
    assert "只接受图片" in sent(client, graduate, CHECK_OUT, page, "zh-hans")
    large = SimpleUploadedFile("a.pdf", b"%PDF-1.7" + b"0" * (10 * 1024 * 1024))
    assert "The file is larger than 10 MB." in sent(client, graduate, CHECK_OUT, large)
    assert not Evidence.objects.exists()


def test_an_item_takes_six_files_and_only_where_evidence_is_wanted(client: Client) -> None:
    graduate = mei()
    client.force_login(student(graduate))
    for _ in range(6):
        assert "The file is added." in sent(client, graduate, CHECK_OUT, picture())
    assert "There are 6 files already." in sent(client, graduate, CHECK_OUT, picture())
    assert "No evidence is needed here." in sent(client, graduate, LIBRARY, picture())
    failed(graduate, LIBRARY)
    assert "The file is added." in sent(client, graduate, LIBRARY, picture())


def test_the_clerk_adds_on_the_graduates_behalf_and_the_history_says_so(client: Client) -> None:
    graduate = mei()
    client.force_login(clerk("dormitory"))
    assert "added by Alice" in sent(client, graduate, CHECK_OUT, picture("paper.jpg"))
    client.force_login(student(graduate))
    page = client.get("/sheet/", headers={"accept-language": "en"}).content.decode()
    assert "Evidence added by" in page
    assert "paper.jpg" in page
    assert "Alice" not in page
    client.force_login(clerk("library", "bob"))
    assert sent(client, graduate, CHECK_OUT, picture()) == "404"


def test_it_is_withdrawn_until_it_is_decided_and_the_content_goes() -> None:
    graduate = mei()
    first = add_evidence(item=item(graduate, CHECK_OUT), upload=upload("first.jpg"), actor=student(graduate))
    second = add_evidence(item=item(graduate, CHECK_OUT), upload=upload(), actor=student(graduate))
    withdraw_evidence(evidence=first, actor=student(graduate))
    assert [each.name for each in handed(graduate, CHECK_OUT).files] == ["agreement.jpg"]
    assert set(claimed_files([first.file_uid, second.file_uid])) == {second.file_uid}
    decide(items=[item(graduate, CHECK_OUT).pk], verb=Verb.FAIL, actor=None, reason="看不清")
    with pytest.raises(Refused) as refused:
        withdraw_evidence(evidence=second, actor=student(graduate))
    assert refused.value.code == "already_decided"
    third = add_evidence(item=item(graduate, CHECK_OUT), upload=upload(), actor=student(graduate))
    withdraw_evidence(evidence=third, actor=student(graduate))
    assert list(
        AuditEntry.objects.filter(verb__startswith="evidence.").values_list("verb", flat=True)[::-1]
    ) == [
        "evidence.added",
        "evidence.added",
        "evidence.withdrawn",
        "evidence.added",
        "evidence.withdrawn",
    ]


def test_a_withdrawn_file_is_gone_for_everybody(client: Client) -> None:
    graduate = mei()
    kept = add_evidence(item=item(graduate, CHECK_OUT), upload=upload("gone.jpg"), actor=student(graduate))
    client.force_login(student(graduate))
    client.post(f"/evidence/{kept.uid}/withdraw/")
    assert client.get(f"/evidence/{kept.uid}/").status_code == 404
    page = client.get(f"/sheet/{graduate.uid}/items/{CHECK_OUT}/", headers={"accept-language": "en"})
    assert "Evidence withdrawn: gone.jpg" in page.content.decode()
    assert files.sweep_orphans(older_than=-5) >= 1
    with pytest.raises(files.FileMissing):
        list(files.chunks(kept.file_uid))


def test_nothing_is_added_to_what_is_settled(client: Client) -> None:
    graduate = mei()
    decide(items=[item(graduate, CHECK_OUT).pk], verb=Verb.PASS, actor=None)
    client.force_login(student(graduate))
    assert "This is settled." in sent(client, graduate, CHECK_OUT, picture())
    builders.cohort().__class__.objects.update(state="closed")
    assert "The sheet is not open any more." in sent(client, graduate, LIBRARY, picture())


def test_while_the_gate_is_closed_things_can_be_handed_in_already() -> None:
    published()
    graduate = postgraduate(user=builders.user("mei"))
    opened()
    assert item(graduate, CHECK_OUT).state == "waiting"
    add_evidence(item=item(graduate, CHECK_OUT), upload=upload(), actor=student(graduate))


def test_an_item_that_rules_take_away_keeps_what_was_handed_in() -> None:
    graduate = mei()
    one = item(graduate, CHECK_OUT)
    add_evidence(item=one, upload=upload(), actor=student(graduate))
    one.checkpoint.rules.all().delete()
    open_cohort(cohort=graduate.cohort, actor=None)
    one.refresh_from_db()
    assert (one.state, one.evidence.count()) == ("exempt", 1)


def test_a_file_that_does_not_exist_is_not_found(client: Client) -> None:
    client.force_login(builders.user("mei"))
    assert client.get(f"/evidence/{uuid.uuid4()}/").status_code == 404
    assert client.post(f"/evidence/{uuid.uuid4()}/withdraw/").status_code == 404
