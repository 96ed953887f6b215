"""Whatever people do in whatever order, the rules of clearance hold after every step (C4, C6, C9, C10).

Hypothesis plays clerks, supervisors, a secretary and an administrator at random on a small cohort.
"""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from leaving.choices import DecidedBy, ItemState, Level, OwnerKind, RuleOutcome, SheetState, Verb
from leaving.models import (
    Certificate,
    Checkpoint,
    CheckpointRule,
    ClearanceItem,
    ClearanceSheet,
    Cohort,
    Decision,
    DecisionBatch,
    Graduate,
)
from leaving.selectors.applicability import checkpoints_of, prerequisites
from leaving.services.clearance import Outcome, decide, reopen_batch
from leaving.services.cohorts import open_cohort
from leaving.services.counters import drift, fold
from leaving.services.supervision import reassign_supervisor
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.errors import Refused
from tests import builders

OPEN, DONE = set(ItemState.open()), set(ItemState.done())
PLACES = st.sets(st.integers(0, 10), min_size=2, max_size=8)


def checkpoint(cohort: Cohort, number: int, key: str, owner_kind: OwnerKind, **fields: Any) -> Checkpoint:
    return Checkpoint.objects.create(
        cohort=cohort, number=number, key=key, order=number, name_zh=key, owner_kind=owner_kind, **fields
    )


def small_university() -> None:
    """A gate for postgraduates, the library, the college after the library, and finance, whose rule changes."""
    cohort, college = builders.cohort(), builders.college()
    gate = checkpoint(cohort, 1, "supervisor", OwnerKind.SUPERVISOR, is_gate=True)
    books = checkpoint(cohort, 2, "library", OwnerKind.OFFICE, department=builders.office("library"))
    group = checkpoint(cohort, 3, "group", OwnerKind.NODE, node_kind=DepartmentKind.WORK_GROUP)
    fees = checkpoint(cohort, 4, "finance", OwnerKind.OFFICE, department=builders.office("finance", "财务处"))
    group.requires.add(books)
    gate.rules.create(order=1, outcome=RuleOutcome.REQUIRED, levels=[Level.MASTER])
    for each in (books, group, fees):
        each.rules.create(order=1, outcome=RuleOutcome.REQUIRED)
    builders.clerk("library", Right.DECIDE, at=builders.office("library"))
    builders.clerk("finance", Right.DECIDE, at=builders.office("finance"))
    builders.clerk("work", Right.DECIDE, at=builders.node(college, "work"))
    builders.clerk("secretary", Right.DECIDE, at=builders.node(college, "secretary"))
    for name in ("huang", "bai"):
        builders.user(name)
    builders.user("root", is_superuser=True)
    builders.graduate()
    builders.graduate(level=Level.MASTER, supervisor=User.objects.get(username="huang"))


