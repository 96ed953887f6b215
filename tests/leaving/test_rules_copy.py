"""Taking a cohort's checkpoints over to the next year (C3)."""

from typing import Any

import pytest
from django.db import models

from leaving.choices import CohortState
from leaving.models import Checkpoint, CheckpointRule, Cohort
from leaving.services.cohorts import open_cohort
from leaving.services.rules import PARTS, copy_checkpoints
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import opened, published, states

pytestmark = pytest.mark.django_db

# What refers to a checkpoint and is about the graduates of one cohort, or in force on their sheets: it stays behind.
ABOUT_GRADUATES = {
    "CheckpointInForce", "ClearanceItem", "ClearanceCount", "ClearanceCountDelta", "DataCoverage", "Delivery",
    "LatestWord", "Obligation", "Pace", "PrerequisiteInForce",
}  # fmt: skip


def told(row: models.Model, *but: str) -> dict[str, Any]:
    """Everything a row says but its keys and what `but` names; many-to-many fields by the numbers or keys they lead to."""
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.unique and field.name not in but
    }
    for field in row._meta.many_to_many:
        linked = getattr(row, field.name).all()
        fields[field.name] = sorted(one.number if isinstance(one, Checkpoint) else one.pk for one in linked)
    return fields


def whole_set(cohort: Cohort) -> list[Any]:
    return [
        (told(one, "cohort"), [told(rule, "checkpoint") for rule in one.rules.all()])
        for one in cohort.checkpoints.all()
    ]


def dean() -> Any:
    return builders.clerk("dean", Right.OPEN_COHORT, at=builders.university())


def test_next_years_set_equals_the_original_and_can_be_opened() -> None:
    source, actor = published(), dean()
    finance, library = Checkpoint.objects.get(key="finance"), Checkpoint.objects.get(key="library")
    finance.requires.set([library])
    library.rules.get().campuses.add(builders.campus())
    copied = copy_checkpoints(source=source, code=2027, actor=actor)
    assert (copied.cohort.year, copied.cohort.state, copied.checkpoints, copied.replaced) == (
        2027,
        CohortState.PREPARED,
        13,
        0,
    )
    assert whole_set(copied.cohort) == whole_set(source)
    required = copied.cohort.checkpoints.get(key="finance").requires.get()
    assert (required.key, required.cohort) == ("library", copied.cohort)
    graduate = builders.graduate(cohort=copied.cohort)
    assert open_cohort(cohort=copied.cohort, actor=actor).sheets == 1
    assert states(graduate)[7] == "waiting"
    entry = AuditEntry.objects.get(verb="checkpoints.copied")
    assert (entry.target, entry.details) == (
        "leaving.cohort:2027",
        {"from": 2026, "checkpoints": 13, "replaced": 0},
    )


def test_a_second_copy_is_asked_for_and_comes_to_the_same() -> None:
    source, actor = published(), dean()
    target = copy_checkpoints(source=source, code=2027, actor=actor).cohort
    target.checkpoints.get(key="party").delete()
    with pytest.raises(Refused) as refused:
        copy_checkpoints(source=source, code=2027, actor=actor)
    assert (refused.value.code, target.checkpoints.count()) == ("checkpoints_there", 12)
    for replaced in (12, 13):
        assert copy_checkpoints(source=source, code=2027, actor=actor, replace=True).replaced == replaced
        assert whole_set(target) == whole_set(source)
    assert (Checkpoint.objects.count(), Cohort.objects.count()) == (26, 2)


def test_what_stands_on_sheets_is_not_replaced() -> None:
    source, actor = published(), dean()
    target = copy_checkpoints(source=source, code=2027, actor=actor).cohort
    builders.graduate(cohort=target)
    opened(2027)
    before = whole_set(target)
    with pytest.raises(Refused) as refused:
        copy_checkpoints(source=source, code=2027, actor=actor, replace=True)
    assert refused.value.code == "checkpoints_in_use"
    assert whole_set(target) == before


def test_what_makes_no_sense_is_refused() -> None:
    source, actor = published(), dean()
    empty, closed = builders.cohort(2030), builders.cohort(2031, CohortState.CLOSED)
    clerk = builders.clerk("clerk", Right.OPEN_COHORT, at=builders.office())
    codes = []
    for from_, year, who in (
        (source, 2026, actor),
        (empty, 2032, actor),
        (source, closed.year, actor),
        (source, 2030, clerk),
    ):
        with pytest.raises(Refused) as refused:
            copy_checkpoints(source=from_, code=year, actor=who)
        codes.append(refused.value.code)
    assert codes == ["same_cohort", "nothing_to_copy", "cohort_closed", "not_allowed"]
    assert not Cohort.objects.filter(year=2032).exists()


def test_whatever_refers_to_a_checkpoint_is_copied_or_is_about_graduates() -> None:
    """Who adds a model that refers to checkpoints says which: add it to PARTS, or to the names above."""
    hidden = Checkpoint._meta.get_fields(include_hidden=True)
    through = {field.remote_field.through for field in Checkpoint._meta.many_to_many}
    found = {
        field.related_model.__name__
        for field in hidden
        if isinstance(field, models.ManyToOneRel) and field.related_model not in through
    }
    assert found - ABOUT_GRADUATES == {model.__name__ for model, _link in PARTS} == {CheckpointRule.__name__}
