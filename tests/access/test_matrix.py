"""The access matrix: every route × method × persona (decision 7). Denied answers equal those for what does not exist."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoDbBlocker

from leaving.views.api import by_key
from portal import navigation
from portal.navigation import NavigationItem
from tests.access.routes import Route, admin_routes, routes
from tests.access.samples import SAMPLES
from tests.access.world import PERSONAS, World, build

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
WRITES = re.compile(
    r"^\s*(INSERT|UPDATE|DELETE|COPY|TRUNCATE|WITH .*\b(INSERT|UPDATE|DELETE)\b)", re.IGNORECASE | re.DOTALL
)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The university with everything that the samples name, made once: each test's own transaction lies inside this one."""
    with django_db_blocker.unblock(), transaction.atomic():
        with translation.override(configured.LANGUAGE_CODE):
            made = build()
            for sample in SAMPLES.values():
                sample.key(made)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def steady_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the navigation offers is asked once per person: thousands of answers here show it, and none is about it."""
    offered: dict[tuple[str, object], bool] = {}

    def once(item: NavigationItem) -> NavigationItem:
        def allowed(request: HttpRequest) -> bool:
            key = (item.key, request.user.pk)
            if key not in offered:
                offered[key] = item.allowed(request)
            return offered[key]

        return replace(item, allowed=allowed)

    items = {key: once(item) for key, item in navigation._items.items()}
    monkeypatch.setattr(navigation, "_items", items)


class Writes:
    """Counts the statements that would change the database."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITES.match(sql):
            self.statements.append(sql)
        return execute(sql, params, many, context)


def body_of(answer: HttpResponseBase, path: str) -> str:
    """The page without what differs from request to request: its own path and the form token."""
    content = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    text = content.decode("utf-8", "replace").replace(f'"{path}"', '"PATH"')
    return re.sub(
        r'(csrfmiddlewaretoken" value=")[^"]+|("X-CSRFToken": ")[^"]+|(csrf-token" content=")[^"]+',
        r"\1\2\3",
        text,
    )


def nothing_below(client: Client, path: str) -> str:
    """The page for what does not exist, at a neighbouring address."""
    nowhere = f"{path}no-such-page/"
    return body_of(client.get(nowhere), nowhere)


def undone(client: Client, method: str, path: str) -> HttpResponseBase:
    """A request whose effects are taken back, so that the next one meets the same world."""
    with transaction.atomic():
        answer: HttpResponseBase = getattr(client, method)(path)
        transaction.set_rollback(True)
    return answer


def paths_of(route: Route, world: World) -> tuple[str, str] | None:
    """The URL of the world's object and that of none, or the same URL twice; None where a sample is missing."""
    if not route.arguments:
        return reverse(route.name), reverse(route.name)
    sample = SAMPLES.get(route.name)
    if sample is None:
        return None
    return reverse(route.name, kwargs=sample.key(world)), reverse(route.name, kwargs=sample.nothing())


def test_every_view_says_who_may_enter() -> None:
    silent = [route.name for route in (*routes(), *admin_routes()) if route.rule is None]
    assert silent == []


def test_every_route_has_a_name() -> None:
    assert [route.view.__module__ for route in routes() if "?" in route.name] == []


def test_every_route_that_names_an_object_has_a_sample() -> None:
    missing = sorted(route.name for route in routes() if route.arguments and route.name not in SAMPLES)
    assert missing == [], "add them to tests/access/samples.py"


def test_the_samples_name_routes_that_exist() -> None:
    assert sorted(set(SAMPLES) - {route.name for route in routes()}) == []


@pytest.mark.usefixtures("steady_navigation")
@pytest.mark.django_db
@pytest.mark.parametrize("persona", ["nobody", *PERSONAS])
def test_whom_a_rule_keeps_out_gets_what_does_not_exist_gets_and_changes_nothing(
    persona: str, world: World
) -> None:
    client = Client(raise_request_exception=False)
    if persona != "nobody":
        client.force_login(world.personas[persona])
    wrong = []
    for route in routes():
        paths = paths_of(route, world)
        if paths is None or route.rule is None:
            continue
        user = world.personas.get(persona)
        if route.rule.allows(user) if user else route.rule.anonymous:
            continue
        missing = nothing_below(client, paths[0])
        for method in METHODS:
            writes = Writes()
            with connection.execute_wrapper(writes):
                answer = getattr(client, method)(paths[0])
            if writes.statements:
                wrong.append(f"{method} {route.name}: wrote {writes.statements[0][:60]}")
            if persona == "nobody":
                fine = (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
            else:
                fine = answer.status_code == 404 and (
                    method == "head" or body_of(answer, paths[0]) == missing
                )
            if not fine:
                wrong.append(f"{method} {route.name}: {answer.status_code}")
    assert wrong == []


@pytest.mark.usefixtures("steady_navigation")
@pytest.mark.django_db
@pytest.mark.parametrize("persona", PERSONAS)
def test_an_object_out_of_reach_looks_exactly_like_none(persona: str, world: World) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.personas[persona])
    wrong = []
    for route in routes():
        paths = paths_of(route, world)
        if paths is None or paths[0] == paths[1] or route.rule is None:
            continue
        client.cookies.pop("messages", None)  # what an earlier POST left to say is not part of the answer
        for method in ("get", "post"):
            there = undone(client, method, paths[0])
            if persona in SAMPLES[route.name].insiders:
                if there.status_code == 404 or there.status_code >= 500:
                    wrong.append(f"{method} {route.name}: an insider got {there.status_code}")
                continue
            none = undone(client, method, paths[1])
            if (there.status_code, body_of(there, paths[0])) != (none.status_code, body_of(none, paths[1])):
                wrong.append(f"{method} {route.name}: {there.status_code}, not as for what does not exist")
            elif there.status_code < 400 and method == "get":
                wrong.append(f"{method} {route.name}: {there.status_code} for a stranger")
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("persona", PERSONAS)
def test_every_page_one_may_enter_opens(persona: str, world: World, settings: Any) -> None:
    """No page of a person fails: every plain GET that the entry rule allows is a page, a redirect or a clear no."""
    settings.FIRST_SIGN_IN_WINDOW = (datetime.date.min, datetime.date.max)
    settings.CAS_URL = "https://cas.example.edu/cas"
    client = Client()
    client.force_login(world.personas[persona])
    wrong = []
    for route in routes():
        if route.arguments or route.rule is None or not route.rule.allows(world.personas[persona]):
            continue
        answer = client.get(reverse(route.name))
        keyed = route.rule is by_key and answer.status_code == 401  # a session opens nothing there
        if answer.status_code not in {200, 302, 405} and not keyed:
            wrong.append(f"{route.name}: {answer.status_code}")
    assert wrong == []


@pytest.mark.usefixtures("steady_navigation")
@pytest.mark.django_db
def test_the_administration_is_closed_to_all_who_are_not_its_staff(world: World) -> None:
    wrong = []
    for persona in ("nobody", "mei", "college", "student affairs"):
        client = Client()
        if persona != "nobody":
            client.force_login(world.personas[persona])
        for route in admin_routes():
            if route.arguments or route.name in {"admin:login", "admin:?"}:
                continue
            answer = client.get(reverse(route.name))
            if answer.status_code != (302 if persona == "nobody" else 404):
                wrong.append(f"{persona} {route.name}: {answer.status_code}")
    assert wrong == []
