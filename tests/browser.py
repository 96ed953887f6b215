"""Headless Chromium for stories told by clicking. Debian's `chromium` is used; `make test` installs it where it may."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium per test process. Missing, the test fails and says what to install."""
    if not Path(CHROMIUM).exists():
        pytest.fail("Browser tests need Chromium: apt-get install chromium fonts-noto-cjk")
    # Playwright's loop runs in this thread; Django's guard against that does not know it is only waiting.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody in front of the portal: signs in and clicks."""

    page: Page
    address: str

    def go(self, path: str) -> Page:
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    def sign_in(self, username: str, password: str = "demo-2026") -> None:  # noqa: S107  the demo's
        self.go("/accounts/login/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", password)
        self.page.click("main form button.primary")
        self.page.wait_for_url(re.compile(re.escape(self.address) + "/(?!accounts/login)"))


@contextmanager
def visitor(browser: Browser, address: str, *, language: str = "en", width: int = 1280) -> Iterator[Visitor]:
    """A new browser window of its own, in a language and of a width."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900}, locale="en-GB" if language == "en" else "zh-CN"
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": address}])
    context.set_default_timeout(15_000)
    yield Visitor(context.new_page(), address)
    context.close()


def settled(page: Page, selector: str, seconds: float = 60) -> Any:
    """Waits until something shows that a background job has brought about."""
    try:
        return page.wait_for_selector(selector, timeout=seconds * 1000)
    except TimeoutError as error:
        raise AssertionError(
            f"{selector} did not appear; the page says:\n{page.inner_text('main')}"
        ) from error
