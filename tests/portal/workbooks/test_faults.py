"""kill -9 of the worker, of its parsing child and of PostgreSQL in the middle of an import; two at once; cancel (decision 9).

Each story ends the same: applied once or refused, no row lost or doubled, no hand needed.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from celery import Celery, current_app
from django.db import connection
from pytest_django import Settings

from portal import localplaces, localservers
from portal.accounts.models import User
from portal.departments.models import Campus
from portal.errors import Refused
from portal.workbooks import runs
from portal.workbooks.models import ImportBatch, Lease
from portal.workbooks.services import imports, leases
from tests import builders
from tests.portal.workbooks.campuses import sheet
from tests.portal.workbooks.gated.kinds import GatedWorkbook
from tests.processes import BIN, ROOT, Process, environment, eventually, forget_queued_tasks
from tests.servers import kept_template

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

SETTINGS = "tests.portal.workbooks.gated.settings"
ROWS = tuple((f"C{number}", f"第{number}校区", None, "是") for number in range(200))


class Gates:
    """Files by which a run in another process is stopped and let go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def close(self, place: str) -> None:
        (self.folder / f"gate-{place}").touch()

    def open(self, place: str) -> None:
        (self.folder / f"gate-{place}").unlink()

    def reached(self, place: str) -> bool:
        return (self.folder / f"at-{place}").exists()

    def forget(self, place: str) -> None:
        (self.folder / f"at-{place}").unlink(missing_ok=True)


def worker_command() -> list[str]:
    return [
        *(str(BIN / "celery"), "-A", "portal", "worker", "--concurrency", "2"),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    ]


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    return Gates(tmp_path)


