"""Opening a cohort of 40 000 graduates, as many as a large university has a year: about 370 000 items."""

from itertools import islice

from django.db import connection, transaction

from bench import _clearance
from bench.framework import Benchmark, Measured, emptied, register, settled, timed
from leaving.models import ClearanceItem, ClearanceSheet, Cohort
from leaving.models.clearance import DOOR
from leaving.services.cohorts import open_cohort
from portal.audit.roles import acting_as_owner
from portal.doors import door

GRADUATES = 40_000


@register
class OpenCohort(Benchmark):
    name = "open-cohort"
    rows = GRADUATES
    rounds = 7  # each takes half a minute, in which a shared machine changes its pace
    limit = "the same items by one bare INSERT … SELECT from a table that holds them, onto sheets that are there already"
    peer = "the same items by bulk_create in blocks of 2 000, onto sheets that are there already"

    def prepare(self) -> None:
        self.cohort: Cohort = _clearance.cohort_of(GRADUATES)
        settled()
        open_cohort(cohort=self.cohort, actor=None)

    def ours(self) -> Measured:
        emptied(ClearanceSheet)
        settled()
        return timed(lambda: open_cohort(cohort=self.cohort, actor=None))

    def limit_run(self) -> Measured:
        self._keep_the_items()
        return timed(
            lambda: _clearance.by_the_door(
                f"INSERT INTO leaving_clearanceitem ({_clearance.COLUMNS})"  # noqa: S608
                f" SELECT {_clearance.COLUMNS} FROM bench_items"
            )
        )

    def peer_run(self) -> Measured:
        self._keep_the_items()
        names = [name.strip() for name in _clearance.COLUMNS.split(",")]

        def create() -> None:
            with transaction.atomic(), door(DOOR), connection.cursor() as cursor:
                cursor.execute(f"SELECT {_clearance.COLUMNS} FROM bench_items ORDER BY sheet_id")  # noqa: S608
                items = (
                    ClearanceItem(**dict(zip(names, row, strict=True))) for row in iter(cursor.fetchone, None)
                )
                while block := list(islice(items, 2_000)):
                    ClearanceItem.objects.bulk_create(block)

        return timed(create)

    def _keep_the_items(self) -> None:
        """Puts what is there aside and empties the table, so that the same rows can be written again."""
        with acting_as_owner(connection), connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_items")
            copy = f"SELECT {_clearance.COLUMNS} FROM leaving_clearanceitem"  # noqa: S608  names of this package
            cursor.execute(f"CREATE TABLE bench_items AS {copy} ORDER BY id")
            cursor.execute("GRANT SELECT ON bench_items TO PUBLIC")
        emptied(ClearanceItem)
        settled()
