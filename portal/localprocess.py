"""One embedded server as a process: how to see that it lives, to start it and to end it. No Django here.

Whether a server lives is never guessed from a process id. It inherits an open, locked `<server>.alive`, and
the kernel drops that lock with the server's last process, whatever ended it. So a stale pid file cannot lie,
not even one whose number belongs to somebody else by now.
"""

from __future__ import annotations

import enum
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from portal.localplaces import LocalServersError, clean_environment, server_account

START_SECONDS = 60.0  # crash recovery after a big import may take a while
STOP_SECONDS = 30.0

# Popen objects of servers that outlive their starter: kept, so that none is reported as forgotten.
_started: list[subprocess.Popen[bytes]] = []


class Answer(enum.Enum):
    """What a server says to a client that knocks."""

    READY = enum.auto()
    BUSY = enum.auto()  # it starts, recovers, or is slow: wait for it
    SILENT = enum.auto()


@dataclass(frozen=True)
class Server(ABC):
    """What postgres and valkey have in common: how to see that they live, to start and to stop them."""

    name: str
    var: Path
    sockets: Path
    socket_name: str
    stop_signal: signal.Signals
    durable: bool = False
    template: Path | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Prepare what the binary needs and return its command line."""

    @abstractmethod
    def greet(self, connection: socket.socket) -> bool:
        """Say whether the server at the other end is ready for work."""

    def stale_files(self) -> list[Path]:
        """What a dead server leaves behind and the next one would stumble over."""
        return []

    @property
    def log_file(self) -> Path:
        return self.var / "log" / f"{self.name}.log"

    @property
    def _alive_file(self) -> Path:
        return self.var / "run" / f"{self.name}.alive"

    def is_up(self) -> bool:
        """True when the server answers and was started on this very `var`, not on one since deleted."""
        return self._is_alive() and self._ask() is Answer.READY

    def comes_up(self) -> bool:
        """Like `is_up`, but with patience for a server that is recovering from a crash."""
        deadline = time.monotonic() + START_SECONDS
        while self._is_alive() and time.monotonic() < deadline:
            answer = self._ask()
            if answer is not Answer.BUSY:
                return answer is Answer.READY
            time.sleep(0.05)
        return False

    def start(self) -> None:
        """Start the binary in a session of its own and wait until it answers."""
        command = self.command()
        self.log_file.parent.mkdir(mode=0o700, exist_ok=True)
        with self._alive_file.open("w") as alive, self.log_file.open("ab") as log:
            fcntl.flock(alive, fcntl.LOCK_EX)
            process = subprocess.Popen(
                command,
                cwd=self.sockets,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[alive.fileno()],  # with the descriptor the server inherits the lock
                **server_account().drop(),
            )
            _started.append(process)
            alive.write(f"{process.pid}\n")
        deadline = time.monotonic() + START_SECONDS
        while self._ask() is not Answer.READY:
            if process.poll() is not None or time.monotonic() > deadline:
                self.clear_stale()
                raise LocalServersError(f"{self.name} does not start: {self._last_words()}")
            time.sleep(0.01)

    def clear_stale(self) -> None:
        """End every process of this server, a hung or half-dead one too, and remove what it leaves behind."""
        if self._is_alive():
            self._end(self._recorded_pid(), self._holders, self._is_alive)
        if (peer := self._peer()) is not None:  # it serves a `var` that was deleted under it
            if peer == 0:
                raise LocalServersError(f"{self.sockets} belongs to a server out of our sight (a container?)")
            self._end(peer, lambda: [peer], lambda: self._peer() is not None)
        for file in self.stale_files():
            file.unlink(missing_ok=True)
        (self.sockets / self.socket_name).unlink(missing_ok=True)
        self._alive_file.unlink(missing_ok=True)

    def _end(self, leader: int | None, processes: Callable[[], list[int]], lives: Callable[[], bool]) -> None:
        """Ask the leader to stop; kill who is left when it does not, or when only its children live."""
        asked, began = False, time.monotonic()
        seen = set[int]()
        while lives():
            waited = time.monotonic() - began
            if waited > 2 * STOP_SECONDS:
                raise LocalServersError(f"{self.name} cannot be stopped; end {processes()} by hand")
            found = processes()
            seen.update(found)
            if leader not in found or waited > STOP_SECONDS:
                _send(found, signal.SIGKILL)
            elif not asked:
                _send([leader], self.stop_signal)
                asked = True
            time.sleep(0.02)
        for process in [process for process in _started if process.pid in seen]:
            process.wait()
            _started.remove(process)

    def _holders(self) -> list[int]:
        """Return the ids of the processes that hold the lock: the server and its children."""
        if not Path("/proc/self/fd").exists():
            return [pid for pid in [self._recorded_pid()] if pid is not None]
        try:
            alive = self._alive_file.stat()
        except FileNotFoundError:
            return []
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _has_open(pid, alive)]

    def _recorded_pid(self) -> int | None:
        with suppress(OSError, ValueError):
            return int(self._alive_file.read_text())
        return None

    def _is_alive(self) -> bool:
        try:
            with self._alive_file.open() as alive:
                fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def _ask(self) -> Answer:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(str(self.sockets / self.socket_name))
                return Answer.READY if self.greet(connection) else Answer.BUSY
            except TimeoutError:
                return Answer.BUSY
            except OSError:
                return Answer.SILENT

    def _peer(self) -> int | None:
        """Return the id of the process that listens on the socket, if one does."""
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.settimeout(2)
            connection.connect(str(self.sockets / self.socket_name))
            return _peer_pid(connection)
        return None

    def _last_words(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines()
        fatal = [line for line in lines[-20:] if "FATAL" in line]
        return f"{(fatal or lines or ['it said nothing'])[-1]} (all of it: {self.log_file})"


def _peer_pid(connection: socket.socket) -> int:
    """Return the id of the process that listens at the other end of a Unix socket."""
    if sys.platform == "darwin":
        return int(connection.getsockopt(0, 2))  # SOL_LOCAL, LOCAL_PEERPID
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", peer)[0])


def _has_open(pid: int, file: os.stat_result) -> bool:
    """Say whether another process has this very file open (Linux)."""
    with suppress(OSError):
        descriptors = f"/proc/{pid}/fd"
        return pid != os.getpid() and any(
            os.path.samestat(os.stat(f"{descriptors}/{number}"), file) for number in os.listdir(descriptors)
        )
    return False


def _send(processes: list[int], signal_number: signal.Signals) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)
