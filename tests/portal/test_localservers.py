"""The embedded servers survive what happens on a laptop: crashes, restarts, two terminals, a deleted folder."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
import redis
from celery import Celery

from portal import localplaces
from portal.localplaces import LocalServersError
from portal.localservers import cache_url, celery_url, ensure_running, status, stop, urls
from tests.processes import ROOT, eventually

BOTH_RUN = {"postgres": True, "valkey": True}
NONE_RUNS = {"postgres": False, "valkey": False}


@pytest.fixture(scope="module")
def shared_var() -> Iterator[Path]:
    """A folder like `var`, in a place that the servers' account can reach."""
    home = localplaces.temporary_var("portal-laptop-")
    yield home / "var"
    stop(home / "var")
    shutil.rmtree(home)


@pytest.fixture
def var(shared_var: Path) -> Path:
    """The same folder with both servers running."""
    ensure_running(shared_var, durable=False)
    return shared_var


def pid_of(var: Path, server: str) -> int:
    return int((var / "run" / f"{server}.alive").read_text())


def pids(var: Path) -> tuple[int, int]:
    return pid_of(var, "postgres"), pid_of(var, "valkey")


def assert_ended(pids: tuple[int, int]) -> None:
    """A PostgreSQL that misses its folder may end by itself first: it is our child, and collected only here."""
    eventually(lambda: not any(is_running(pid) for pid in pids))


def is_running(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def query(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_urls_promise_without_doing(tmp_path: Path) -> None:
    promised = urls(tmp_path / "var")
    assert promised == urls(tmp_path / "var") != urls(tmp_path / "other")
    assert not (tmp_path / "var").exists()
    assert status(tmp_path / "var") == NONE_RUNS
    stop(tmp_path / "var")
    assert not (tmp_path / "var").exists()


def test_both_roles_sign_in_and_only_one_owns(var: Path) -> None:
    found = urls(var)
    assert query(found.migrate_database, "SELECT current_user, 'ÄÖ学' = upper('äö学')") == [
        ("portal_owner", True)
    ]
    assert query(found.database, "SELECT current_user, current_database()") == [("portal_app", "portal")]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(found.database, "CREATE TABLE mine (id int)")


def test_one_broker_address_in_three_forms(var: Path) -> None:
    found = urls(var).redis
    assert redis.Redis.from_url(found).ping()
    assert Celery(broker=celery_url(found)).connection().ensure_connection(max_retries=1).connected
    redis.Redis.from_url(cache_url(found)).flushdb()
    assert celery_url("redis://broker/3") == "redis://broker/3"
    assert cache_url("redis://:secret@broker:6380/3") == "redis://:secret@broker:6380/4"
    assert cache_url("rediss://broker") == "rediss://broker/1"


def test_what_runs_is_left_alone(var: Path) -> None:
    before = pids(var)
    assert ensure_running(var) == urls(var)
    assert pids(var) == before


def test_two_terminals_start_one_of_each(shared_var: Path) -> None:
    stop(shared_var)
    start = [sys.executable, "-m", "portal.localservers", "start"]
    environment = {**os.environ, "PORTAL_VAR": str(shared_var)}
    started = [subprocess.Popen(start, cwd=ROOT, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    said = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(said) == 1
    log = (shared_var / "log" / "valkey.log").read_text().split("Ready to accept connections")
    assert status(shared_var) == BOTH_RUN
    stop(shared_var)
    ensure_running(shared_var, durable=False)
    assert (
        len((shared_var / "log" / "valkey.log").read_text().split("Ready to accept connections"))
        == len(log) + 1
    )


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_killed_server_comes_back(var: Path, server: str) -> None:
    query(urls(var).migrate_database, "CREATE TABLE IF NOT EXISTS kept (id int)")
    killed = pid_of(var, server)
    os.kill(killed, signal.SIGKILL)
    ensure_running(var, durable=False)
    assert pid_of(var, server) != killed
    assert query(urls(var).migrate_database, "SELECT count(*) FROM kept") == [(0,)]


def test_a_backend_that_outlives_its_killed_server_goes_too(var: Path) -> None:
    busy = psycopg2.connect(urls(var).database)
    with busy.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGSTOP)
    os.kill(pid_of(var, "postgres"), signal.SIGKILL)
    ensure_running(var, durable=False)
    assert status(var) == BOTH_RUN
    with pytest.raises(psycopg2.OperationalError), busy.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_number_left_behind_may_be_anybodys_after_a_restart(var: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    data, sockets = (var / "postgres").resolve() / "data", localplaces.socket_directory(var)
    stale = (data / "postmaster.pid").read_text()
    for name in ("postgres", "valkey"):
        os.kill(pid_of(var, name), signal.SIGKILL)
    assert status(var) == NONE_RUNS
    for left in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        left.write_text(stale.replace(stale.splitlines()[0], str(stranger.pid), 1))
    for name in ("postgres", "valkey"):
        (var / "run" / f"{name}.alive").write_text(f"{stranger.pid}\n")
    ensure_running(var, durable=False)
    assert status(var) == BOTH_RUN
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_folder_deleted_under_its_servers_starts_anew(var: Path) -> None:
    before = pids(var)
    shutil.rmtree(var)
    assert status(var) == NONE_RUNS
    ensure_running(var, durable=False)
    assert query(urls(var).database, "SELECT to_regclass('kept')") == [(None,)]
    assert_ended(before)


def test_stopping_leaves_nothing(var: Path) -> None:
    sockets, before = localplaces.socket_directory(var), pids(var)
    stop(var)
    assert status(var) == NONE_RUNS
    assert not sockets.exists()
    assert_ended(before)


def test_a_checkout_out_of_reach_keeps_its_folders_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root the servers run as nobody, who may not enter /root: the data go elsewhere, the mode stays."""
    outside = Path(tempfile.mkdtemp(prefix="portal-outside-"))
    outside.chmod(0o711)
    monkeypatch.setattr(localplaces, "UNREACHABLE_DATA_ROOT", outside)
    tmp_path.chmod(0o700)
    var = tmp_path / "var"
    try:
        assert query(ensure_running(var, durable=False).database, "SELECT 1") == [(1,)]
        assert tmp_path.stat().st_mode & 0o777 == 0o700
        assert (var / "postgres").is_symlink() == (os.geteuid() == 0)
    finally:
        stop(var)
        shutil.rmtree(outside)


def test_the_data_of_a_while_lie_where_they_are_removed() -> None:
    var = localplaces.temporary_var("portal-while-")
    try:
        assert localplaces.postgres_home(var) == var.resolve() / "postgres"
    finally:
        shutil.rmtree(var)


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "var"
    foreign.mkdir()
    if os.geteuid() == 0:
        os.chown(foreign, 12345, 12345)
    else:
        foreign = Path("/usr")
    with pytest.raises(LocalServersError, match=rf"^{foreign} belongs to another user \(uid \d+\)"):
        ensure_running(foreign)


def test_somebody_elses_sockets_are_refused(tmp_path: Path) -> None:
    sockets = localplaces.socket_directory(tmp_path)
    sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(LocalServersError, match="is not a private directory of ours"):
            ensure_running(tmp_path)
    finally:
        sockets.unlink()


def test_without_wheel_and_program_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localplaces, "package_directory", lambda name: None)
    monkeypatch.setattr(localplaces, "SYSTEM_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalServersError, match=r"^No PostgreSQL: .* or set DATABASE_URL$"):
        ensure_running(tmp_path / "var")
    stop(tmp_path / "var")
