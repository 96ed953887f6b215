"""What a benchmark is, how it is measured, and where it runs."""

import importlib
import json
import os
import pkgutil
import shutil
import statistics
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from portal import localplaces, localservers

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECONDS = 0.01
B = TypeVar("B", bound="type[Benchmark]")


@dataclass(frozen=True)
class Measured:
    """One measurement; `peak_mb` only where the work ran apart; `answer` is what the function returned."""

    seconds: float
    peak_mb: float | None = None
    answer: Any = None

    def scaled(self, to_rows: int, from_rows: int) -> "Measured":
        """The time that as many rows would take, row by row the same."""
        return Measured(self.seconds * to_rows / from_rows, self.peak_mb, self.answer)


class Benchmark(ABC):
    """See the package's docstring."""

    name: str
    rows: int
    peer: str = ""
    limit: str = ""
    rounds: int = 3
    peer_rounds: int = 1  # peers take long, and are told in powers of ten

    def prepare(self) -> None:
        """Makes what all rounds need; not measured."""
        return

    @abstractmethod
    def ours(self) -> Measured: ...

    def peer_run(self) -> Measured:
        raise NotImplementedError

    def limit_run(self) -> Measured:
        raise NotImplementedError


_benchmarks: dict[str, type[Benchmark]] = {}


def register(benchmark: B) -> B:
    """Makes a benchmark known by its name."""
    _benchmarks[benchmark.name] = benchmark
    return benchmark


def benchmarks() -> dict[str, type[Benchmark]]:
    """All benchmarks of the package's modules, by name."""
    import bench

    for module in pkgutil.iter_modules(bench.__path__):
        if not module.name.startswith("_") and module.name not in ("apart", "framework"):
            importlib.import_module(f"bench.{module.name}")
    return dict(sorted(_benchmarks.items()))


@dataclass
class Rounds:
    """What was measured, round after round."""

    ours: list[Measured] = field(default_factory=list)
    peer: list[Measured] = field(default_factory=list)
    limit: list[Measured] = field(default_factory=list)


def run(benchmark: Benchmark) -> dict[str, Any]:
    """Prepares, measures limit, ours and peer in turn, and returns the line of `latest.json`."""
    benchmark.prepare()
    rounds = Rounds()
    for turn in range(benchmark.rounds):
        if benchmark.limit:
            rounds.limit.append(benchmark.limit_run())
        rounds.ours.append(benchmark.ours())
        if benchmark.peer and turn < benchmark.peer_rounds:
            rounds.peer.append(benchmark.peer_run())
    ours, peer, limit = (_median(each) for each in (rounds.ours, rounds.peer, rounds.limit))
    peaks = [each.peak_mb for each in rounds.ours if each.peak_mb is not None]
    assert ours is not None
    return {
        "name": benchmark.name,
        "rows": benchmark.rows,
        "seconds": _rounded(ours),
        "peak_mb": _rounded(max(peaks), 0) if peaks else None,
        "peer": benchmark.peer or None,
        "peer_seconds": _rounded(peer),
        "limit": benchmark.limit or None,
        "limit_seconds": _rounded(limit),
        "times_faster_than_peer": _rounded(peer / ours, 1) if peer else None,
        "times_limit": _rounded(ours / limit, 2) if limit else None,
    }


def _median(measured: list[Measured]) -> float | None:
    return statistics.median(each.seconds for each in measured) if measured else None


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits)


# --- measuring ------------------------------------------------------------------------------------------------------


def timed(function: Callable[[], Any]) -> Measured:
    """Runs `function` here."""
    begun = time.perf_counter()
    answer = function()
    return Measured(time.perf_counter() - begun, answer=answer)


def apart(function: Callable[..., Any], *arguments: Any) -> Measured:
    """Runs a module's function in a process of its own, with Django set up before the clock; arguments and answer are JSON.

    The peak is that of the resident memory of the process and all its children together, from the clock's start.
    """
    command = [
        sys.executable,
        "-m",
        "bench.apart",
        function.__module__,
        function.__qualname__,
        json.dumps(arguments),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{function.__qualname__} did not start")
        peak = _Peak(process.pid)
        peak.start()
        process.stdin.write("go\n")
        process.stdin.flush()
        line = process.stdout.readline()
        peak.stop()
        process.stdin.close()
    if not line:
        raise RuntimeError(f"{function.__qualname__} failed")
    told = json.loads(line)
    return Measured(told["seconds"], peak.megabytes, told["answer"])


class _Peak(threading.Thread):
    """Watches the resident memory of a process and its children (Linux; elsewhere it stays None)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.megabytes: float | None = None

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            now = sum(map(_resident, _family(self._pid))) / 1024 / 1024
            if now:
                self.megabytes = max(self.megabytes or 0.0, now)

    def stop(self) -> None:
        self._over.set()
        self.join()


def _family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _resident(pid: int) -> int:
    """Resident bytes without the pages shared with files, which all processes of the machine share."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE")


# --- the place ------------------------------------------------------------------------------------------------------


@contextmanager
def temporary_servers() -> Iterator[None]:
    """A PostgreSQL with fsync and a Valkey of our own, migrated, known to the settings; Django is set up inside."""
    var = localplaces.temporary_var("portal-bench-")
    for name in ("DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "PORTAL_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "WARNING",
    }
    try:
        localservers.ensure_running(var, durable=True)
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        import django

        django.setup()
        yield
    finally:
        localservers.stop(var)
        shutil.rmtree(var, ignore_errors=True)


def emptied(*models: Any) -> None:
    """Truncates the tables of models, and of all that refer to them, as their owner."""
    from django.db import connection

    from portal.audit.roles import acting_as_owner

    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with acting_as_owner(connection), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")


def settled() -> None:
    """Lets the server write out what earlier measurements left behind."""
    from django.db import connection

    from portal.audit.roles import acting_as_owner

    with acting_as_owner(connection), connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
