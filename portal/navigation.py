"""What every page knows: the navigation for this person, whose portal it is, and in which theme to show it.

Apps register their entries in `AppConfig.ready()`; this module imports none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language

THEMES = ("light", "dark")


@dataclass(frozen=True)
class NavigationItem:
    """One entry. `allowed` is asked once per page; of who is not signed in only if `anonymous`. `unread` says what number it is
    marked with; it had better not ask the database on every page."""

    key: str
    label: str | Promise
    url_name: str
    allowed: Callable[[HttpRequest], bool]
    order: int = 100
    anonymous: bool = False
    unread: Callable[[HttpRequest], int] = lambda request: 0


@dataclass(frozen=True)
class NavigationLink:
    key: str
    label: str
    url: str
    current: bool
    unread: int = 0


_items: dict[str, NavigationItem] = {}


def register(item: NavigationItem) -> None:
    """Adds an entry, or replaces the one with the same key."""
    _items[item.key] = item


def links(request: HttpRequest) -> list[NavigationLink]:
    """The entries this person may use, in order; the one whose address begins the present one is current."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    allowed = [
        (item, reverse(item.url_name))
        for item in sorted(_items.values(), key=lambda item: (item.order, item.key))
        if (signed_in or item.anonymous) and item.allowed(request)
    ]
    here = max((url for _, url in allowed if request.path.startswith(url)), key=len, default=None)
    return [
        NavigationLink(item.key, str(item.label), url, url == here, item.unread(request))
        for item, url in allowed
    ]


def university() -> str:
    """The university's name in the reader's language."""
    chinese = (get_language() or "zh").startswith("zh")
    return str(settings.PORTAL_UNIVERSITY_ZH if chinese else settings.PORTAL_UNIVERSITY_EN)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The context processor. The entries are worked out only by a page that shows them."""
    theme = request.COOKIES.get("theme", "")
    return {
        "navigation": SimpleLazyObject(lambda: links(request)),
        "university": SimpleLazyObject(university),
        "theme": theme if theme in THEMES else "",
    }
