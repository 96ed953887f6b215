"""The university's statistics at 40 000 graduates: the table of colleges and checkpoints, clearances by day, pace and queues."""

from django.db import connection
from django.db.models import Count
from django.db.models.functions import Mod

from bench import _clearance
from bench.framework import Benchmark, Measured, register, settled, timed
from leaving.choices import ItemState, Verb
from leaving.models import ClearanceItem, ClearanceSheet, Cohort
from leaving.selectors.figures import cleared_by_day, pace_of, table_of
from leaving.selectors.statistics import Selection, select
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from leaving.services.counters import fold
from leaving.services.pace import measure
from portal.accounts.models import User

GRADUATES = 40_000
REPEATED = 20
BARE = """
    SELECT checkpoint_id, college_id, state, sum(n) FROM leaving_clearancecount WHERE cohort_id = %s
    GROUP BY checkpoint_id, college_id, state
"""


@register
class Statistics(Benchmark):
    name = "statistics"
    rows = GRADUATES
    limit = "a bare SELECT of the kept counters, by college, checkpoint and state"
    peer = "the same table by GROUP BY over sheets and items, nothing else"
    rounds = 5

    def prepare(self) -> None:
        self.cohort: Cohort = _clearance.cohort_of(GRADUATES)
        open_cohort(cohort=self.cohort, actor=None)
        settled()
        pending = ClearanceItem.objects.filter(state=ItemState.PENDING).annotate(lot=Mod("sheet", 3))
        for items in (pending.filter(lot=0), pending.filter(lot=1, checkpoint__key="library")):
            decide(items=items, verb=Verb.PASS, actor=None)  # a third has left
            settled()
        fold()
        done = timed(lambda: measure(cohort=self.cohort))
        print(f"statistics: measuring pace and days took {done.seconds:.2f} s")
        # some hundred changes since the last folding, as on a busy day
        ids = list(pending.order_by("pk").values_list("pk", flat=True)[:300])
        for start in range(0, 300, 3):
            decide(items=ids[start : start + 3], verb=Verb.PASS, actor=None)
        settled()
        selection = select(User.objects.get(username="studentaffairs"), {})
        assert selection is not None
        self.selection: Selection = selection

    def ours(self) -> Measured:
        def figures() -> int:
            for _time in range(REPEATED):
                table = table_of(self.selection)
                cleared_by_day(self.selection)
                pace_of(self.selection)
            return table.total.graduates

        measured = timed(figures).scaled(1, REPEATED)
        assert measured.answer == GRADUATES
        return measured

    def limit_run(self) -> Measured:
        def bare() -> None:
            for _time in range(REPEATED):
                with connection.cursor() as cursor:
                    cursor.execute(BARE, [self.cohort.pk])
                    cursor.fetchall()

        return timed(bare).scaled(1, REPEATED)

    def peer_run(self) -> Measured:
        def grouped() -> None:
            sheets = ClearanceSheet.objects.filter(cohort=self.cohort)
            list(sheets.values_list("college", "state").annotate(n=Count("pk")))
            items = ClearanceItem.objects.filter(sheet__cohort=self.cohort)
            list(items.values_list("checkpoint", "sheet__college", "state").annotate(n=Count("pk")))

        return timed(grouped)
