"""Every main page, in both languages, on a telephone and on a desk: nothing sticks out, nothing is left in English,
nothing is refused by the content security policy, and axe finds no serious barrier (X1, X3)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from portal import demo
from portal.accounts.models import User
from tests import tour
from tests.test_catalogue import catalogue

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAIN = {
    "start", "sign-in", "activate", "certificate-confirm", "liaisons-public", "not-found", "start-student",
    "sheet-postgraduate", "item-own", "item-plan", "item-registration", "item-careers", "queue-again", "certificate", "queue",
    "students", "graduates", "completeness", "activation", "imports-empty",
    "import-new", "import-faults", "import-checked", "export-new", "alumni", "alumnus", "liaisons-student",
    "questionnaire", "questionnaire-anonymous", "questionnaire-preview", "counter", "decisions", "data", "data-keys", "debts",
    "delegations", "supervisors", "deferrals", "additions", "rules", "statistics", "statistics-names", "messages",
    "liaison-review", "liaison-appointments", "admin", "admin-graduates", "notices-student", "notice", "manual-graduate",
}  # fmt: skip
NAMES = {
    "api",
    "esc",  # as it stands on the key
    "zhang",
    "xiaoming",
    "excel",
    "xlsx",
    "jpeg",
    "png",
    "webp",
    "csv",
    "wechat",
    "pdf",
    "english",
    "admin",
    "sheet",
    "example",
    "alumni",
    "com",
}
LANGUAGES = {"zh-hans": 360, "en": 1280}  # where axe looks
ADDRESS = re.compile(r"\S+@\S+|https?://\S+")
STICKS_OUT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TEXTS = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (/[a-z]{3}/i.test(text) && !walker.currentNode.parentElement.closest("script, style, .code, code, [lang=en]"))
      found.push(text);
  }
  return found;
}"""


@cache
def english_words() -> set[str]:
    """What our English texts are made of."""
    return {
        word.lower()
        for message in catalogue()
        for text in (message.id if isinstance(message.id, tuple) else (message.id,))
        for word in re.findall(r"[A-Za-z]{3,}", re.sub(r"%\(\w+\)", "", str(text)))
    }


def english(page: Page, stop: tour.Stop) -> set[str]:
    """Words of our English texts on a Chinese page; names, addresses and file formats may stand there."""
    words = {
        word.lower()
        for text in page.evaluate(TEXTS)
        for word in re.findall(r"[A-Za-z]{3,}", ADDRESS.sub("", text))
    }
    return (words & english_words()) - NAMES - {stop.persona}


def complaints(window: tour.Window, stop: tour.Stop, language: str, noise: list[str]) -> Iterator[str]:
    """What is wrong with one page in one language, at both widths."""
    noise.clear()
    page = window.look(stop)
    if language != "en" and (words := english(page, stop)):
        yield f"in English: {sorted(words)}"
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(STICKS_OUT):
            yield f"wider than the window at {width}"
        if width == LANGUAGES[language]:
            yield from barriers(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    yield from (line for line in noise if not (stop.status >= 400 and "Failed to load resource" in line))


def barriers(page: Page) -> Iterator[str]:
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
    for violation in Axe().run(page, options=options).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            yield f"axe {violation['id']}: {violation['nodes'][0]['html'][:160]}"


def listen(page: Page, noise: list[str]) -> None:
    """Take down what the browser complains of; Chromium asks for a /favicon.ico where a page names none."""

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            noise.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: noise.append(str(error)))


def test_main_pages_fit_speak_one_language_and_have_no_barriers(live_server: Any, chromium: Browser) -> None:
    for step in demo.steps():
        step.play(120)
    tour.set_the_stage()
    stops = [stop for stop in tour.stops() if stop.name in MAIN]
    assert {stop.name for stop in stops} == MAIN
    sessions = {
        name: tour.session_of(User.objects.get(username=name))
        for name in {stop.persona for stop in stops if stop.persona}
    }
    wrong: list[str] = []
    for language in LANGUAGES:
        with tour.window(chromium, live_server.url, sessions, language=language, width=1280) as window:
            noise: list[str] = []
            listen(window.page, noise)
            for stop in stops:
                wrong += [
                    f"{stop.name} ({language}): {each}" for each in complaints(window, stop, language, noise)
                ]
    assert wrong == []
