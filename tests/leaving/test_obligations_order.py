"""In whatever order the same deliveries come, they end as in the order of their time stamps (C7)."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from leaving.models import Checkpoint, DataCoverage, Graduate, Obligation
from leaving.services import counters
from leaving.services.deliveries import confirm_delivery
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item, opened, published
from tests.leaving.obligations import by_data, changes, owes, settled, snapshot

LIBRARY = 2
TITLES = ("《普通地质学》", "《结晶学》")
Book = tuple[int, str]  # whose (0 or 1), and its title; without a title: all of theirs
Open = dict[Book, Decimal | None]
PRICES = st.sampled_from([Decimal("1.00"), Decimal("2.00")])
OWED = st.dictionaries(st.tuples(st.integers(0, 1), st.sampled_from(TITLES)), PRICES, max_size=3)
RETURNED = st.sets(st.tuples(st.integers(0, 1), st.sampled_from((*TITLES, ""))), max_size=2)


@dataclass(frozen=True)
class Sent:
    """A complete list, or changes."""

    complete: bool
    owed: Open
    returned: frozenset[Book]

    def on(self, books: Open) -> Open:
        """What is open after it."""
        if self.complete:
            return dict(self.owed)
        left = {
            book: price
            for book, price in books.items()
            if book not in self.returned and (book[0], "") not in self.returned
        }
        return left | self.owed

    @property
    def names(self) -> set[int]:
        return {0, 1} if self.complete else {who for who, _title in (*self.owed, *self.returned)}


LISTS = st.builds(Sent, st.just(True), OWED, st.just(frozenset()))
CHANGES = st.builds(
    lambda owed, returned: Sent(False, owed, frozenset(returned - owed.keys())), OWED, RETURNED
)
NIGHTS = st.lists(st.one_of(LISTS, CHANGES, CHANGES), min_size=2, max_size=5)


class TestAnyOrder(TestCase):
    """Every example in a transaction of its own, which is taken back."""

    def setUp(self) -> None:
        published()
        by_data(LIBRARY)
        Checkpoint.objects.filter(number=LIBRARY).update(may_shrink_by=1)
        self.people = [builders.graduate(), builders.graduate()]
        self.librarian = builders.clerk("librarian", Right.DECIDE, at=builders.office("library"))
        opened()

    def arrives(self, sent: Sent, minutes: int) -> None:
        rows = [
            owes(self.people[who], title, str(price)) for (who, title), price in sorted(sent.owed.items())
        ]
        if not sent.complete:
            rows += [settled(self.people[who], title) for who, title in sorted(sent.returned)]
            changes(LIBRARY, *rows, minutes=minutes)
            return
        done = snapshot(LIBRARY, *rows, minutes=minutes)
        if done.state == "held":  # an empty one
            confirm_delivery(delivery=done, actor=self.librarian)

    def ends(self, graduate: Graduate, who: int) -> tuple[Open, bool, str]:
        books = Obligation.objects.filter(graduate=graduate, settled_at=None)
        found = {(who, title): amount for title, amount in books.values_list("title", "amount")}
        covered = DataCoverage.objects.filter(graduate=graduate).exists()
        return found, covered, item(graduate, LIBRARY).state

    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(NIGHTS.flatmap(lambda night: st.tuples(st.just(night), st.permutations(range(len(night))))))
    def test_any_order_of_arrival_ends_as_the_order_of_times(
        self, told: tuple[list[Sent], list[int]]
    ) -> None:
        night, order = told
        expected: Open = {}
        for sent in night:
            expected = sent.on(expected)
        named = {who for sent in night for who in sent.names}
        with transaction.atomic():
            for place in order:
                self.arrives(night[place], minutes=place)
            for who, graduate in enumerate(self.people):
                books = {book: price for book, price in expected.items() if book[0] == who}
                state = "failed" if books else "passed" if who in named else "pending"
                assert self.ends(graduate, who) == (books, who in named, state)
            assert counters.drift() == []
            transaction.set_rollback(True)
