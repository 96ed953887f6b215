"""What was handed in goes when its time is over; that it was there, and what was decided, stays (X2)."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leaving.models import Evidence, ItemForm
from leaving.selectors.handin import claimed_files
from leaving.services.handin import add_evidence, hand_in_form, save_form
from leaving.services.retention import remove_what_has_served_its_purpose
from portal import files
from portal.audit.models import AuditEntry
from tests.leaving.clearance import item
from tests.leaving.handin import APPRAISAL, CAREERS, CHECK_OUT, WAITING, WORK_GROUP, mei, student, upload

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "closed_days_ago", "added_days_ago", "gone"),
    [
        ("closed", 366, 400, True),
        ("closed", 365, 400, False),  # the last day counts
        ("closed", 400, 365, False),  # came in late
        ("closed", None, 366, True),  # nobody wrote down the last day
        ("closed", None, 300, False),
        ("open", 400, 400, False),
    ],
)
def test_so_many_days_after_the_cohort_has_ended(
    state: str, closed_days_ago: int | None, added_days_ago: int, gone: bool
) -> None:
    graduate, today = mei(), timezone.localdate()
    kept = add_evidence(item=item(graduate, CHECK_OUT), upload=upload(), actor=student(graduate))
    save_form(item=item(graduate, WORK_GROUP), data={"awards": "无"}, actor=student(graduate))
    added = timezone.now() - datetime.timedelta(days=added_days_ago)
    Evidence.objects.update(added_at=added)
    ItemForm.objects.update(saved_at=added)
    cohort = graduate.cohort
    cohort.state = state
    if closed_days_ago is not None:
        cohort.closes_on = today - datetime.timedelta(days=closed_days_ago)
    cohort.save()
    assert remove_what_has_served_its_purpose() == (2 if gone else 0)
    assert ItemForm.objects.exists() is not gone
    assert list(claimed_files([kept.file_uid])) == ([] if gone else [kept.file_uid])


def test_the_content_goes_the_name_and_the_forms_stay(
    client: Client, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    graduate = mei()
    kept = add_evidence(item=item(graduate, CHECK_OUT), upload=upload("说明.jpg"), actor=student(graduate))
    hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    save_form(item=item(graduate, WORK_GROUP), data={"self_appraisal": APPRAISAL}, actor=student(graduate))
    graduate.cohort.state = "closed"
    graduate.cohort.save()
    settings.HANDED_IN_KEEP_DAYS = -1
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_what_has_served_its_purpose() == 2
    with pytest.raises(files.FileMissing):
        list(files.chunks(kept.file_uid))
    assert [(form.kind, bool(form.handed_in_at)) for form in ItemForm.objects.all()] == [("employment", True)]
    told = AuditEntry.objects.filter(verb__in=["evidence.expired", "form.drafts_expired"]).order_by("id")
    assert [(one.verb, one.actor_id, one.target, one.details) for one in told] == [
        ("evidence.expired", None, f"leaving.cohort:{graduate.cohort_id}", {"number": 1}),
        ("form.drafts_expired", None, f"leaving.cohort:{graduate.cohort_id}", {"number": 1}),
    ]
    client.force_login(student(graduate))
    page = client.get(f"/sheet/{graduate.uid}/items/{CHECK_OUT}/", headers={"accept-language": "en"})
    text = " ".join(page.content.decode().split())
    assert "its time was over" in text
    assert "Evidence deleted, its time was over: 说明.jpg" in text
    assert f"/evidence/{kept.uid}/" not in text
    assert client.get(f"/evidence/{kept.uid}/").status_code == 404
    assert remove_what_has_served_its_purpose() == 0
