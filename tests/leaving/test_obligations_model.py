"""Whatever comes in whatever order, items end as a small reference model says (C7, decision 14)."""

from dataclasses import dataclass, field

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from leaving.choices import Verb
from leaving.models import Checkpoint, ClearanceItem, ClearanceSheet, Decision, Graduate, Obligation
from leaving.services import counters
from leaving.services.clearance import decide
from leaving.services.cohorts import open_sheets_for
from leaving.services.deliveries import confirm_delivery
from portal.accounts.models import User
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import opened, postgraduate, published
from tests.leaving.obligations import by_data, changes, owes, settled, snapshot

LIBRARY = 2
TITLES = ("《普通地质学》", "《结晶学》")
WHO = st.integers(0, 2)
BOOKS = st.sampled_from(TITLES)


@dataclass
class Person:
    """What the model knows of a graduate: the books out, whether the library ever spoke, who rules, and the gate."""

    open: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)  # what changes have spoken about since the last complete list
    covered: bool = False
    by_hand: str = ""
    by_data: str = ""
    gate_open: bool = True

    def settle(self) -> None:
        """What the data say is taken down, if they may decide."""
        if self.by_hand or not self.gate_open:
            return
        if self.open:
            self.by_data = "failed"
        elif self.covered:
            self.by_data = "passed"

    @property
    def state(self) -> str:
        return self.by_hand or self.by_data or ("pending" if self.gate_open else "waiting")


class Library(RuleBasedStateMachine):
    """Lists, changes, decisions by hand, reopenings, and a supervisor's gate, in any order."""

    @initialize()
    def a_cohort(self) -> None:
        wang = builders.user()
        self.graduates: list[Graduate] = [
            builders.graduate(),
            builders.graduate(),
            postgraduate(supervisor=wang),
        ]
        self.people = [Person(), Person(), Person(gate_open=False)]
        self.librarian: User = builders.clerk(
            f"librarian{wang.pk}", Right.DECIDE, at=builders.office("library")
        )
        opened()
        self.minutes = 0

    def items(self, who: int, number: int = LIBRARY) -> list[int]:
        found = ClearanceItem.objects.filter(sheet__graduate=self.graduates[who], checkpoint__number=number)
        return list(found.values_list("pk", flat=True))

    @rule(books=st.sets(st.tuples(WHO, BOOKS)), late=st.booleans())
    def a_complete_list(self, books: set[tuple[int, str]], late: bool) -> None:
        self.minutes += 1
        rows = [owes(self.graduates[who], title) for who, title in sorted(books)]
        delivery = snapshot(LIBRARY, *rows, minutes=0 if late else self.minutes)
        if delivery.state == "held":
            delivery = confirm_delivery(delivery=delivery, actor=self.librarian)
        if delivery.state == "superseded":
            return
        for who, person in enumerate(self.people):
            stays = person.said if late else set()  # only the first list can be late: others are superseded
            person.said = stays
            person.open = {title for owner, title in books if owner == who} - stays | person.open & stays
            person.covered = True
            person.settle()

    @rule(who=WHO, title=BOOKS)
    def a_loan(self, who: int, title: str) -> None:
        self.minutes += 1
        changes(LIBRARY, owes(self.graduates[who], title), minutes=self.minutes)
        self.people[who].open.add(title)
        self.people[who].said.add(title)
        self.people[who].covered = True
        self.people[who].settle()

    @rule(who=WHO, title=st.one_of(st.just(""), BOOKS))
    def a_return(self, who: int, title: str) -> None:
        self.minutes += 1
        changes(LIBRARY, settled(self.graduates[who], title), minutes=self.minutes)
        person = self.people[who]
        person.open -= {title} if title else set(TITLES)
        person.said |= {title} if title else set(TITLES)
        person.covered = True
        person.settle()

    @rule(who=WHO, verb=st.sampled_from([Verb.PASS, Verb.FAIL, Verb.WAIVE]))
    def a_decision_by_hand(self, who: int, verb: Verb) -> None:
        person = self.people[who]
        done = decide(items=self.items(who), verb=verb, actor=self.librarian, reason="论文")
        may = person.state in ("pending", "failed") and person.gate_open
        may |= person.by_data == "passed" and verb != Verb.PASS and person.gate_open
        assert bool(done.decided) == may
        if may:
            person.by_hand = {"pass": "passed", "fail": "failed", "waive": "waived"}[verb]
            person.by_data = ""

    @rule(who=WHO)
    def a_reopening(self, who: int) -> None:
        person = self.people[who]
        if decide(items=self.items(who), verb=Verb.REOPEN, actor=self.librarian).decided:
            person.by_hand = person.by_data = ""
            person.settle()

    @rule(passes=st.booleans())
    def the_supervisor(self, passes: bool) -> None:
        verb = Verb.PASS if passes else Verb.REOPEN
        decide(items=self.items(2, 1), verb=verb, actor=None)
        self.people[2].gate_open = passes
        self.people[2].settle()

    @rule()
    def the_cohort_is_opened_again(self) -> None:
        opened()
        open_sheets_for(graduates=[self.graduates[0].pk], actor=None)

    @invariant()
    def items_are_as_the_model_says(self) -> None:
        if not hasattr(self, "people"):
            return
        rows = ClearanceItem.objects.filter(checkpoint__number=LIBRARY, sheet__graduate__in=self.graduates)
        real = dict(rows.values_list("sheet__graduate", "state"))
        assert [real[graduate.pk] for graduate in self.graduates] == [person.state for person in self.people]
        for graduate, person in zip(self.graduates, self.people, strict=True):
            books = Obligation.objects.filter(graduate=graduate, settled_at=None).values_list(
                "title", flat=True
            )
            assert set(books) == person.open
        last = Decision.objects.filter(item__in=rows).order_by("item", "-pk").distinct("item")
        freed = {"pending", "waiting"}
        states = dict(rows.values_list("pk", "state"))
        assert all(
            states[pk] == after or {states[pk], after} <= freed
            for pk, after in last.values_list("item", "after")
        )
        assert counters.drift() == []
        assert not ClearanceSheet.objects.filter(state="cleared").exists()


class TestLibrary(TestCase):
    """Every example in a transaction of its own, which is taken back."""

    def setUp(self) -> None:
        published()
        by_data(LIBRARY)
        Checkpoint.objects.filter(number=LIBRARY).update(may_shrink_by=1)

    def test_any_order_of_lists_people_and_gates(self) -> None:
        class Undone(Library):
            def __init__(self) -> None:
                super().__init__()
                self.atomic = transaction.atomic()
                self.atomic.__enter__()

            def teardown(self) -> None:
                transaction.set_rollback(True)
                self.atomic.__exit__(None, None, None)

        run_state_machine_as_test(
            Undone,
            settings=settings(
                max_examples=15,
                stateful_step_count=12,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
