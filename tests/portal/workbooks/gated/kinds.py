"""A run that says where it is and waits there while the file `gate` exists beside it."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row
from tests.portal.workbooks.campuses import CampusRun, CampusWorkbook

PATIENCE_SECONDS = 60


def wait_at(place: str) -> None:
    """Leave a file `at-<place>`; go on when `gate-<place>` is gone."""
    folder = Path(os.environ["GATES"])
    (folder / f"at-{place}").write_text(str(os.getpid()))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (folder / f"gate-{place}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


class GatedRun(CampusRun):
    def check(self, rows: Sequence[Row]) -> Iterator[Fault]:
        wait_at("check")
        return super().check(rows)

    def apply(self) -> Outcome:
        outcome = super().apply()
        wait_at("apply")
        return outcome


class GatedWorkbook(CampusWorkbook):
    kind = "gated"

    def run(self, batch: ImportBatch) -> GatedRun:
        return GatedRun(batch)
