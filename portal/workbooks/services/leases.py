"""Background jobs: who works on one, how it shows its progress and hears a cancel, and how it is found again (decision 9).

The queue only rings the bell. A job that is not at rest has a `Lease`; whoever takes it works, renews it while working, and
removes it in the transaction that puts the job to rest. What is left of a worker that was killed is a lease that runs out;
the sweep rings for it again. After three attempts a person sees a failure.
"""

import datetime as dt
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from celery import current_app
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from portal.workbooks.models import Lease

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
TICK_SECONDS = 0.25  # progress is written at most this often
LISTEN_SECONDS = 1.0  # a cancel is heard, and the lease renewed, at least this often


class LeaseLost(Exception):
    """Somebody else has taken the job over: nothing of this attempt may be committed."""


class Cancelled(Exception):
    """A person asked for the job to stop."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A lease that is now ours."""

    job_uid: uuid.UUID
    owner: str
    attempt: int
    foreground: bool
    cancel_requested: bool

    @property
    def exhausted(self) -> bool:
        """Work in the foreground is not taken up by others; other work not after the third time."""
        return self.attempt > (1 if self.foreground else MAX_ATTEMPTS)

    @property
    def last(self) -> bool:
        """Nobody will try again after this attempt."""
        return self.foreground or self.attempt >= MAX_ATTEMPTS


def open_lease(job_uid: uuid.UUID, *, task: str) -> None:
    """Put a job on the list of what is to be done, and ring for it when the caller's transaction has committed."""
    Lease.objects.create(job_uid=job_uid, task=task)
    transaction.on_commit(lambda: ring(job_uid, task=task))


def open_foreground_lease(job_uid: uuid.UUID, *, task: str) -> Taken:
    """Take a job that this very process does now; no worker will. `task` fails it should this process be killed."""
    owner = _owner()
    lease_end = timezone.now() + dt.timedelta(seconds=settings.LEASE_SECONDS)
    Lease.objects.create(
        job_uid=job_uid,
        task=task,
        foreground=True,
        owner=owner,
        attempts=1,
        until=lease_end,
    )
    return Taken(job_uid, owner, attempt=1, foreground=True, cancel_requested=False)


def ring(job_uid: uuid.UUID, *, task: str) -> None:
    """Ask a worker to look at the job. A broker that is down is no reason to fail: the sweep rings again."""
    try:
        current_app.send_task(task, [str(job_uid)], retry=False, ignore_result=True)
    except (BrokerDown, OSError) as error:
        logger.warning("The broker does not answer (%s); the sweep will ring for %s.", error, job_uid)


def ring_again() -> int:
    """Ring for every job that nobody works on and nobody was asked to lately; return how many."""
    now = timezone.now()
    quiet_since = now - dt.timedelta(seconds=settings.SWEEP_SECONDS)
    idle = Q(until__lt=now) | Q(until=None, rung_at__lte=quiet_since)
    jobs = list(Lease.objects.filter(idle).values_list("job_uid", "task"))
    Lease.objects.filter(job_uid__in=[uid for uid, _ in jobs]).update(rung_at=now)
    for job_uid, task in jobs:
        ring(job_uid, task=task)
    return len(jobs)


def take(job_uid: uuid.UUID) -> Taken | None:
    """Take the job if it waits for a worker or its worker is gone; None where there is nothing to do."""
    owner = _owner()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workbooks_lease SET owner = %s, until = clock_timestamp() + make_interval(secs => %s),"
            " attempts = attempts + 1, rung_at = now()"
            " WHERE job_uid = %s AND (until IS NULL OR until < clock_timestamp())"
            " RETURNING attempts, foreground, cancel_requested",
            [owner, settings.LEASE_SECONDS, job_uid],
        )
        row = cursor.fetchone()
    return Taken(job_uid, owner, *row) if row else None


def give_back(taken: Taken) -> None:
    """Let the next sweep ring for the job at once: this attempt failed, and it is not the last."""
    Lease.objects.filter(job_uid=taken.job_uid, owner=taken.owner).update(
        owner="",
        until=None,
        progress=0,
        rung_at=timezone.now() - dt.timedelta(seconds=settings.SWEEP_SECONDS),
    )


