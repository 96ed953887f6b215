"""The university's statistics at 40 000 graduates: the table of colleges and checkpoints, clearances by day, pace and queues.

`statistics` is the time their statements take in the database, `statistics-page` the whole page, from request to last byte.
"""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.functions import Mod
from django.test import Client

from bench import _clearance
from bench.framework import Benchmark, Measured, register, settled, timed
from leaving.choices import ItemState, Verb
from leaving.models import ClearanceItem, ClearanceSheet, Cohort
from leaving.selectors.figures import cleared_by_day, pace_of, table_of
from leaving.selectors.statistics import Selection, select
from leaving.services.clearance import decide
from leaving.services.cohorts import open_cohort
from leaving.services.counters import fold, repair
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
        most = pending.exclude(
            checkpoint__key="finance"
        )  # clearing would print certificates for people who are not real
        for items in (most.filter(lot=0), most.filter(lot=1, checkpoint__key="library")):
            decide(items=items, verb=Verb.PASS, actor=None)
            settled()
        _clearance.by_the_door(
            "UPDATE leaving_clearancesheet SET state = 'cleared', cleared_at = now() - id % 20 * interval '1 day'"
            " WHERE id % 3 = 0"
        )
        repair()
        fold()
        done = timed(lambda: measure(cohort=self.cohort))
        print(f"statistics: measuring pace and days took {done.seconds:.2f} s")
        # some hundred changes since the last folding, as on a busy day
        ids = list(most.filter(lot=2).order_by("pk").values_list("pk", flat=True)[:300])
        for start in range(0, 300, 3):
            decide(items=ids[start : start + 3], verb=Verb.PASS, actor=None)
        settled()
        self.viewer = User.objects.get(username="studentaffairs")
        selection = select(self.viewer, {})
        assert selection is not None
        self.selection: Selection = selection

    def ours(self) -> Measured:
        stopwatch = Stopwatch()
        with connection.execute_wrapper(stopwatch):
            for _time in range(REPEATED):
                table = table_of(self.selection)
                cleared_by_day(self.selection)
                pace_of(self.selection)
        assert table.total.graduates == GRADUATES
        return Measured(stopwatch.seconds / REPEATED)

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


@register
class StatisticsPage(Statistics):
    name = "statistics-page"

    def prepare(self) -> None:
        super().prepare()
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(self.viewer, backend="django.contrib.auth.backends.ModelBackend")
        self._look()

    def ours(self) -> Measured:
        return timed(self._look)

    def _look(self) -> None:
        assert self.client.get("/clearance/statistics/").status_code == 200


class Stopwatch:
    """Adds up how long statements take, from sending them to having all their rows."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - begun
