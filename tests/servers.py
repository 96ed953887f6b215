"""An early plugin (`-p tests.servers`): the tests have a PostgreSQL and a Valkey of their own.

pytest-django reads the settings before any conftest.py runs, so the servers must stand before that. They are
temporary, without fsync, and known to the settings by `PORTAL_VAR` alone; what the shell says is put aside.
A keeper process stops them when the pipe to us closes: at the end, after Ctrl-C, and when we are killed too.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from portal import localplaces, localservers

CONFIGURATION = [
    "ALLOWED_HOSTS",
    "CAS_URL",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "EMAIL_URL",
    "FIELD_KEYS",
    "HTTPS",
    "LOG_LEVEL",
    "MEDIA_URL_BACKEND",
    "MIGRATE_DATABASE_URL",
    "PORTAL_DEMO",
    "PRIVATE_FILES_DIR",
    "PUBLIC_URL",
    "REDIS_URL",
    "SECRET_KEY",
]
KEEPER = pytest.StashKey[subprocess.Popen[bytes]]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        for name in CONFIGURATION:
            os.environ.pop(name, None)
            os.environ.pop(f"{name}_FILE", None)
        directory = localplaces.temporary_var("portal-tests-")
        os.environ["PORTAL_VAR"] = str(directory)
        early_config.stash[KEEPER] = subprocess.Popen(
            [sys.executable, "-m", "tests.servers", str(directory)],
            cwd=early_config.rootpath,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            start_migrated(directory, early_config.rootpath)
        except localplaces.LocalServersError as error:
            raise pytest.UsageError(str(error)) from error
    use_own_corner(Path(os.environ["PORTAL_VAR"]), worker)
    return (yield)


def start_migrated(directory: Path, root: Path) -> None:
    """Start the servers with every migration applied to the database `portal`, the template of all test databases.

    Migrating takes ten times as long as all the rest of the start, so the result is kept under `var` for as
    long as neither migrations nor requirements change. What it may lack is applied again by each test database.
    """
    kept = kept_template(root)
    localservers.ensure_running(directory, durable=False, template=kept)
    if kept.exists():
        return
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    if subprocess.run(migrate, cwd=root, stdin=subprocess.DEVNULL, check=False).returncode:
        return  # it has said why; tests that need no database can still run
    localservers.stop(directory)
    shutil.rmtree(kept.parent, ignore_errors=True)
    kept.parent.mkdir(parents=True)
    draft = kept.with_name(f"draft-{os.getpid()}")
    subprocess.run(["cp", "-a", directory / "postgres" / "data", draft], check=True)
    with suppress(OSError):  # another run was quicker
        draft.rename(kept)
    localservers.ensure_running(directory, durable=False)


def kept_template(root: Path) -> Path:
    """Where the data directory of a migrated server is kept; it is there once the tests have started."""
    return root / "var" / "test-template" / fingerprint(root)


def fingerprint(root: Path) -> str:
    digest = hashlib.sha256(sys.version.encode())
    sources = [
        *root.glob("requirements*.txt"),
        *root.glob("*/migrations/*.py"),
        *root.glob("*/*/migrations/*.py"),
    ]
    for path in sorted(path for path in sources if ".venv" not in path.parts):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def use_own_corner(var: Path, worker: str) -> None:
    """Give an xdist worker its own broker and cache databases, and its own private files."""
    number = 2 * int(worker.removeprefix("gw") or 0)
    os.environ["REDIS_URL"] = localservers.cache_url(localservers.urls(var).redis, databases_on=number)
    os.environ["PRIVATE_FILES_DIR"] = str(var / f"private-{worker or 'gw'}")


def pytest_unconfigure(config: pytest.Config) -> None:
    keeper = config.stash.get(KEEPER, None)
    if keeper is not None:
        keeper.communicate()


def keep(directory: Path) -> None:
    """Wait until the pipe closes, then stop the servers and remove their data."""
    sys.stdin.read()
    localservers.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