@pytest.fixture
def gated_worker(gates: Gates, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """A real worker that knows the gated kind, and this process, too."""
    monkeypatch.setattr(runs, "_kinds", {**runs.kinds(), "gated": GatedWorkbook()})
    settings.LEASE_SECONDS, settings.SWEEP_SECONDS = 4, 1
    forget_queued_tasks()
    told = environment(DJANGO_SETTINGS_MODULE=SETTINGS, GATES=str(gates.folder))
    process = Process(worker_command(), gates.folder / "worker.log", told)
    process.ensure_running()
    yield process
    process.kill()


@pytest.fixture
def clerk(transactional_db: None) -> User:
    builders.office("dormitory", "学生住宿服务中心")
    return builders.user("clerk", language="en")


def hand_in(clerk: User, rows: tuple[Any, ...] = ROWS) -> ImportBatch:
    return imports.receive_workbook(kind="gated", file=sheet(*rows), file_name="campuses.xlsx", actor=clerk)


def in_state(batch: ImportBatch, *states: str, sweep: bool = True) -> Callable[[], bool]:
    def arrived() -> bool:
        if sweep:
            leases.ring_again()
        batch.refresh_from_db()
        return batch.state in states

    return arrived


def test_the_worker_is_killed_while_it_applies(clerk: User, gates: Gates, gated_worker: Process) -> None:
    batch = hand_in(clerk)
    eventually(in_state(batch, "checked"))
    gates.forget("apply")
    gates.close("apply")
    imports.confirm_batch(batch=batch, actor=clerk)
    eventually(lambda: gates.reached("apply"))
    gated_worker.kill()
    gates.open("apply")
    assert Campus.objects.count() == 0
    batch.refresh_from_db()
    assert batch.state == "confirmed"
    gated_worker.ensure_running()
    eventually(in_state(batch, "applied"))
    assert (Campus.objects.count(), batch.created, Lease.objects.count()) == (200, 200, 0)


def test_the_worker_is_killed_while_it_checks(clerk: User, gates: Gates, gated_worker: Process) -> None:
    gates.close("check")
    batch = hand_in(clerk)
    eventually(lambda: gates.reached("check"))
    gated_worker.kill()
    gates.open("check")
    gated_worker.ensure_running()
    eventually(in_state(batch, "checked"))
    assert (batch.created, Campus.objects.count()) == (200, 0)


def test_the_parsing_child_is_killed(clerk: User, gates: Gates, gated_worker: Process) -> None:
    gates.close("check")
    wide = tuple((f"C{number}", "校" * 50, "x" * 2000, "是") for number in range(6000))
    batch = hand_in(clerk, wide)
    eventually(lambda: gates.reached("check"))
    for child in reading_children(gated_worker.pid):
        os.kill(child, signal.SIGKILL)
    gates.open("check")
    eventually(in_state(batch, "refused"))
    assert (batch.error_code, Campus.objects.count(), Lease.objects.count()) == ("reader_died", 0, 0)
    again = hand_in(clerk)
    eventually(in_state(again, "checked"))


def reading_children(worker: int) -> list[int]:
    """The readers among the descendants of our worker, which leads a session of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                ours = os.getsid(int(entry.name)) == worker
                reads = b"reading.child" in (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if ours and reads:
                found.append(int(entry.name))
    assert found
    return found


def test_cancelled_while_it_is_read(clerk: User, gates: Gates, gated_worker: Process) -> None:
    gates.close("check")
    batch = hand_in(clerk)
    eventually(lambda: gates.reached("check"))
    assert imports.cancel_batch(batch=batch, actor=clerk) is False
    asked = Lease.objects.get().until
    eventually(lambda: Lease.objects.get().until != asked)  # renewing its lease, the worker has heard it
    gates.open("check")
    eventually(in_state(batch, "cancelled", sweep=False))
    assert (Campus.objects.count(), Lease.objects.count()) == (0, 0)


def test_a_long_check_keeps_its_lease(clerk: User, gates: Gates, gated_worker: Process) -> None:
    gates.close("check")
    batch = hand_in(clerk)
    eventually(lambda: gates.reached("check"))
    until = time.monotonic() + 5  # longer than the lease
    while time.monotonic() < until:
        assert leases.ring_again() == 0
        time.sleep(0.2)
    gates.open("check")
    eventually(in_state(batch, "checked"))
    assert batch.created == 200


def test_two_confirmations_at_once_count_as_one(clerk: User, gates: Gates, gated_worker: Process) -> None:
    batch = hand_in(clerk)
    eventually(in_state(batch, "checked"))
    answers: list[str] = []

    def confirm() -> None:
        try:
            imports.confirm_batch(batch=ImportBatch.objects.get(pk=batch.pk), actor=clerk)
            answers.append("confirmed")
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    people = [threading.Thread(target=confirm) for _person in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(answers) == ["confirmed", "not_waiting"]
    eventually(in_state(batch, "applied"))
    assert Campus.objects.count() == 200


def test_two_workers_at_once_are_one(clerk: User, gates: Gates, gated_worker: Process) -> None:
    gates.close("check")
    batch = hand_in(clerk)
    eventually(lambda: gates.reached("check"))
    imports.process(batch.uid)  # a bell rung once too often
    batch.refresh_from_db()
    assert batch.state == "scanned"
    gates.open("check")
    eventually(in_state(batch, "checked"))


def test_the_broker_is_down_when_a_workbook_is_handed_in(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Celery(
        "silent", broker="redis+socket:///nowhere/valkey.sock?virtual_host=0", set_as_current=False
    )
    silent.conf.broker_transport_options = current_app.conf.broker_transport_options
    monkeypatch.setattr(leases, "current_app", silent)
    started = time.monotonic()
    batch = imports.receive_workbook(kind="campuses", file=sheet(*ROWS), file_name="a.xlsx", actor=clerk)
    assert Lease.objects.filter(job_uid=batch.uid, until=None).count() == 1
    assert time.monotonic() - started < 2


@pytest.mark.long
def test_postgres_is_killed_while_the_worker_applies(gates: Gates, tmp_path: Path) -> None:
    var = localplaces.temporary_var("portal-killed-")
    told = {key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "PRIVATE_FILES_DIR")}
    told |= {"PORTAL_VAR": str(var), "DJANGO_SETTINGS_MODULE": SETTINGS, "GATES": str(gates.folder)}
    worker = Process(worker_command(), tmp_path / "worker.log", told)
    try:
        urls = localservers.ensure_running(var, template=kept_template(ROOT))
        gates.close("apply")
        script("hand-in", told)
        worker.ensure_running()
        eventually(lambda: gates.reached("apply"))
        postmaster = int((var / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        eventually(lambda: not localservers.status(var)["postgres"])
        gates.open("apply")
        localservers.ensure_running(var)
        eventually(lambda: swept(told) and answer(urls.database) == [("applied", 200, 200)], 90)
    finally:
        worker.kill()
        localservers.stop(var)
        shutil.rmtree(var, ignore_errors=True)


def answer(url: str) -> list[tuple[Any, ...]]:
    """State, counts of the batch, and the rows that are really there."""
    with psycopg2.connect(url) as link, link.cursor() as cursor:
        cursor.execute(
            "SELECT state, created, (SELECT count(*)::int FROM departments_campus) FROM workbooks_importbatch"
        )
        return list(cursor.fetchall())


def swept(told: dict[str, str]) -> bool:
    script("sweep", told)
    return True


def script(part: str, told: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tests.portal.workbooks.gated.script", part]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
