"""The simulator and publishing: what is shown is what happens, and to nobody else (C3, C4; decision 13)."""

from collections import defaultdict
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from leaving.choices import (
    Certificates,
    Change,
    CohortState,
    Housing,
    ItemState,
    Level,
    Match,
    OwnerKind,
    PublicationState,
    RuleOutcome,
    Verb,
)
from leaving.models import (
    Checkpoint,
    CheckpointRule,
    ClearanceItem,
    ClearanceSheet,
    Cohort,
    Graduate,
    RulesPublication,
)
from leaving.selectors.applicability import check_no_cycle, checkpoints_of, prerequisites
from leaving.selectors.rules import ALSO, concerned, fingerprint, simulate
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.clearance import decide, reopen_batch
from leaving.services.cohorts import open_cohort, open_sheets_for
from leaving.services.counters import drift
from leaving.services.publications import process, request_publication
from leaving.services.states import settle_waiting
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.doors import door
from portal.errors import Refused
from portal.workbooks.models import Lease
from tests import builders
from tests.leaving.clearance import item, opened, passed_but, postgraduate, published, states

pytestmark = pytest.mark.django_db

Place = tuple[int, int]  # graduate, checkpoint
TO_DO = {ItemState.PENDING, ItemState.WAITING}


def items() -> dict[Place, dict[str, Any]]:
    """Every item as it stands in the database."""
    rows = ClearanceItem.objects.values(
        "sheet__graduate_id", *[f.attname for f in ClearanceItem._meta.concrete_fields]
    )
    return {(row["sheet__graduate_id"], row["checkpoint_id"]): row for row in rows}


def what_happened(before: dict[Place, Any], after: dict[Place, Any]) -> dict[tuple[int, str], set[int]]:
    """Checkpoint and change → graduates, told in plain words from two looks at the database."""
    found = defaultdict(set)
    for graduate, checkpoint in before.keys() | after.keys():
        old, new = before.get((graduate, checkpoint)), after.get((graduate, checkpoint))
        if change := _change(old, new):
            found[checkpoint, str(change)].add(graduate)
        if old and new and new["state"] in ItemState.open():
            owners = [(one["owner_id"], one["supervisor_id"]) for one in (old, new)]
            if owners[0] != owners[1]:
                found[checkpoint, "moves"].add(graduate)
    return dict(found)


def _change(old: Any, new: Any) -> Change | None:
    was, is_ = old and old["state"], new and new["state"]
    if was == is_:
        return None
    if not new or (is_ == ItemState.EXEMPT and new["rule_id"] is None):
        return Change.LOSES
    if is_ == ItemState.EXEMPT:
        return Change.EXEMPT
    if is_ == ItemState.PASSED:
        return Change.PASSES
    if was in TO_DO:
        return Change.WAITS if is_ == ItemState.WAITING else Change.FREED
    return Change.GAINS


def what_is_shown(cohort: Cohort) -> dict[tuple[int, str], set[int]]:
    """The same as the simulator tells it, by name; its counts agree with its names and leave nobody out."""
    shown = {}
    simulation = simulate(cohort)
    for line in simulation.lines:
        assert sum(line.changes.values()) == simulation.graduates
        numbers = {change.value: line.changes.get(change, 0) for change in Change.real()}
        for what, number in {**numbers, "moves": line.moves}.items():
            if number:
                names = set(concerned(cohort, what, line.checkpoint).values_list("pk", flat=True))
                assert len(names) == number, (line.checkpoint, what)
                shown[line.checkpoint.pk, what] = names
    return shown


def edited(cohort: Cohort, draw: st.DataObject) -> None:
    """Some edits an administrator could make."""
    for checkpoint in draw.draw(
        st.lists(st.sampled_from(checkpoints_of(cohort.pk)), max_size=4, unique=True)
    ):
        what = draw.draw(st.sampled_from(["rules", "owner", "requires", "gate", "none"]))
        if what == "rules":
            checkpoint.rules.all().delete()
            for order in range(draw.draw(st.integers(0, 3))):
                drawn_rule(checkpoint, order, draw)
        elif what == "owner":
            kind = draw.draw(st.sampled_from([OwnerKind.COLLEGE, OwnerKind.SUPERVISOR, OwnerKind.DORMITORY]))
            Checkpoint.objects.filter(pk=checkpoint.pk).update(owner_kind=kind, department=None, node_kind="")
        elif what == "requires":
            others = [one for one in checkpoints_of(cohort.pk) if one.pk != checkpoint.pk]
            wanted = draw.draw(st.lists(st.sampled_from(others), max_size=2, unique=True))
            with suppress(Refused), transaction.atomic():  # a circle
                checkpoint.requires.set(wanted)
                checkpoints = checkpoints_of(cohort.pk)
                check_no_cycle(prerequisites(checkpoints), checkpoints)
        elif what == "gate":
            Checkpoint.objects.filter(pk=checkpoint.pk, is_gate=True).update(is_gate=False)


