"""The README's pictures: `make pictures` takes them of the running portal with its demo data, into docs/pictures/.

The portal runs on servers of its own in a temporary folder. To add a picture, add a line to PICTURES.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from portal import localservers
from tests.browser import CHROMIUM, QUIET, Visitor
from tests.servers import CONFIGURATION

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
LARGEST_BYTES = 150_000
START_SECONDS = 120


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it; `persona` is a demo account, or empty for somebody not signed in."""

    name: str
    persona: str
    path: str
    width: int = 1280
    height: int = 800
    language: str = "zh-hans"
    theme: str = "light"


PICTURES = [
    Picture("start", "", "/", height=760),
    Picture("sign-in", "", "/accounts/login/", language="en", height=760),
    Picture("sheet", "student", "/sheet/", height=1000),
    Picture("sheet-phone", "student", "/sheet/", width=360, height=780),
    Picture("sheet-phone-dark", "student", "/sheet/", width=360, height=780, language="en", theme="dark"),
    Picture("queue", "library", "/clearance/"),
    Picture("import", "studentaffairs", "/imports/new/graduates/"),
    Picture("alumni", "alumnioffice", "/alumni/"),
    Picture("liaisons-public", "", "/public/liaisons/"),
]


def take(browser: Browser, address: str, picture: Picture) -> None:
    """Takes one picture; complains if it is too large for a README."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        locale="en-GB" if picture.language == "en" else "zh-CN",
        color_scheme="dark" if picture.theme == "dark" else "light",
        timezone_id="Asia/Shanghai",
    )
    context.add_cookies([{"name": "django_language", "value": picture.language, "url": address}])
    visitor = Visitor(context.new_page(), address)
    if picture.persona:
        visitor.sign_in(picture.persona)
    file = FOLDER / f"{picture.name}.png"
    visitor.go(picture.path).screenshot(path=file)
    context.close()
    size = file.stat().st_size
    print(f"{file.relative_to(ROOT)}  {size // 1000} KB")  # noqa: T201
    if size > LARGEST_BYTES:
        raise SystemExit(f"{file.name} is larger than {LARGEST_BYTES // 1000} KB: make the window smaller.")


@contextmanager
def running_portal() -> Iterator[str]:
    """The whole portal with the demo, in a temporary folder; yields its address."""
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # as root the servers run as nobody, and must get there
        port = free_port()
        environment = {key: value for key, value in os.environ.items() if key not in CONFIGURATION}
        environment |= {"PORTAL_VAR": name, "PORT": str(port)}
        try:
            for command in (["manage.py", "migrate", "--verbosity", "0"], ["manage.py", "demo"]):
                subprocess.run(
                    [sys.executable, *command],
                    cwd=ROOT,
                    env=environment,
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
            portal = subprocess.Popen(
                [sys.executable, "-m", "portal.localrun", "run"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
            )
            try:
                address = f"http://127.0.0.1:{port}"
                wait_for(address, portal)
                yield address
            finally:
                portal.send_signal(signal.SIGINT)
                portal.wait(timeout=60)
        finally:
            localservers.stop(directory)


def wait_for(address: str, portal: subprocess.Popen[bytes]) -> None:
    """Returns once the portal answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and portal.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 (own address)
            return
        time.sleep(0.3)
    raise SystemExit("The portal did not start.")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = set(sys.argv[1:])
    with running_portal() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for picture in PICTURES:
            if not wanted or picture.name in wanted:
                take(browser, address, picture)
        browser.close()


if __name__ == "__main__":
    main()
