"""Between two publications sheets follow what is in force: edited rules are a draft, whatever happens meanwhile (C3, C4)."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from leaving.choices import OwnerKind, Verb
from leaving.models import Checkpoint, CheckpointInForce, ClearanceSheet, PrerequisiteInForce
from leaving.selectors.applicability import checkpoints_of
from leaving.selectors.in_force import edited_since_published
from leaving.selectors.sheets import sheet_of
from leaving.selectors.supervision import reviews_of_secretary
from leaving.services.clearance import decide
from leaving.services.supervision import reassign_supervisor
from portal.departments.choices import Right
from portal.departments.models import Department
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states

pytestmark = pytest.mark.django_db


def require(key: str, *first: str) -> None:
    """What an administrator ticks on the checkpoint, and does not publish."""
    Checkpoint.objects.get(key=key).requires.set(Checkpoint.objects.filter(key__in=first))


def test_a_prerequisite_that_is_not_published_holds_nobody_up() -> None:
    published()
    mei, lan = builders.graduate(), builders.graduate()
    opened()
    require("finance", "library")
    for verb in (Verb.PASS, Verb.REOPEN):
        decide(items=[item(mei, 6).pk], verb=verb, actor=None)
    assert states(mei)[7] == states(lan)[7] == "pending"
    decide(items=[item(lan, 7).pk], verb=Verb.FAIL, actor=None, reason="欠费")
    for graduate in (mei, lan):
        assert decide(items=[item(graduate, 7).pk], verb=Verb.PASS, actor=None).decided
        decide(items=[item(graduate, 7).pk], verb=Verb.REOPEN, actor=None)
    opened()
    assert states(mei)[7] == states(lan)[7] == "waiting"
    view = sheet_of(mei)
    assert view is not None
    require("finance", "hospital")  # edited again: the sheet goes on saying what it waits for
    assert [one.key for one in view.line(item(mei, 7)).waits_for] == ["library"]
    decide(items=[item(mei, 2).pk], verb=Verb.PASS, actor=None)
    assert states(mei)[7] == "pending"


def test_a_gate_taken_away_in_a_draft_still_opens() -> None:
    published()
    mei, lan = postgraduate(), postgraduate()
    opened()
    Checkpoint.objects.update(is_gate=False)
    decide(items=[item(mei, 1).pk], verb=Verb.PASS, actor=None)
    assert set(states(mei).values()) == {"passed", "pending"}
    assert "pending" not in {state for number, state in states(lan).items() if number != 1}
    opened()
    assert "waiting" not in states(lan).values()


def test_reviews_stay_with_supervisors_and_secretaries_until_it_is_published() -> None:
    published()
    mei = postgraduate()
    opened()
    college = Department.objects.get(name_zh="地球科学学院")
    secretary = builders.clerk("secretary", Right.DECIDE, at=builders.node(college, "secretary"))
    Checkpoint.objects.filter(number=1).update(owner_kind=OwnerKind.COLLEGE)
    assert list(reviews_of_secretary(secretary)) == [item(mei, 1)]
    huang = builders.user("huang")
    moved = reassign_supervisor(graduates=[mei.pk], supervisor=huang, actor=secretary, reason="访学")
    assert (moved.items, item(mei, 1).supervisor) == (1, huang)
    opened()
    assert not reviews_of_secretary(secretary).exists()
    assert (item(mei, 1).owner, item(mei, 1).supervisor) == (college, None)


def test_only_what_decides_about_sheets_is_a_draft() -> None:
    cohort = published()
    builders.graduate()
    opened()

    def edited() -> bool:
        return edited_since_published(checkpoints_of(cohort.pk))

    library = Checkpoint.objects.filter(key="library")
    library.update(name_zh="图书馆（总馆）", contact_zh="王老师", order=99)
    assert not edited()
    rule = library.get().rules.order_by("order").first()
    assert rule is not None
    drafts: list[dict[str, Any]] = [{"housing": "on_campus"}, {"levels": ["doctor"]}, {"outcome": "absent"}]
    for draft in drafts:
        before = {name: getattr(rule, name) for name in draft}
        type(rule).objects.filter(pk=rule.pk).update(**draft)
        assert edited()
        type(rule).objects.filter(pk=rule.pk).update(**before)
        assert not edited()
    require("finance", "library")
    assert edited()
    opened()
    assert not edited()
    added = Checkpoint.objects.create(
        cohort=cohort, number=20, key="photo", order=200, name_zh="合影", owner_kind=OwnerKind.COLLEGE
    )
    assert edited()
    added.delete()
    assert not edited()


def test_databases_that_were_there_before_begin_with_what_their_sheets_have_followed() -> None:
    cohort, later = published(), builders.cohort(2027)
    mei = postgraduate()
    require("finance", "library")
    opened()
    type(later).objects.filter(pk=later.pk).update(state="prepared")
    before: list[Any] = [
        list(CheckpointInForce.objects.order_by("checkpoint").values()),
        list(PrerequisiteInForce.objects.order_by("checkpoint", "first").values_list("checkpoint", "first")),
    ]
    CheckpointInForce.objects.all().delete()
    PrerequisiteInForce.objects.all().delete()
    migration = import_module("leaving.migrations.0020_rules_in_force")
    migration.put_in_force(apps, connection.schema_editor)
    assert before == [
        list(CheckpointInForce.objects.order_by("checkpoint").values()),
        list(PrerequisiteInForce.objects.order_by("checkpoint", "first").values_list("checkpoint", "first")),
    ]
    assert not edited_since_published(checkpoints_of(cohort.pk))
    passed_but(mei)
    assert ClearanceSheet.objects.get(graduate=mei).state == "open"  # finance waited for the library
    passed_but(mei)
    assert ClearanceSheet.objects.get(graduate=mei).state == "cleared"
