"""Real processes for tests marked `processes`: a Celery worker, a web server, a command, as in production."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from celery import current_app
from django.conf import settings
from django.db import connection

from portal.localrun import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def database_url(database: Mapping[str, Any]) -> str:
    """Return the test database's URL for the role in `database`, an entry of DATABASES."""
    host = quote(str(database["HOST"]), safe="")
    name = connection.settings_dict["NAME"]
    return f"postgresql://{database['USER']}@{host}:{database['PORT']}/{name}"


def environment(**more: str) -> dict[str, str]:
    """What a process is told so that it works on this test's database, broker and files."""
    assert settings.MIGRATE_DATABASE is not None
    configuration: dict[str, str] = {
        "DATABASE_URL": database_url(connection.settings_dict),
        "MIGRATE_DATABASE_URL": database_url(settings.MIGRATE_DATABASE),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "PRIVATE_FILES_DIR": str(settings.PRIVATE_FILES_DIR),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "HTTPS": "no",
        "PORTAL_DEMO": "yes",
        **more,
    }
    return {**os.environ, **configuration}


@dataclass
class Process:
    """A process that a test may kill and find running again in the next."""

    command: list[str]
    log_file: Path
    environment: dict[str, str] = field(repr=False)
    popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.popen is not None
        return self.popen.pid

    def ensure_running(self) -> None:
        """Start it unless it runs; `ready` is the caller's to wait for."""
        if self.popen is not None and self.popen.poll() is None:
            return
        with self.log_file.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def kill(self) -> None:
        """End it and its children at once, as `kill -9` or the kernel would."""
        if self.popen is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()

    def output(self) -> str:
        return self.log_file.read_text(errors="replace")


@contextmanager
def start_worker() -> Iterator[Process]:
    """A Celery worker with two children, killed at the end."""
    log_file = settings.VAR_DIR / f"worker-{connection.settings_dict['NAME']}.log"
    command = [str(BIN / "celery"), "-A", "portal", "worker", "--concurrency", "2", "--loglevel", "INFO"]
    process = Process([*command, "--without-gossip", "--without-mingle"], log_file, environment())
    try:
        yield process
    finally:
        process.kill()


def wait_until_worker_answers(seconds: float = 30) -> None:
    """Return once a worker takes tasks from this test's broker; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not current_app.control.ping(timeout=0.3):
        if time.monotonic() > deadline:
            raise TimeoutError("No worker answers.")


def forget_queued_tasks() -> None:
    """Drop tasks that earlier tests enqueued and no worker took."""
    current_app.control.purge()


def eventually(what: Callable[[], Any], seconds: float = 40) -> Any:
    """Wait until it is true; return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"It did not come to pass within {seconds} s.")
