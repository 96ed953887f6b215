"""Every route of the portal, read from the resolver: the access matrix grows by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from portal.accounts.access import Rule


@dataclass(frozen=True)
class Route:
    """A named view, and the names of the arguments that its URL takes."""

    name: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def rule(self) -> Rule | None:
        return getattr(self.view, "access", None)


@cache
def routes() -> tuple[Route, ...]:
    """All routes but the admin's, which has its own walk."""
    return tuple(
        route for route in _walk(get_resolver().url_patterns, "") if not route.name.startswith("admin:")
    )


@cache
def admin_routes() -> tuple[Route, ...]:
    return tuple(route for route in _walk(get_resolver().url_patterns, "") if route.name.startswith("admin:"))


def _walk(
    patterns: list[URLPattern | URLResolver], namespace: str, inherited: tuple[str, ...] = ()
) -> Iterator[Route]:
    for pattern in patterns:
        arguments = inherited + tuple(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, arguments)
        else:
            yield Route(f"{namespace}{pattern.name or '?'}", pattern.callback, arguments)
