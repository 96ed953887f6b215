"""What the make targets need before anything else: a virtual environment, requirements, compiled messages.

Run by the system's Python as `python3 -I portal/localsetup.py [dev]`: standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = {
    "local": ["requirements.txt", "requirements-local.txt"],
    "dev": ["requirements.txt", "requirements-local.txt", "requirements-dev.txt"],
}
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def main(kind: str) -> None:
    """Bring the environment up to date; `dev` adds what the tests need. Quick when nothing has changed."""
    os.chdir(ROOT)
    make_environment()
    install_requirements(kind)
    compile_messages()
    if kind == "dev":
        install_browser()


def make_environment() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  it is the system's Python that gets this line to read
        found = f"{sys.executable} is {sys.version.split()[0]}"
        raise SystemExit(f"Python 3.11 or newer is needed; {found}. PYTHON=… chooses another.")
    if PYTHON.exists() and succeeds([str(PYTHON), "-m", "pip", "--version"]):
        return
    if not succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        raise SystemExit(
            "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"
        )
    step("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])


def install_requirements(kind: str) -> None:
    stamps = {name: VENV / f".installed-{name}" for name in REQUIREMENTS}
    if stamps[kind].exists() and stamps[kind].read_text() == fingerprint(kind):
        return
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    step(
        f"Installing {REQUIREMENTS[kind][-1]} (a minute the first time)", [*pip, "-r", REQUIREMENTS[kind][-1]]
    )
    for name in ("local", kind):
        stamps[name].write_text(fingerprint(name))


def fingerprint(kind: str) -> str:
    """Change when a requirement changes, or Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in REQUIREMENTS[kind]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def compile_messages() -> None:
    for source in ROOT.glob("locale/*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            pybabel = [str(VENV / "bin" / "pybabel"), "--quiet", "compile"]
            step(f"Compiling {source.relative_to(ROOT)}", [*pybabel, "-i", str(source), "-o", str(target)])


def install_browser() -> None:
    """Chromium and a Chinese font for the browser tests: installed where we may, else one line says so."""
    missing = [] if shutil.which("chromium") else ["chromium"]
    missing += [] if Path(FONT).exists() else ["fonts-noto-cjk"]
    if not missing:
        return
    apt = shutil.which("apt-get")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if apt and (not sudo or (shutil.which("sudo") and succeeds(["sudo", "-n", "true"]))):
        get = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq"]
        step(f"Installing {' and '.join(missing)}", [*get, "update"])
        step("", [*get, "install", "-y", "--no-install-recommends", *missing])
        return
    line = f"Missing for the tests in a browser: {' '.join(missing)} (apt-get install {' '.join(missing)})"
    if os.environ.get("CI") == "true":
        raise SystemExit(line)
    print(line)


def step(what: str, command: list[str]) -> None:
    if what:
        print(f"{what} …", flush=True)
    result = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        raise SystemExit(f"failed with status {result.returncode}: {' '.join(command)}")


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    main("dev" if sys.argv[1:] == ["dev"] else "local")
