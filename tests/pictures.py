"""README's pictures, taken of the running demo: `python -m tests.pictures` (`make pictures`), whenever pages have changed.

Starts servers of its own in a temporary folder, plays the demo there, and writes docs/pictures/.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import localservers
from portal.localrun import die_with_parent
from tests.servers import CONFIGURATION

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 200_000
# File → the stop of the tour, width and height of the window, how many device pixels a pixel has.
WINDOWS = {
    "start": ("start", 1280, 800, 1),
    "sheet": ("sheet-student", 1280, 960, 1),
    "sheet-phone": ("sheet-student", 390, 844, 1.5),
    "queue": ("queue", 1280, 860, 1),
    "import-faults": ("import-faults", 1280, 960, 1),
    "certificate": ("certificate", 1280, 900, 1),
    "public-liaisons": ("liaisons-public", 1280, 800, 1),
    "letter": ("liaisons-letter", 1280, 760, 1),
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as folder:
        var = Path(folder)
        var.chmod(0o711)  # as root the servers run as nobody, and must get there
        for name in CONFIGURATION:
            os.environ.pop(name, None)
            os.environ.pop(f"{name}_FILE", None)
        os.environ |= {
            "PORTAL_VAR": folder,
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
    wanted = {stops[name].persona for name, *_ in WINDOWS.values()} - {""}
    sessions = {name: tour.session_of(User.objects.get(username=name)) for name in wanted}
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for file, (name, width, height, scale) in WINDOWS.items():
            with tour.window(
                browser,
                address,
                sessions,
                language="zh-hans",
                width=width,
                device_scale_factor=scale,
                locale="zh-CN",
            ) as window:
                window.page.set_viewport_size({"width": width, "height": height})
                picture = PICTURES / f"{file}.png"
                window.look(stops[name]).screenshot(path=picture)
                size = picture.stat().st_size
                print(f"{picture.relative_to(ROOT)}  {size // 1000} kB")  # noqa: T201
                if size > MOST_BYTES:
                    raise SystemExit(f"{picture.name} is larger than {MOST_BYTES // 1000} kB.")
        browser.close()


if __name__ == "__main__":
    main()