def drawn_rule(checkpoint: Checkpoint, order: int, draw: st.DataObject) -> None:
    rule = CheckpointRule.objects.create(
        checkpoint=checkpoint,
        order=order,
        outcome=draw.draw(st.sampled_from(RuleOutcome)),
        levels=draw.draw(st.sampled_from([[], ["undergraduate"], ["master", "doctor"]])),
        certificates=draw.draw(st.sampled_from(["", Certificates.BOTH, Certificates.ONE])),
        housing=draw.draw(st.sampled_from(["", Housing.OFF_CAMPUS])),
        political_match=draw.draw(st.sampled_from([Match.ANY, Match.EXCEPT])),
        political_statuses=["中共党员"],
        college_match=draw.draw(st.sampled_from([Match.ANY, Match.ONLY, Match.EXCEPT])),
        reason_zh="试",
    )
    rule.colleges.set(draw.draw(st.sampled_from([[], [builders.college("01"), builders.college("08")]])))


def worked_on(draw: st.DataObject) -> None:
    """Clerks have been at it: some passed, some failed, some waived, some reopened, some taken back as a whole."""
    for _round in range(draw.draw(st.integers(0, 3))):
        found = sorted(ClearanceItem.objects.values_list("pk", flat=True))
        some = draw.draw(st.lists(st.sampled_from(found), max_size=12, unique=True)) if found else []
        verb = draw.draw(st.sampled_from(Verb))
        outcome = decide(items=some, verb=verb, actor=None, reason="说明")
        if outcome.batch and draw.draw(st.booleans()):
            with suppress(Refused):  # only supervisors take back their reviews
                reopen_batch(batch=outcome.batch, actor=builders.user(is_superuser=True))


