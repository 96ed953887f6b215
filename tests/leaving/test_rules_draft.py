"""Imports and corrections while rules are being edited: no draft changes a sheet that is there, or clears one (C3, G7)."""

from collections.abc import Iterator

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from leaving.choices import RuleOutcome, Verb
from leaving.models import Certificate, Checkpoint, ClearanceSheet, Graduate
from leaving.selectors.applicability import fits
from leaving.selectors.rules import simulate
from leaving.services.clearance import decide
from leaving.services.deferrals import undo_deferrals
from leaving.services.responsibilities import set_published_responsibilities
from leaving.workbooks.graduates.target import RULED
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, published, states
from tests.leaving.deferrals import college, deferred, registrar
from tests.leaving.rosters import applied, row

pytestmark = pytest.mark.django_db

MEI = row("20221001", name="梅花", mobile="13800000001", housing="on_campus", political_status="共青团员")
LAN = row("20221002", name="兰草", housing="on_campus")


@pytest.fixture
def affairs() -> User:
    """Student affairs, who import undergraduates with a dispatch card."""
    office = builders.office("student-affairs", "学生工作处")
    set_published_responsibilities(
        student_affairs=office, graduate_school=builders.office("graduate-school", "研究生院"), actor=None
    )
    return builders.clerk("affairs", Right.IMPORT_GRADUATES, at=office)


@pytest.fixture
def mei(affairs: User) -> Graduate:
    """Mei, who has nothing left but the assets and the dormitory."""
    published()
    builders.campus()
    applied(affairs, MEI)
    opened()
    found = Graduate.objects.get()
    passed_but(found, 8, 12)
    return found


def sheet(graduate: Graduate) -> ClearanceSheet:
    return ClearanceSheet.objects.get(graduate=graduate)


def nobody_needs_assets() -> None:
    """What an administrator edits, and has not published yet."""
    Checkpoint.objects.get(key="assets").rules.all().delete()


def settle(graduate: Graduate, *numbers: int) -> None:
    for number in numbers:
        decide(items=[item(graduate, number).pk], verb=Verb.PASS, actor=None)


def test_new_telephone_numbers_touch_no_sheet(affairs: User, mei: Graduate) -> None:
    settle(mei, 12)
    nobody_needs_assets()
    before = AuditEntry.objects.filter(verb="cohort.opened").count()
    assert applied(affairs, MEI | {"mobile": "13900000002", "employer": "示范地质公司"}).updated == 1
    assert AuditEntry.objects.filter(verb="cohort.opened").count() == before
    assert (states(mei)[8], sheet(mei).state, sheet(mei).waits_for_rules) == ("pending", "open", False)
    assert not Certificate.objects.exists()


def test_without_a_draft_corrected_graduates_follow_the_rules_at_once(affairs: User, mei: Graduate) -> None:
    Checkpoint.objects.filter(key="assets").update(name_zh="资产清退")  # a text, which is no draft
    settle(mei, 8)
    applied(affairs, MEI | {"housing": "off_campus"})
    assert (states(mei)[12], sheet(mei).state) == ("exempt", "cleared")


def test_a_corrected_graduate_follows_when_the_draft_is_published(affairs: User, mei: Graduate) -> None:
    cohort = builders.cohort()
    nobody_needs_assets()
    applied(affairs, MEI | {"housing": "off_campus"})
    assert (states(mei)[8], states(mei)[12]) == ("pending", "pending")
    settle(mei, 8, 12)  # all there is on the sheet; whether that is all there should be, publishing tells
    assert (sheet(mei).state, sheet(mei).waits_for_rules) == ("open", True)
    found = simulate(cohort)
    assert (found.waiting, found.cleared, found.changed) == (1, 1, True)
    assert not Certificate.objects.exists()
    opened()
    assert (sheet(mei).state, sheet(mei).waits_for_rules) == ("cleared", False)
    assert Certificate.objects.count() == 1


