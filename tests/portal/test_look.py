"""The look: small, self-contained, and fit for the content security policy (decision 16)."""

import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils.translation import override

from portal import navigation
from portal.navigation import NavigationItem, links, register
from portal.templatetags.portal_ui import STATES

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ICONS = {symbol.get("id") for symbol in ElementTree.parse(ROOT / "static/img/icons.svg").getroot()}  # noqa: S314


def request(path: str = "/", *, signed_in: bool = True) -> HttpRequest:
    asked = RequestFactory().get(path)
    asked.user = SimpleNamespace(is_authenticated=True) if signed_in else AnonymousUser()  # type: ignore[assignment]
    return asked


def answer(allowed: bool, _: HttpRequest) -> bool:
    return allowed


def rendered(source: str, path: str = "/", **values: object) -> str:
    asked = request(path)
    template = Template("{% load portal_ui %}" + source)
    return template.render(RequestContext(asked, values) if "?" in path else Context(values))


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_no_page_has_what_the_content_security_policy_refuses(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|https?://", text) == []


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in TEMPLATES)
    asked = set(re.findall(r"{% icon \"([a-z]+)\"", sources)) | {state.icon for state in STATES.values()}
    assert asked - ICONS == set()


def test_the_stylesheet_stays_small() -> None:
    assert (ROOT / "static/css/portal.css").stat().st_size < 34_000


def test_a_badge_says_its_state_in_words_and_escapes_them() -> None:
    with override("en"):
        assert "</svg>Not passed</span>" in rendered('{% badge "failed" %}')
    assert "</svg>&lt;b&gt;</span>" in rendered('{% badge "unheard" label=label %}', label="<b>")


def test_what_stands_inside_a_component_was_escaped_once() -> None:
    html = rendered("{% card title=title %}<p>{{ name }}</p>{% endcard %}", title="A & B", name="<i>")
    assert "<h2>A &amp; B</h2>" in html
    assert "<p>&lt;i&gt;</p>" in html


def test_a_chip_takes_only_its_own_filter_away() -> None:
    path = "/clearance/?state=failed&state=waiting&q=li&after=9"
    assert 'href="?state=waiting&amp;q=li"' in rendered('{% chip "Failed" "state" "failed" %}', path)
    assert 'href="?state=failed&amp;state=waiting"' in rendered('{% chip "li" "q" %}', path)


def test_the_pager_keeps_the_filters() -> None:
    html = rendered("{% pager page %}", "/?q=li&after=9", page={"after": "20", "before": "10"})
    assert re.findall(r'<a [^>]*href="([^"]*)"', html) == ["?q=li&amp;before=10", "?q=li&amp;after=20"]
    assert rendered("{% pager page %}", "/?q=li", page={"after": None, "before": None}).strip() == ""


def test_navigation_shows_what_this_person_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_items", {})
    for key, allowed, anonymous, order in (
        ("start", True, True, 2),
        ("healthz", True, False, 1),
        ("set_language", False, True, 3),
    ):
        register(NavigationItem(key, key, key, partial(answer, allowed), order=order, anonymous=anonymous))
    assert [(link.key, link.current) for link in links(request("/healthz"))] == [
        ("healthz", True),
        ("start", False),
    ]
    assert [link.key for link in links(request(signed_in=False))] == ["start"]