class WhatIsShownIsWhatHappens(TestCase):
    """For whatever rules, whatever work done in between, and graduates imported since."""

    cohort: Cohort

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cohort = published()
        for level in (Level.UNDERGRADUATE, Level.MASTER):
            for certificates in Certificates:
                for status, housing in (("中共党员", ""), ("群众", Housing.OFF_CAMPUS)):
                    values = {"level": level, "certificates": certificates}
                    postgraduate(college="计算机学院", political_status=status, housing=housing, **values)
        postgraduate(supervisor=None)

    @settings(
        max_examples=10,
        derandomize=True,
        deadline=None,
        phases=[
            Phase.explicit,
            Phase.generate,
        ],  # an example takes a second: shrinking one would take minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def test_simulated_equals_published(self, draw: st.DataObject) -> None:
        cohort = self.cohort
        if draw.draw(st.booleans()):
            opened()
            worked_on(draw)
            builders.graduate()
        edited(cohort, draw)
        if not CheckpointRule.objects.exists():
            return
        before, sheets = items(), dict(ClearanceSheet.objects.values_list("graduate_id", "state"))
        simulation, shown = simulate(cohort), what_is_shown(cohort)
        will_clear = set(concerned(cohort, "cleared").values_list("pk", flat=True))
        nobody = {one.checkpoint.pk: one.nobody for one in simulation.lines}
        assert items() == before  # looking changes nothing
        done = open_cohort(cohort=cohort, actor=None)
        after = items()
        assert what_happened(before, after) == shown
        cleared = ClearanceSheet.objects.filter(pk__in=done.cleared).values_list("graduate_id", flat=True)
        assert set(cleared) == will_clear
        assert len(will_clear) == simulation.cleared
        assert done.sheets == simulation.without_sheet == ClearanceSheet.objects.count() - len(sheets)
        assert (done.added, done.removed) == added_and_lost(before, after)
        decisions_stand(before, after, sheets)
        ownerless = ClearanceItem.objects.filter(state__in=ItemState.open(), owner=None, supervisor=None)
        on_open = ownerless.exclude(
            sheet__graduate__in=[pk for pk, state in sheets.items() if state == "cleared"]
        )
        assert {pk: on_open.filter(checkpoint=pk).count() for pk in nobody} == nobody
        with door("clearance"):
            settle_waiting(list(ClearanceSheet.objects.values_list("pk", flat=True)))
        assert items() == after  # what waits was settled already
        again = open_cohort(cohort=cohort, actor=None)
        assert (again.sheets, again.added, again.changed, again.removed, again.cleared) == (0, 0, 0, 0, [])
        assert not simulate(cohort).changed
        assert drift() == []


def added_and_lost(before: dict[Place, Any], after: dict[Place, Any]) -> tuple[int, int]:
    lost = sum(_change(old, after.get(place)) == Change.LOSES for place, old in before.items())
    return len(after.keys() - before.keys()), lost


def decisions_stand(before: dict[Place, Any], after: dict[Place, Any], sheets: dict[int, str]) -> None:
    """Whatever a person or a department's data decided is untouched, and so is everything on a cleared sheet."""
    for (graduate, checkpoint), old in before.items():
        decided = (
            old["state"] in (ItemState.PASSED, ItemState.WAIVED, ItemState.FAILED)
            and old["decided_how"] != "rule"
        )
        if decided or sheets[graduate] == "cleared":
            new = {**after[graduate, checkpoint]}
            if old["state"] == ItemState.FAILED:  # it is decided once more, perhaps by another office
                new |= {"owner_id": old["owner_id"], "supervisor_id": old["supervisor_id"]}
            assert new == old


def line(cohort: Cohort, number: int) -> dict[Change, int]:
    """The changes of one checkpoint but what stays as it is."""
    found = next(one for one in simulate(cohort).lines if one.checkpoint.number == number)
    return {change: n for change, n in found.changes.items() if change not in (Change.KEEPS, Change.ABSENT)}


def publish(cohort: Cohort, actor: Any) -> RulesPublication:
    """Asked for and carried out, as a worker would."""
    job = request_publication(cohort=cohort, actor=actor, seen=fingerprint(checkpoints_of(cohort.pk)))
    process(job.uid)
    job.refresh_from_db()
    return job


def dean() -> Any:
    return builders.clerk("dean", Right.OPEN_COHORT, at=builders.university())


def test_a_cohort_of_nobody_is_simulated_and_opened() -> None:
    cohort = builders.cohort(2027, CohortState.PREPARED)
    assert simulate(cohort).lines == []
    published(2027)
    simulation = simulate(cohort)
    assert (simulation.graduates, simulation.changed, len(simulation.lines)) == (0, False, 13)
    job = publish(cohort, dean())
    cohort.refresh_from_db()
    assert (job.state, job.sheets, cohort.state) == (PublicationState.PUBLISHED, 0, CohortState.OPEN)


def test_before_the_opening_it_says_who_will_have_what() -> None:
    cohort = builders.cohort(2026, CohortState.PREPARED)
    published()
    builders.graduate(housing=Housing.OFF_CAMPUS)
    postgraduate(political_status="群众")
    assert line(cohort, 1) == {Change.GAINS: 1}
    assert line(cohort, 2) == {Change.GAINS: 2}
    assert line(cohort, 12) == {Change.EXEMPT: 1, Change.GAINS: 1}
    assert line(cohort, 13) == {Change.PASSES: 1}
    assert [one.held for one in simulate(cohort).lines][:3] == [0, 1, 1]
    assert ClearanceSheet.objects.count() == 0
    assert publish(cohort, dean()).sheets == 2


def test_a_checkpoint_taken_away_goes_from_the_undecided_only() -> None:
    cohort = published()
    undecided, decided, once_failed = (builders.graduate() for _ in range(3))
    opened()
    decide(items=[item(decided, 6).pk], verb=Verb.PASS, actor=None)
    decide(items=[item(once_failed, 6).pk], verb=Verb.FAIL, actor=None, reason="欠费")
    decide(items=[item(once_failed, 6).pk], verb=Verb.REOPEN, actor=None)
    hospital = Checkpoint.objects.get(key="hospital")
    hospital.rules.all().delete()
    assert line(cohort, 6) == {Change.LOSES: 2, Change.STANDS: 1}
    assert set(concerned(cohort, Change.LOSES, hospital)) == {undecided, once_failed}
    publish(cohort, dean())
    assert 6 not in states(undecided)
    assert (states(decided)[6], states(once_failed)[6]) == ("passed", "exempt")
    assert line(cohort, 6) == {Change.STANDS: 1}


def test_a_prerequisite_joins_a_cohort_that_is_half_worked_off() -> None:
    cohort = published()
    fresh, ready, done = (builders.graduate() for _ in range(3))
    opened()
    library, finance = Checkpoint.objects.get(key="library"), Checkpoint.objects.get(key="finance")
    decide(items=[item(ready, 2).pk], verb=Verb.PASS, actor=None)
    decide(items=[item(done, 7).pk], verb=Verb.PASS, actor=None)
    actor = dean()
    finance.requires.set([library])
    assert line(cohort, 7) == {Change.WAITS: 1}
    assert set(concerned(cohort, Change.WAITS, finance)) == {fresh}
    publish(cohort, actor)
    assert [states(one)[7] for one in (fresh, ready, done)] == ["waiting", "pending", "passed"]
    finance.requires.clear()
    assert line(cohort, 7) == {Change.FREED: 1}


def test_it_says_whose_sheet_will_be_complete() -> None:
    cohort = published()
    nearly, far = builders.graduate(), builders.graduate()
    opened()
    passed_but(nearly, 8)
    Checkpoint.objects.get(key="assets").rules.all().delete()
    assert simulate(cohort).cleared == 1
    assert set(concerned(cohort, "cleared")) == {nearly}
    job = publish(cohort, dean())
    assert (job.cleared, job.removed) == (1, 2)
    assert ClearanceSheet.objects.get(graduate=far).state == "open"
    assert simulate(cohort).graduates == 1  # a cleared sheet is left alone


def test_an_office_that_nobody_has_is_shown() -> None:
    cohort = published()
    postgraduate(supervisor=None)
    postgraduate()
    found = {one.checkpoint.number: one.nobody for one in simulate(cohort).lines if one.nobody}
    assert found == {1: 1}


def test_another_owner_moves_what_is_open() -> None:
    cohort = published()
    open_, failed, passed = (builders.graduate() for _ in range(3))
    opened()
    decide(items=[item(failed, 2).pk], verb=Verb.FAIL, actor=None, reason="未还书")
    decide(items=[item(passed, 2).pk], verb=Verb.PASS, actor=None)
    library = Checkpoint.objects.get(key="library")
    Checkpoint.objects.filter(pk=library.pk).update(department=builders.office("archive", "档案馆"))
    assert (simulate(cohort).lines[1].moves, line(cohort, 2)) == (2, {})
    assert set(concerned(cohort, "moves", library)) == {open_, failed}
    publish(cohort, dean())
    owners = [item(one, 2).owner for one in (open_, failed, passed)]
    assert [owner and owner.code for owner in owners] == ["archive", "archive", "library"]


def test_an_owner_who_changes_keeps_what_was_opened_again() -> None:
    cohort = published()
    graduate, clerk = builders.graduate(), builders.user(is_superuser=True)
    opened()
    for verb in (Verb.PASS, Verb.REOPEN):
        decide(items=[item(graduate, 2).pk], verb=verb, actor=clerk)
    Checkpoint.objects.filter(key="library").update(department=builders.office("archive", "档案馆"))
    open_cohort(cohort=cohort, actor=None)
    found = item(graduate, 2)
    assert (found.state, found.decided_by, found.owner and found.owner.code) == ("pending", clerk, "archive")


def test_in_between_new_graduates_begin_by_the_rules_as_they_are_now() -> None:
    cohort = published()
    early = builders.graduate()
    opened()
    late = builders.graduate()
    Checkpoint.objects.get(key="hospital").rules.all().delete()
    open_sheets_for(graduates=[late.pk], actor=None)
    assert (6 in states(early), 6 in states(late)) == (True, False)
    assert line(cohort, 6) == {Change.LOSES: 1}


def test_rules_edited_since_are_not_published_in_anybodys_name() -> None:
    cohort, actor = published(), dean()
    graduate = builders.graduate()
    opened()
    seen = fingerprint(checkpoints_of(cohort.pk))
    Checkpoint.objects.get(key="hospital").rules.all().delete()
    with pytest.raises(Refused) as refused:
        request_publication(cohort=cohort, actor=actor, seen=seen)
    assert refused.value.code == "rules_changed"
    job = request_publication(cohort=cohort, actor=actor, seen=fingerprint(checkpoints_of(cohort.pk)))
    with pytest.raises(Refused) as refused:
        request_publication(cohort=cohort, actor=actor, seen=fingerprint(checkpoints_of(cohort.pk)))
    assert refused.value.code == "publication_running"
    Checkpoint.objects.get(key="finance").rules.all().delete()  # while it waited for a worker
    process(job.uid)
    job.refresh_from_db()
    assert (job.state, job.error_code, Lease.objects.count()) == (
        PublicationState.REFUSED,
        "rules_changed",
        0,
    )
    assert {6, 7} <= states(graduate).keys()
    process(job.uid)  # a bell rung once too often
    assert publish(cohort, actor).state == PublicationState.PUBLISHED
    assert AuditEntry.objects.filter(verb="rules.publication_requested").count() == 2


def test_only_who_sets_up_cohorts_publishes_and_only_what_can_be_opened() -> None:
    cohort = published()
    clerk = builders.clerk("clerk", Right.OPEN_COHORT, at=builders.office())
    codes = []
    for actor, state in ((clerk, CohortState.OPEN), (dean(), CohortState.CLOSED)):
        Cohort.objects.update(state=state)
        with pytest.raises(Refused) as refused:
            request_publication(cohort=cohort, actor=actor, seen="")
        codes.append(refused.value.code)
    assert codes == ["not_allowed", "cohort_closed"]
    assert Graduate.objects.count() == RulesPublication.objects.count() == 0
    assert set(ALSO) == {"moves", "held", "nobody", "cleared"}
    assert apply_published_checkpoints(cohort=cohort, actor=None) == 0
