"""`make run` and `make stop`: the whole portal on one machine, from one terminal.

Supervises the web server, a Celery worker and the periodic sweep as children, and keeps the embedded servers
up. A child that dies is started again. At Ctrl-C, or when the terminal goes away, all stop, the servers last.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from portal import localplaces, localservers
from portal.localprocess import STOP_SECONDS

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
GRACE_SECONDS = 10.0  # for a task in progress to end; what is cut off is taken up again by the sweep
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
SERVERS_EVERY_SECONDS = 2.0

_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """For `preexec_fn`: have the kernel end this process when its parent ends, even by kill -9 (Linux)."""
    if sys.platform == "linux":
        _libc.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@dataclass
class Child:
    """One supervised process, and its lines in our terminal."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_after: float = 0.0
    pause: float = 1.0
    unfinished: bytes = b""

    def start(self, selector: selectors.BaseSelector) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # our Ctrl-C is not theirs: they are stopped in order
            preexec_fn=die_with_parent,
        )
        self.started = time.monotonic()
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        selector.register(self.process.stdout, selectors.EVENT_READ, self)

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Start the child when it is due; if it died, say so and put off its next start, longer each time."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_after:
                self.start(selector)
            return
        code = self.process.poll()
        if code is None:
            return
        self.signal(signal.SIGKILL)  # what it may have left of its group
        self.pause = (
            1.0 if now - self.started > HEALTHY_SECONDS else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        )
        self.start_after = now + self.pause
        say(self.name, f"ended with status {code}; starting again in {self.pause:.0f} s")
        self.process = None

    def signal(self, number: signal.Signals) -> None:
        """Signal the child itself, or with SIGKILL its whole group."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                (os.killpg if number is signal.SIGKILL else os.kill)(self.process.pid, number)

    def relay(self, selector: selectors.BaseSelector) -> None:
        """Print the complete lines that have come."""
        stream = self.process.stdout if self.process is not None else None
        if stream is None:
            return
        data = stream.read(65536)
        if data == b"":
            selector.unregister(stream)
            stream.close()
        self.tell(data or b"")

    def tell(self, data: bytes) -> None:
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        for line in lines:
            say(self.name, line.decode(errors="replace"))


def say(who: str, line: str) -> None:
    sys.stdout.write(f"{who:<6} | {line}\n")
    sys.stdout.flush()


def children(port: int) -> list[Child]:
    """Return the processes of the portal: web, worker, and the clock of the periodic sweep."""
    # Warnings of Celery as root and of WhiteNoise without a static folder are no news on a laptop.
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore::UserWarning"}
    environment.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    celery = [str(BIN / "celery"), "-A", "portal", "--quiet"]
    quiet = ["--loglevel", "WARNING"]
    schedule = str(localservers.default_var() / "run" / "beat-schedule")
    gunicorn = [str(BIN / "gunicorn"), "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    commands = {
        "web": [
            *gunicorn,
            "--workers",
            "2",
            "--threads",
            "4",
            "--graceful-timeout",
            "3",
            "--log-level",
            "warning",
        ],
        "worker": [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle", *quiet],
        "sweep": [*celery, "beat", "--schedule", schedule, "--pidfile", "", *quiet],
    }
    return [Child(name, command, environment) for name, command in commands.items()]


def supervise(
    team: list[Child], port: int, *, own_servers: bool, accounts: subprocess.Popen[str] | None = None
) -> None:
    """Keep all of it running until interrupted, or until our parent ends; then stop it.

    When the web server answers, it is announced together with what `accounts` prints.
    """
    parent = os.getppid()
    greeted, servers_due = False, 0.0
    with selectors.DefaultSelector() as selector:
        try:
            while os.getppid() == parent:
                now = time.monotonic()
                if own_servers and now >= servers_due:
                    servers_due = now + SERVERS_EVERY_SECONDS
                    keep_servers()
                for child in team:
                    child.watch(selector)
                for key, _ in selector.select(timeout=0.2):
                    key.data.relay(selector)
                if not greeted and answers(port):
                    greeted = True
                    greet(port, accounts.communicate()[0] if accounts else "")
        finally:
            stop_children(team)


def keep_servers() -> None:
    """Bring a server back that was killed; a failure is told, and tried again."""
    try:
        localservers.ensure_running(localservers.default_var())
    except localplaces.LocalServersError as problem:
        say("server", str(problem))


def stop_children(team: list[Child]) -> None:
    """Ask all to end; who has not ended after the grace is killed with all that it started."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in reversed(team):
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for child in team:
        if child.process is None:
            continue
        with suppress(subprocess.TimeoutExpired):
            child.tell(child.process.communicate(timeout=max(0.1, deadline - time.monotonic()))[0] or b"")
        child.signal(signal.SIGKILL)
        child.process.wait()


def answers(port: int) -> bool:
    """Say whether the portal is there for visitors."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz")
    with suppress(OSError), urllib.request.urlopen(request, timeout=3) as response:  # noqa: S310
        return bool(response.status == 200)
    return False


def greet(port: int, accounts: str) -> None:
    """Print where to go and who one can be."""
    address = f"The portal is open: http://127.0.0.1:{port}/"
    for line in ["", address, *accounts.splitlines(), "Ctrl-C stops all of it.", ""]:
        say("portal", line)


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} is in use ({error.strerror}). Choose another: PORT=8001 make run"
            ) from None


@contextmanager
def only_one() -> Iterator[None]:
    """Refuse a second `make run` in this checkout; let `make stop` find the first."""
    path = run_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"The portal already runs from this folder (process {running()}).") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def running() -> int | None:
    """Return the process id of this checkout's `make run`, if there is one."""
    with suppress(OSError, ValueError), run_file().open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read())
    return None


def run_file() -> Path:
    return localservers.default_var() / "run" / "run.alive"


def run(port: int) -> None:
    """All of `make run` after `make setup`."""
    refuse_busy_port(port)
    own_servers = localservers.are_wanted()
    if own_servers:
        localservers.ensure_running(localservers.default_var())
    with only_one():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a script may have had them ignored
            signal.signal(number, signal.default_int_handler)
        try:
            if subprocess.run(manage("demo", "--if-empty"), check=False).returncode:
                say("portal", "The demo data could not be loaded; the portal starts without them.")
            accounts = subprocess.Popen(
                manage("demo", "--accounts"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            supervise(children(port), port, own_servers=own_servers, accounts=accounts)
        except KeyboardInterrupt:
            pass
        finally:
            if own_servers:
                localservers.stop(localservers.default_var())
    say("portal", "stopped")


def stop() -> None:
    """All of `make stop`: a running portal first, then the servers that `manage.py` may have left."""
    pid = running()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS + 2 * STOP_SECONDS
        while running() is not None and time.monotonic() < deadline:
            time.sleep(0.1)
    localservers.stop(localservers.default_var())


def main(arguments: list[str]) -> None:
    """`python -m portal.localrun run|stop`"""
    try:
        if arguments == ["run"]:
            run(int(os.environ.get("PORT") or 8000))
        elif arguments == ["stop"]:
            stop()
        else:
            raise SystemExit("usage: python -m portal.localrun run|stop")
    except localplaces.LocalServersError as problem:
        raise SystemExit(str(problem)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
