"""A page of the queue, however long the queue is and however far one has paged (keyset)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from bench import _clearance
from bench.framework import Benchmark, Measured, register, settled, timed
from leaving.choices import DecidedBy, Verb
from leaving.models import ClearanceItem, ClearanceSheet, Graduate
from leaving.selectors.clearance import Filters, for_list, found, items_of_departments, parts_of_queue
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from portal.accounts.models import User
from portal.keyset import counted, keyset_page, reading_few

KEY = ("sheet_id", "checkpoint_id")
SIZE = 50
FEW, MANY = 1_000, 100_000  # graduates, nine items each and a little more
DECIDED = 5_000  # at once
TURNS = 20  # a page takes milliseconds: each measurement is the mean of so many


def opened(graduates: int) -> None:
    """Exactly that many graduates with sheets as they were opened; what an earlier benchmark has left so is kept."""
    there = ClearanceSheet.objects.count() == graduates == Graduate.objects.count()
    if there and not ClearanceItem.objects.filter(decided_how=DecidedBy.HAND).exists():
        return
    open_cohort(cohort=_clearance.cohort_of(graduates), actor=None)
    settled()


class QueuePage(Benchmark):
    """One page of the library's queue as the view reads it: its rows, and how many there are, counted to a thousand."""

    limit = "the bare SQL of the page's rows with the same keyset condition"
    peer = "the same page by offset, with an exact count"
    rounds = 5
    peer_rounds = 3
    graduates: int
    number: ClassVar[int]

    def prepare(self) -> None:
        opened(self.graduates)
        self.rows = ClearanceItem.objects.count()
        self.clerk = User.objects.get(username="library")
        self.begin = self._begin(self.number)

    def _items(self) -> QuerySet[ClearanceItem]:
        return found(items_of_departments(self.clerk), Filters())

    def _begin(self, number: int) -> Mapping[str, str]:
        """What stands in the address of a page."""
        if number == 1:
            return {}
        before = self._items().order_by(*KEY)[(number - 1) * SIZE - 2]
        page = keyset_page(
            self._items().filter(sheet_id__gte=before.sheet_id), key=KEY, parameters={}, size=2
        )
        assert page.after
        return {"after": page.after}

    def _page(self, begin: Mapping[str, str]) -> Sequence[ClearanceItem]:
        parts = parts_of_queue(self.clerk, Filters())
        with reading_few():
            page = keyset_page(for_list(self._items()), key=KEY, parameters=begin, size=SIZE, parts=parts)
            counted(self._items())
        return page.rows

    def ours(self) -> Measured:
        return _mean(lambda: self._page(self.begin))

    def peer_run(self) -> Measured:
        first = (self.number - 1) * SIZE

        def by_offset() -> list[ClearanceItem]:
            self._items().count()
            return list(for_list(self._items()).order_by(*KEY)[first : first + SIZE + 1])

        return _mean(by_offset)

    def limit_run(self) -> Measured:
        rows = self._page(self.begin)
        begun = rows[0].sheet_id if self.begin else 0
        department, checkpoint = rows[0].owner_id, rows[0].checkpoint_id

        def bare() -> list[Any]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT * FROM leaving_clearanceitem WHERE owner_id = %s AND state = 'pending' AND sheet_id >= %s"
                    " AND (sheet_id > %s OR checkpoint_id >= %s) ORDER BY sheet_id, checkpoint_id LIMIT 51",
                    [department, begun, begun, checkpoint],
                )
                return list(cursor.fetchall())

        return _mean(bare)


def _mean(work: Any) -> Measured:
    work()  # plans and pages are warm for everybody
    measured = timed(lambda: [work() for _ in range(TURNS)])
    assert len(measured.answer[-1]) >= SIZE
    return Measured(measured.seconds / TURNS)


@register
class FirstOfFew(QueuePage):
    name = "queue-page-small"
    graduates, number = FEW, 1


@register
class FirstOfMany(QueuePage):
    """A queue a hundred times as long: what it shows takes less than three times as long."""

    name = "queue-page-first"
    limit = "the same page of a hundredth of the items"
    graduates, number = MANY, 1

    def prepare(self) -> None:
        self.graduates = FEW
        super().prepare()
        self._few = [_mean(lambda: self._page({})) for _ in range(self.rounds)]
        self.graduates = MANY
        super().prepare()

    def limit_run(self) -> Measured:
        return self._few.pop()


@register
class ThousandthOfMany(QueuePage):
    """Takes as many statements as the first page, and as long."""

    name = "queue-page"
    limit = "the first page of the same queue"
    graduates, number = MANY, 1_000

    def prepare(self) -> None:
        super().prepare()
        statements = []
        for begin in ({}, self.begin):
            with CaptureQueriesContext(connection) as queries:
                self._page(begin)
            statements.append(len(queries))
        assert statements[0] == statements[1], statements

    def limit_run(self) -> Measured:
        return _mean(lambda: self._page({}))


@register
class FirstWhenMostIsDecided(QueuePage):
    """The few of the library's that are left lie behind all the others."""

    name = "queue-page-late"
    graduates, number = MANY, 1

    def prepare(self) -> None:
        super().prepare()
        waiting = list(self._items().order_by(*KEY).values_list("pk", flat=True))
        early = waiting[: -MANY // 20]
        for begin in range(0, len(early), DECIDED):
            decide(items=early[begin : begin + DECIDED], verb=Verb.PASS, actor=self.clerk)
        settled()
