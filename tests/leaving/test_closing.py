"""A cohort comes to its end, and goes on where that was a mistake (C2, X2)."""

import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leaving.choices import CohortState, SheetState, Verb
from leaving.models import Cohort, RulesPublication
from leaving.selectors.clearance import items_of_departments, snapshot
from leaving.services.clearance import decide
from leaving.services.closing import close_cohort, reopen_cohort
from leaving.services.cohorts import open_sheets_for
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, published

pytestmark = pytest.mark.django_db


def dean(**fields: Any) -> User:
    made = builders.clerk("dean", Right.OPEN_COHORT, Right.VIEW_GRADUATES, at=builders.university())
    User.objects.filter(pk=made.pk).update(language="en", **fields)
    return User.objects.get(pk=made.pk)


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def url(name: str, code: int = 2026) -> str:
    return reverse(f"leaving:{name}", args=[code])


def refused_with(act: Any) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_closed_nothing_is_decided_any_more_and_opened_again_all_goes_on() -> None:
    cohort = published()
    mei, lan = builders.graduate(user=builders.user("mei")), builders.graduate()
    opened()
    passed_but(lan)
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    head = dean()
    office, library = signed_in(head), signed_in(alice)
    done = decide(items=[item(mei, 2).pk], verb=Verb.FAIL, actor=alice, reason="1 本")
    page = office.get(url("cohort-close")).content.decode()
    assert "1 graduate is not cleared" in page
    assert url("cohort-close") in office.get(url("rules-show")).content.decode()

    answer = office.post(url("cohort-close"), follow=True).content.decode()
    assert ("Class of 2026 is closed." in answer, url("cohort-reopen") in answer) == (True, True)
    entry = AuditEntry.objects.get(verb="cohort.closed")
    assert (entry.actor, entry.details["cleared"], entry.details["not_cleared"]) == (head, 1, 1)
    assert not items_of_departments(alice).exists()
    # Alice still has the list of this morning on her screen.
    stale = {"verb": "pass", "item": item(mei, 2).pk, "seen": snapshot()}
    undo = reverse("leaving:clearance-undo", args=[done.batch and done.batch.uid])
    for path, posted in ((reverse("leaving:clearance-decide"), stale), (undo, {})):
        told = library.post(path, posted, follow=True).content.decode()
        assert "Class of 2026 is closed." in told
    assert item(mei, 2).state == "failed"
    assert open_sheets_for(graduates=[builders.graduate().pk], actor=None).sheets == 0
    assert office.get(url("cohort-close"))["Location"] == url("rules-show")

    assert "required" in office.post(url("cohort-reopen")).content.decode()
    answer = office.post(url("cohort-reopen"), {"reason": "三人尚未办结"}, follow=True).content.decode()
    assert "Class of 2026 is open again." in answer
    assert AuditEntry.objects.get(verb="cohort.reopened").reason == "三人尚未办结"
    assert (
        "Passed: 1 item."
        in library.post(reverse("leaving:clearance-decide"), stale, follow=True).content.decode()
    )
    assert set(cohort.sheets.values_list("state", flat=True)) == {SheetState.OPEN, SheetState.CLEARED}


def test_its_last_day_is_today_unless_it_has_passed() -> None:
    today = timezone.localdate()
    past, future = today - datetime.timedelta(days=9), today + datetime.timedelta(days=9)
    last_days = []
    for year, planned in ((2026, None), (2027, past), (2028, future)):
        cohort = builders.cohort(year)
        Cohort.objects.filter(pk=cohort.pk).update(closes_on=planned)
        last_days.append(close_cohort(cohort=cohort, actor=None).cohort.closes_on)
    assert last_days == [today, past, today]


def test_a_year_before_the_portal_is_closed_without_being_opened_and_so_it_comes_back() -> None:
    office, cohort = dean(), builders.cohort(2019, CohortState.PREPARED)
    assert "left before" in signed_in(office).get(url("cohort-close", 2019)).content.decode()
    close_cohort(cohort=cohort, actor=office)
    assert "in preparation again" in signed_in(office).get(url("cohort-reopen", 2019)).content.decode()
    assert reopen_cohort(cohort=cohort, actor=office, reason="x").state == CohortState.PREPARED


def test_what_is_refused() -> None:
    cohort, office = published(), dean()
    clerk = builders.clerk("clerk", Right.DECIDE, at=builders.office())
    assert refused_with(lambda: close_cohort(cohort=cohort, actor=clerk)) == "not_allowed"
    job = RulesPublication.objects.create(cohort=cohort, actor=office, fingerprint="x")
    assert refused_with(lambda: close_cohort(cohort=cohort, actor=office)) == "publication_running"
    job.delete()
    assert refused_with(lambda: reopen_cohort(cohort=cohort, actor=office, reason="x")) == "cohort_not_closed"
    close_cohort(cohort=cohort, actor=office)
    assert refused_with(lambda: close_cohort(cohort=cohort, actor=office)) == "cohort_closed"
    assert refused_with(lambda: reopen_cohort(cohort=cohort, actor=clerk, reason="x")) == "not_allowed"
    assert refused_with(lambda: reopen_cohort(cohort=cohort, actor=office, reason=" ")) == "reason_missing"


def test_by_command(capsys: pytest.CaptureFixture[str]) -> None:
    published()
    builders.graduate()
    opened()
    dean()
    call_command("close_cohort", "2026", "--as", "dean")
    assert capsys.readouterr().out == "2026届已关闭。已办结 0 人，未办结 1 人。\n"
    for year, username in (("2026", "dean"), ("2026", "nobody"), ("1999", "dean")):
        with pytest.raises(CommandError):
            call_command("close_cohort", year, "--as", username)


def test_the_administration_shows_the_state_and_does_not_change_it() -> None:
    """It was a field like any other: opened without sheets, or back in preparation with approved deferrals to undo again."""
    client, cohort = signed_in(dean(is_staff=True)), builders.cohort()
    change = reverse("admin:leaving_cohort_change", args=[cohort.pk])
    form = {"year": 2026, "month": 6, "name_zh": "2026届", "name_en": "", "closes_on": "2026-07-01"}
    assert "on the page “Checkpoint rules”" in client.get(change).content.decode()
    for state in CohortState:
        assert client.post(change, {**form, "state": state}).status_code == 302
        cohort.refresh_from_db()
        assert cohort.state == CohortState.OPEN
    assert cohort.closes_on == datetime.date(2026, 7, 1)
    add = reverse("admin:leaving_cohort_add")
    assert client.get(add).status_code == 200
    assert client.post(add, {**form, "year": 2027, "state": "open"}).status_code == 302
    assert Cohort.objects.get(year=2027).state == CohortState.PREPARED