class Clearance(RuleBasedStateMachine):
    """One run, in a transaction that is taken back at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.cohort = Cohort.objects.get()
        self.people = {user.username: user for user in User.objects.all()}
        self.was: dict[int, dict[int, tuple[Any, ...]]] = {}  # batch → what each of its items was before

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def open(self) -> None:
        open_cohort(cohort=self.cohort, actor=None)

    # --- what people do ---

    @rule(
        who=st.sampled_from(["system", "system", "system", "library", "finance", "work", "huang", "bai"]),
        verb=st.sampled_from(Verb),
        places=PLACES,
        how=st.sampled_from([DecidedBy.HAND, DecidedBy.DATA]),
    )
    def decide(self, who: str, verb: Verb, places: set[int], how: DecidedBy) -> None:
        self._carry_out(
            lambda ids: decide(
                items=ids,
                verb=verb,
                actor=self.people.get(who),
                reason="x",
                how=DecidedBy.DATA if who == "system" else how,
            ),
            verb,
            places,
        )

    @rule(verb=st.sampled_from([Verb.PASS, Verb.REOPEN]))
    def open_and_close_the_gate(self, verb: Verb) -> None:
        gates = self._places(checkpoint__is_gate=True)
        self._carry_out(lambda ids: decide(items=ids, verb=verb, actor=None), verb, gates)

    @rule(
        first=st.sampled_from(["supervisor", "library"]),
        verb=st.sampled_from([Verb.PASS, Verb.FAIL, Verb.WAIVE]),
        places=PLACES,
    )
    def go_back(self, first: str, verb: Verb, places: set[int]) -> None:
        """What comes first is opened again under items that had failed: those wait as well, whatever one tries (C4)."""
        before = self._places(checkpoint__key=first)
        self._carry_out(lambda ids: decide(items=ids, verb=Verb.PASS, actor=None), Verb.PASS, before)
        fail = lambda ids: decide(items=ids, verb=Verb.FAIL, actor=None, reason="x")  # noqa: E731
        self._carry_out(fail, Verb.FAIL, places - before)
        self._carry_out(lambda ids: decide(items=ids, verb=Verb.REOPEN, actor=None), Verb.REOPEN, before)
        failed = self._places(state=ItemState.FAILED)
        self._carry_out(lambda ids: decide(items=ids, verb=verb, actor=None, reason="y"), verb, failed)

    @rule(really=st.sampled_from([False, False, True]))
    def everybody_has_settled_everything(self, really: bool) -> None:
        """The last of some decisions clears several sheets at once; it can be taken back."""
        if not really:
            return
        gates = self._places(checkpoint__is_gate=True)
        self._carry_out(lambda ids: decide(items=ids, verb=Verb.PASS, actor=None), Verb.PASS, gates)
        for _ in range(3):
            rest = self._places(state__in=[ItemState.PENDING, ItemState.FAILED])
            root = self.people["root"]
            self._carry_out(lambda ids: decide(items=ids, verb=Verb.PASS, actor=root), Verb.PASS, rest)  # noqa: B023

    @rule(places=PLACES)
    def stand_in(self, places: set[int]) -> None:
        self._carry_out(
            lambda ids: decide(items=ids, verb=Verb.PASS, actor=self.people["secretary"], delegation="出国"),
            Verb.PASS,
            places,
        )

    @rule(place=st.integers(0, 5))
    def take_back(self, place: int) -> None:
        batches = list(DecisionBatch.objects.exclude(actor=None).order_by("-pk")[:6])
        if not batches:
            return
        self._take_back(batches[place % len(batches)])

    @rule(
        who=st.sampled_from(["root", "library", "finance", "huang"]),
        verb=st.sampled_from(Verb),
        places=PLACES,
    )
    def think_it_over(self, who: str, verb: Verb, places: set[int]) -> None:
        """Decided and taken back, and once more: nothing is left of it (decision 5)."""
        actor = self.people[who]
        for _ in range(2):
            outcome = self._carry_out(
                lambda ids: decide(items=ids, verb=verb, actor=actor, reason="z"), verb, places
            )
            if outcome.batch:
                self._take_back(outcome.batch)

    @rule(outcome=st.sampled_from(RuleOutcome), levels=st.sampled_from([[], [Level.MASTER]]))
    def change_the_rule(self, outcome: RuleOutcome, levels: list[Level]) -> None:
        CheckpointRule.objects.filter(checkpoint__key="finance").update(
            outcome=outcome, levels=levels, reason_zh="因为"
        )
        self.open_again()

    @rule()
    def open_again(self) -> None:
        kept = self._by_people()
        open_cohort(cohort=self.cohort, actor=None)
        assert {pk: state for pk, state in self._by_people().items() if pk in kept} == kept
        again = open_cohort(cohort=self.cohort, actor=None)
        assert (again.sheets, again.added, again.changed, again.removed, again.cleared) == (0, 0, 0, 0, [])

    @rule()
    def somebody_comes_late(self) -> None:
        if Graduate.objects.count() < 4:
            builders.graduate(level=Level.MASTER, supervisor=self.people["bai"])
            self.open_again()

    @rule(to=st.sampled_from(["huang", "bai"]))
    def reassign(self, to: str) -> None:
        ids = list(Graduate.objects.filter(level=Level.MASTER).values_list("pk", flat=True)[:2])
        before = self._states()
        reassign_supervisor(
            graduates=ids, supervisor=self.people[to], actor=self.people["secretary"], reason="x"
        )
        assert self._states() == before

    @rule()
    def count(self) -> None:
        fold()

    # --- what each of them may and may not do ---

    def _take_back(self, batch: DecisionBatch) -> None:
        """What it returns says of itself exactly what it said before: state, how, reason and person."""
        assert batch.actor is not None
        before = self._states()
        try:
            outcome = reopen_batch(batch=batch, actor=batch.actor)
        except Refused:
            assert self._states() == before
            return
        self._history_tells(outcome, before)
        now = self._said()
        for pk in outcome.decided:
            assert now[pk] == self.was[batch.pk][pk]

    def _carry_out(self, work: Any, verb: Verb, places: set[int]) -> Outcome:
        everything = list(ClearanceItem.objects.order_by("pk").values_list("pk", flat=True))
        ids = sorted({everything[place % len(everything)] for place in places})
        before, blocked, said = self._states(), self._blocked(), self._said()
        outcome: Outcome = work(ids)
        if outcome.batch:
            self.was[outcome.batch.pk] = said
        if verb != Verb.REOPEN:
            assert not blocked & set(outcome.decided), "decided before its gate"
        assert {skipped.item_id for skipped in outcome.skipped} == set(ids) - set(outcome.decided)
        self._history_tells(outcome, before)
        return outcome

    def _history_tells(self, outcome: Outcome, before: dict[int, str]) -> None:
        """As many rows as changes, each of what was to what is; a reopened item may wait for its gate again."""
        rows = Decision.objects.filter(batch=outcome.batch) if outcome.batch else Decision.objects.none()
        now = self._states()
        assert sorted(rows.values_list("item", flat=True)) == outcome.decided
        for row in rows:
            assert row.before == before[row.item_id]
            settled = {ItemState.PENDING, ItemState.WAITING}
            assert row.after == now[row.item_id] or {row.after, now[row.item_id]} <= settled
        settled_only = {
            pk for pk, state in now.items() if state != before[pk] and pk not in set(outcome.decided)
        }
        assert all({before[pk], now[pk]} == {"waiting", "pending"} for pk in settled_only)

    # --- what holds whatever has happened ---

    @invariant()
    def cleared_means_all_is_done(self) -> None:
        for sheet in ClearanceSheet.objects.prefetch_related("items"):
            found = {item.state for item in sheet.items.all()}
            complete = not found & OPEN and bool(found & DONE)
            assert (sheet.state == SheetState.CLEARED) is complete
        in_force = Certificate.objects.filter(revoked_at=None).values_list("sheet", flat=True)
        cleared = ClearanceSheet.objects.filter(state=SheetState.CLEARED).values_list("pk", flat=True)
        assert sorted(in_force) == sorted(cleared)

    @invariant()
    def waiting_means_that_something_comes_first(self) -> None:
        blocked = self._blocked()
        for item in ClearanceItem.objects.filter(state__in=[ItemState.WAITING, ItemState.PENDING]):
            assert (item.state == ItemState.WAITING) is (item.pk in blocked)

    @invariant()
    def the_counters_equal_a_recount(self) -> None:
        assert drift() == []

    # --- looking ---

    def _said(self) -> dict[int, tuple[Any, ...]]:
        """What each item says of how it came to be what it is. What nobody has decided is to be done, now or later; what a rule
        brought back to that says nothing more of who had opened it again."""
        names = ("pk", "checkpoint__key", "state", "decided_how", "reason", "decided_by", "decided_for")
        said: dict[int, tuple[Any, ...]] = {}
        for pk, key, state, *more in ClearanceItem.objects.values_list(*names):
            undecided = state in (ItemState.PENDING, ItemState.WAITING)
            said[pk] = ("to do", *(() if key == "finance" else more)) if undecided else (state, *more)
        return said

    def _states(self) -> dict[int, str]:
        return dict(ClearanceItem.objects.values_list("pk", "state"))

    def _places(self, **condition: Any) -> set[int]:
        """Where such items stand among all."""
        wanted = set(ClearanceItem.objects.filter(**condition).values_list("pk", flat=True))
        everything = ClearanceItem.objects.order_by("pk").values_list("pk", flat=True)
        return {place for place, pk in enumerate(everything) if pk in wanted}

    def _by_people(self) -> dict[int, str]:
        """What people or data have decided."""
        decided = ClearanceItem.objects.exclude(decided_how__in=["", DecidedBy.RULE])
        return dict(decided.filter(state__in=[*DONE, ItemState.FAILED]).values_list("pk", "state"))

    def _blocked(self) -> set[int]:
        """The items of whose prerequisites one is not done, counted here once more and differently."""
        needs = prerequisites(checkpoints_of(self.cohort.pk))
        found = set()
        for sheet in ClearanceSheet.objects.prefetch_related("items"):
            undone = {item.checkpoint_id for item in sheet.items.all() if item.state in OPEN}
            found |= {item.pk for item in sheet.items.all() if needs[item.checkpoint_id] & undone}
        return found


@pytest.mark.django_db
def test_whatever_people_do_the_rules_hold() -> None:
    small_university()
    run_state_machine_as_test(
        Clearance,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
