"""The pictures of README and of the manuals, taken of the running demo: `python -m tests.pictures` (`make pictures`), whenever
pages have changed; with names (`python -m tests.pictures queue sheet`) only those.

Starts servers of its own in a temporary folder, plays the demo there, and writes docs/pictures/ (README's, in Chinese) and
static/manuals/ (in both languages).
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from portal import localplaces, localservers
from portal.localrun import die_with_parent
from tests.servers import CONFIGURATION

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 200_000
# The stop of the tour, width and height of the window, how many device pixels a pixel has.
Window = tuple[str, int, int, float]
WINDOWS: dict[str, Window] = {
    "start": ("start", 1280, 800, 1),
    "sheet": ("sheet-student", 1280, 960, 1),
    "sheet-phone": ("sheet-student", 390, 844, 1.5),
    "queue": ("queue", 1280, 860, 1),
    "import-faults": ("import-faults", 1280, 960, 1),
    "certificate": ("certificate", 1280, 900, 1),
    "public-liaisons": ("liaisons-public", 1280, 800, 1),
    "letter": ("liaisons-letter", 1280, 760, 1),
}
# The same for the manuals (docs/manuals/).
MANUALS = ROOT / "static" / "manuals"
LOCALES = {"zh": ("zh-hans", "zh-CN"), "en": ("en", "en-GB")}
MANUAL_PICTURES: dict[str, Window] = {
    "sign-in": ("sign-in", 1120, 700, 1),
    "questionnaire": ("manual-questionnaire", 1120, 860, 1),
    "sheet": ("sheet-student", 1120, 960, 1),
    "evidence": ("manual-evidence", 1120, 860, 1),
    "certificate": ("certificate", 1120, 860, 1),
    "queue": ("queue", 1120, 800, 1),
    "counter": ("manual-counter", 1120, 700, 1),
    "decisions": ("manual-decisions", 1120, 860, 1),
    "obligations": ("manual-obligations", 1120, 860, 1),
    "students": ("students", 1120, 700, 1),
    "statistics": ("manual-statistics", 1120, 860, 1),
    "import-faults": ("import-faults", 1120, 860, 1),
    "staff": ("manual-staff", 1120, 860, 1),
}


def main() -> None:
    var = localplaces.temporary_var("portal-pictures-")
    for name in CONFIGURATION:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ |= {
        "PORTAL_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    }
    try:
        localservers.ensure_running(var, durable=False)
        for command in (["migrate", "-v0"], ["demo"]):
            subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
            )
        with website() as address:
            take(address)
    finally:
        localservers.stop(var)
        shutil.rmtree(var, ignore_errors=True)


@contextmanager
def website() -> Iterator[str]:
    """The portal's web server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).parent / "gunicorn"),
        "portal.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "4",
    ]
    environment = os.environ | {"PUBLIC_URL": "https://portal.example.edu.cn", "PYTHONWARNINGS": "ignore"}
    server = subprocess.Popen(
        [*command, "--log-level", "error"], cwd=ROOT, env=environment, preexec_fn=die_with_parent
    )
    try:
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310  our own http address
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def take(address: str) -> None:
    """Look at each stop through a window of its size, and keep what is seen."""
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    from portal.accounts.models import User
    from tests import tour
    from tests.browser import CHROMIUM, QUIET

    tour.set_the_stage()
    stops = {stop.name: stop for stop in tour.stops()}
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for picture, (name, width, height, scale), (language, locale) in asked_for(sys.argv[1:]):
            stop = stops.get(name)
            if stop is None:
                print(f"{picture.relative_to(ROOT)}  there is no page “{name}” yet")  # noqa: T201
                continue
            sessions = (
                {stop.persona: tour.session_of(User.objects.get(username=stop.persona))}
                if stop.persona
                else {}
            )
            with tour.window(
                browser,
                address,
                sessions,
                language=language,
                width=width,
                device_scale_factor=scale,
                locale=locale,
            ) as window:
                window.page.set_viewport_size({"width": width, "height": height})
                picture.parent.mkdir(parents=True, exist_ok=True)
                window.look(stop).screenshot(path=picture)
                size = picture.stat().st_size
                print(f"{picture.relative_to(ROOT)}  {size // 1000} kB")  # noqa: T201
                if size > MOST_BYTES:
                    raise SystemExit(f"{picture.name} is larger than {MOST_BYTES // 1000} kB.")
        browser.close()


def asked_for(names: Sequence[str]) -> Iterator[tuple[Path, Window, tuple[str, str]]]:
    """Where each picture goes, how it is taken, and in which language; only those of `names` if there are any."""
    for file, window in WINDOWS.items():
        if not names or file in names:
            yield PICTURES / f"{file}.png", window, LOCALES["zh"]
    for file, window in MANUAL_PICTURES.items():
        for folder, spoken in LOCALES.items():
            if not names or file in names:
                yield MANUALS / folder / f"{file}.png", window, spoken


if __name__ == "__main__":
    main()