def close_lease(taken: Taken) -> None:
    """The last word in the transaction that puts the job to rest. Raises LeaseLost when it is not ours any more."""
    gone, _ = Lease.objects.filter(job_uid=taken.job_uid, owner=taken.owner).delete()
    if not gone:
        raise LeaseLost(taken.job_uid)


def drop_idle_lease(job_uid: uuid.UUID) -> bool:
    """Take a job off the list that no worker has; False when one has it. The caller holds the job's row."""
    idle = Q(until=None) | Q(until__lt=timezone.now())
    Lease.objects.filter(idle, job_uid=job_uid).delete()
    return not Lease.objects.filter(job_uid=job_uid).exists()


def request_cancel(job_uid: uuid.UUID) -> None:
    """Tell the worker, if there is one, to stop; it does within a second or at the end of its statement."""
    Lease.objects.filter(job_uid=job_uid).update(cancel_requested=True)


class Watch:
    """What a worker holds while it works: renews the lease, writes progress, hears a cancel.

    It does so in a thread with a database connection of its own, so that a long statement on the main connection
    holds up none of it. Within a caller's transaction there is no such thread: what happens there is seen by nobody else.
    """

    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        self._done = 0
        self._total: int | None = None
        self._written: tuple[int, int | None] = (0, None)
        self._heard: type[Cancelled] | type[LeaseLost] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._line = threading.Lock()
        self._connection: BaseDatabaseWrapper = connection
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        if not connection.in_atomic_block:
            self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
            self._connection.inc_thread_sharing()
            self.execute("SET synchronous_commit = off", [])
            self._thread = threading.Thread(
                target=self._keep, name=f"lease {self.taken.job_uid}", daemon=True
            )
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._connection.close()

    def report(self, done: int, total: int | None = None) -> None:
        """Say how many rows are done, of how many where that is known. Raises Cancelled and LeaseLost."""
        self._done, self._total = done, total
        self.listen()

    def listen(self) -> None:
        """Raise Cancelled when a person asked for it, LeaseLost when somebody else has the job."""
        if self._heard is not None:
            raise self._heard(self.taken.job_uid)

    def execute(self, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a statement that stays whatever becomes of the caller's transaction; return its rows."""
        with self._line, self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def _keep(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            if self._written == (self._done, self._total) and time.monotonic() - self._last < LISTEN_SECONDS:
                continue
            try:
                self._renew()
            except Exception as error:  # the database is gone: the main connection will notice, too
                logger.warning("The lease of %s cannot be renewed: %s", self.taken.job_uid, error)
                self._heard = LeaseLost
                return

    def _renew(self) -> None:
        now = (self._done, self._total)
        rows = self.execute(
            "UPDATE workbooks_lease SET until = clock_timestamp() + make_interval(secs => %s), progress = %s, total = %s"
            " WHERE job_uid = %s AND owner = %s RETURNING cancel_requested",
            [settings.LEASE_SECONDS, *now, self.taken.job_uid, self.taken.owner],
        )
        self._written, self._last = now, time.monotonic()
        if not rows:
            self._heard = LeaseLost
        elif rows[0][0]:
            self._heard = Cancelled


@contextmanager
def attempt(
    taken: Taken, *, failed: Callable[[str], None], tells: tuple[type[Exception], ...] = ()
) -> Iterator[Watch]:
    """One attempt at a job: keeps its lease, and says what becomes of the job when the work does not end well.

    Cancelled and what is in `tells` goes on to the caller. After any other error the job is given back for the next attempt;
    after the last attempt `failed` puts it to rest, with the name of the error. Whoever has lost the lease leaves quietly.
    """
    goes_on: tuple[type[Exception], ...] = (Cancelled, *tells)
    try:
        with Watch(taken) as watch:
            yield watch
    except goes_on:
        raise
    except LeaseLost:
        logger.warning("Job %s: another worker has it, or the database went away.", taken.job_uid)
    except Exception as error:
        logger.exception("Job %s, attempt %s", taken.job_uid, taken.attempt)
        if taken.last:
            failed(type(error).__name__)
        else:
            give_back(taken)


def _owner() -> str:
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
