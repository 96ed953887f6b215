"""docker-compose.yml without an engine: its shape, and each service's own command with its own environment."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.processes import BIN, ROOT, Process, environment

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What `/run/secrets` would hold, for this test's database."""
    subprocess.run([ROOT / "deploy/make-secrets.sh", tmp_path / "secrets"], check=True)
    known = environment()
    for name in ("DATABASE_URL", "MIGRATE_DATABASE_URL"):
        (tmp_path / "secrets" / name.lower()).write_text(known[name] + "\n")
    return tmp_path / "secrets"


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def service_environment(name: str, secrets: Path) -> dict[str, str]:
    """The service's environment as Compose would set it, but for what has another address here."""
    defaults = re.compile(r"\$\{\w+:-([^}]*)\}")
    wanted = {key: defaults.sub(r"\1", str(value)) for key, value in SERVICES[name]["environment"].items()}
    for key, value in wanted.items():
        moved = re.sub("^/run/secrets", str(secrets), value)
        wanted[key] = re.sub("^/data", str(secrets.parent / "data"), moved)
    here = {"REDIS_URL": settings.REDIS_URL, "PATH": f"{BIN}:{os.environ['PATH']}"}
    if "PORT" in wanted:
        here["PORT"] = free_port()
    return {**wanted, **here}


def start(name: str, secrets: Path) -> Process:
    command = [part.replace("/tmp/", f"{secrets}/") for part in SERVICES[name]["command"]]  # noqa: S108
    process = Process(command, secrets.parent / f"{name}.log", service_environment(name, secrets))
    process.ensure_running()
    return process


def healthy(name: str, secrets: Path, process: Process) -> bool:
    """Run the service's own health check beside it."""
    kind, *test = SERVICES[name]["healthcheck"]["test"]
    test = [part.replace("/tmp", str(secrets)) for part in test]  # noqa: S108
    command = ["sh", "-c", *test] if kind == "CMD-SHELL" else test
    return subprocess.run(command, cwd=ROOT, env=process.environment, capture_output=True).returncode == 0


def wait_for(condition: Callable[[], bool], process: Process, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.popen is not None
        assert process.popen.poll() is None, process.output()
        assert time.monotonic() < deadline, process.output()
        time.sleep(0.2)


def test_shape() -> None:
    assert sorted(SERVICES) == ["db", "migrate", "redis", "sweep", "web", "worker"]
    declared = set(COMPOSE["secrets"])
    for name, service in SERVICES.items():
        assert set(service.get("secrets", [])) <= declared, name
        for key, value in service.get("environment", {}).items():
            if key.endswith("_FILE"):
                assert Path(value).name in service["secrets"], (name, key)
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        assert ("healthcheck" in service) == (name != "migrate"), name
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert named - {"./deploy/create-roles.sh"} == set(COMPOSE["volumes"])


def test_secrets_are_made_once(tmp_path: Path) -> None:
    make = [ROOT / "deploy/make-secrets.sh", tmp_path / "secrets"]
    subprocess.run(make, check=True)
    made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    subprocess.run(make, check=True)
    assert {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()} == made
    assert set(made) == set(COMPOSE["secrets"])
    assert len(set(made.values())) == len(made)


def test_the_image_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines[0] == "FROM python:3.11-slim"
    assert lines.index("USER portal") < next(i for i, line in enumerate(lines) if line.startswith("CMD "))


def test_static_files_are_collected_as_in_the_image(tmp_path: Path) -> None:
    """The Dockerfile's own line, without database and secrets."""
    line = re.search(r"&& (DATABASE_URL=.*?) \\\n\s+(python manage.py collectstatic.*?) \\\n", dockerfile())
    assert line is not None
    values = dict(pair.split("=", 1) for pair in line[1].split())
    values |= {"STATIC_ROOT": str(tmp_path), "PATH": f"{BIN}:{os.environ['PATH']}"}
    subprocess.run(line[2].split(), cwd=ROOT, env=values, check=True)
    assert (tmp_path / "staticfiles.json").exists()


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_migrate_ends_well(secrets: Path) -> None:
    process = start("migrate", secrets)
    assert process.popen is not None
    assert process.popen.wait(timeout=60) == 0, process.output()
    assert "No migrations to apply" in process.output()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["web", "worker", "sweep"])
def test_service_starts_and_is_healthy(name: str, secrets: Path) -> None:
    process = start(name, secrets)
    try:
        wait_for(lambda: healthy(name, secrets, process), process)
    finally:
        process.kill()