def test_a_late_graduate_begins_by_the_draft_and_is_cleared_by_what_is_published(
    affairs: User, mei: Graduate
) -> None:
    nobody_needs_assets()
    Checkpoint.objects.get(key="finance").requires.add(Checkpoint.objects.get(key="library"))
    applied(affairs, MEI, LAN)
    lan = Graduate.objects.get(name="兰草")
    assert 8 not in states(lan)
    assert states(lan)[7] == "pending"  # what comes first is in force once it is published
    passed_but(lan)
    assert (set(states(lan).values()), sheet(lan).state) == ({"passed"}, "open")
    assert (sheet(mei).waits_for_rules, Certificate.objects.count()) == (False, 0)
    assets = Checkpoint.objects.get(key="assets")
    assets.rules.create(order=1, outcome=RuleOutcome.REQUIRED)  # the administrator has thought better of it
    opened()
    assert (states(lan)[8], sheet(lan).state) == ("pending", "open")
    settle(lan, 8)
    assert sheet(lan).state == "cleared"


def test_a_draft_that_was_taken_back_lets_the_next_correction_through(affairs: User, mei: Graduate) -> None:
    Checkpoint.objects.filter(number=1).update(is_gate=False)
    applied(affairs, MEI | {"political_status": "中共党员"})
    assert sheet(mei).waits_for_rules
    Checkpoint.objects.filter(number=1).update(is_gate=True)
    assert simulate(
        builders.cohort()
    ).changed  # one sheet waits for the publication, though no rule has changed
    applied(affairs, MEI | {"political_status": "共青团员"})
    assert not sheet(mei).waits_for_rules
    settle(mei, 8, 12)
    assert sheet(mei).state == "cleared"


def test_a_deferral_taken_back_is_cleared_again_by_published_rules_only() -> None:
    published()
    mei, lan = builders.graduate(), builders.graduate()
    opened()
    for graduate in (mei, lan):
        passed_but(graduate)
    own, office = college(), registrar()
    for graduate, state in ((mei, "open"), (lan, "cleared")):
        made = deferred(graduate, by=own, approver=office)
        if state == "open":
            nobody_needs_assets()
        undo_deferrals(deferrals=[made[0].pk], actor=office, reason="x")
        assert sheet(graduate).state == state
        opened()
        assert sheet(graduate).state == "cleared"


def test_the_rules_page_and_the_sheet_say_what_waits(client: Client, affairs: User, mei: Graduate) -> None:
    nobody_needs_assets()
    applied(affairs, MEI | {"housing": "off_campus"})
    client.force_login(builders.user("root", is_superuser=True, is_staff=True))
    url = reverse("leaving:rules-show", args=[2026])
    words = "1 张离校单等待发布"
    assert words in client.get(url).content.decode()
    own = reverse("leaving:sheet-detail", args=[mei.uid])
    assert "离校环节正在调整" not in client.get(own).content.decode()
    settle(mei, 8, 12)
    assert "离校环节正在调整" in client.get(own).content.decode()
    opened()
    assert words not in client.get(url).content.decode()
    assert "离校环节正在调整" not in client.get(own).content.decode()


def test_whatever_a_rule_can_ask_for_lets_a_corrected_graduate_follow() -> None:
    """Who adds a condition to `fits` adds its column to `RULED`."""
    published()
    rule = Checkpoint.objects.get(key="library").rules.create(
        order=99,
        outcome=RuleOutcome.REQUIRED,
        levels=["master"],
        study_modes=["full_time"],
        certificates="both",
        housing="on_campus",
        college_match="only",
        political_match="only",
        political_statuses=["群众"],
    )
    rule.campuses.add(builders.campus())

    def asked(condition: Q) -> Iterator[str]:
        for part in condition.children:
            if isinstance(part, Q):
                yield from asked(part)
            else:
                yield str(part[0]).split("__")[0]  # type: ignore[index]

    columns = {Graduate._meta.get_field(name).attname for name in asked(fits(rule, "")) if name != "pk"}  # type: ignore[union-attr]
    assert columns | {"supervisor_id"} == set(RULED)
