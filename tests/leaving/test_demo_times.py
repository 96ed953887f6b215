"""The demo's past: history, items, sheets and certificates tell the same times."""

import datetime

import pytest
from django.utils import timezone

from leaving.demo_times import date_back, last_batch
from leaving.models import Certificate, ClearanceItem, ClearanceSheet, Decision
from tests import builders
from tests.leaving.clearance import opened, passed_but, published

DAY = datetime.timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_what_follows_from_history_has_its_times() -> None:
    cohort = published()
    graduate = builders.graduate()
    opened()
    before = last_batch()
    passed_but(graduate, 2)
    passed_but(graduate)
    date_back(cohort, after=before, begins=9 * DAY, ends=2 * DAY)
    history = dict(Decision.objects.order_by("pk").values_list("item", "batch__at"))
    items = ClearanceItem.objects.filter(pk__in=history)
    assert dict(items.values_list("pk", "decided_at")) == history
    sheet, certificate = ClearanceSheet.objects.get(), Certificate.objects.get()
    assert sheet.cleared_at == certificate.issued_at == max(history.values())
    assert certificate.snapshot["cleared_on"] == timezone.localdate(sheet.cleared_at).isoformat()
    ago = [timezone.now() - at for at in history.values()]
    assert datetime.timedelta() <= min(ago) - 2 * DAY < datetime.timedelta(minutes=5)
    assert max(ago) <= 9 * DAY
    assert sheet.opened_at < min(history.values())
