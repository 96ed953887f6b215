"""`make run` keeps its processes alive, stops all of them, and leaves none behind even when it is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

TEAM = """
import os, signal
from portal.localrun import Child, supervise
signal.signal(signal.SIGTERM, signal.default_int_handler)
team = [Child("short", ["sh", "-c", "echo $$ began; sleep 0.2; exit 3"], dict(os.environ)),
        Child("long", ["sh", "-c", "echo $$; exec sleep 1000"], dict(os.environ)),
        Child("deaf", ["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"], dict(os.environ))]
try:
    supervise(team, 1, own_servers=False)
except KeyboardInterrupt:
    print("all stopped", flush=True)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A supervisor with three children: one that dies, one that stays, one that ignores the wish to stop."""
    log = tmp_path / "log"
    code = f"from portal import localrun; localrun.GRACE_SECONDS = 1.0\n{TEAM}"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=out, stderr=out)
    wait_for(lambda: len(pids(log, "long") + pids(log, "deaf")) == 2)
    yield process, log
    process.kill()
    process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def pids(log: Path, name: str) -> list[int]:
    """The process ids that the child called `name` has said, in order."""
    lines = log.read_text().splitlines()
    return [
        int(line.split("|")[1].split()[0]) for line in lines if line.startswith(name) and "ended" not in line
    ]


def lives(pid: int) -> bool:
    """Say whether a process runs; one that waits to be collected by whoever adopted it does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_dead_child_is_started_again_later_and_later(
    supervisor: tuple[subprocess.Popen[bytes], Path],
) -> None:
    _, log = supervisor
    wait_for(lambda: len(set(pids(log, "short"))) >= 2)
    assert "short  | ended with status 3; starting again in 2 s" in log.read_text()


def test_stopping_ends_every_child_the_deaf_too(supervisor: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, log = supervisor
    children = pids(log, "long") + pids(log, "deaf")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert log.read_text().splitlines()[-1] == "all stopped"
    assert [pid for pid in children if lives(pid)] == []


def test_a_killed_supervisor_takes_its_children_along(
    supervisor: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, log = supervisor
    (child,) = pids(log, "long")
    process.kill()
    wait_for(lambda: not lives(child))
    for deaf in pids(log, "deaf"):  # told to end, it may choose not to: that is its own test's doing
        os.kill(deaf, signal.SIGKILL)


def test_a_busy_port_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "portal.localrun", "run"]
        run = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 1
    expected = f"Port {port} is in use (Address already in use). Choose another: PORT=8001 make run"
    assert (run.stdout, run.stderr.strip()) == ("", expected)
