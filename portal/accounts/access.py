"""Every view says who may enter (decision 7). The middleware refuses a view that says nothing.

An entry rule answers one question about a request's user; rules are combined with `|` and `&`. What a person may see *inside* a
page is asked of selectors: an object outside the person's reach is a 404, one within it without the right a 403.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from portal.accounts.models import User

View = TypeVar("View", bound=Callable[..., Any])
AnyUser = User | AnonymousUser


@dataclass(frozen=True)
class Rule:
    """Who may enter: a name for the access matrix, and the question."""

    name: str
    allows: Callable[[AnyUser], bool]
    anonymous: bool = False  # may people who are not signed in enter?

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(
            f"{self.name} or {other.name}",
            lambda user: self.allows(user) or other.allows(user),
            self.anonymous or other.anonymous,
        )

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(
            f"{self.name} and {other.name}",
            lambda user: self.allows(user) and other.allows(user),
            self.anonymous and other.anonymous,
        )


public = Rule("everyone", lambda user: True, anonymous=True)
signed_in = Rule("signed in", lambda user: user.is_authenticated)
superuser = Rule("superuser", lambda user: user.is_authenticated and user.is_superuser)
admin_staff = Rule("administration", lambda user: user.is_authenticated and user.is_staff)


def access(rule: Rule) -> Callable[[View], View]:
    """Declares who may enter a view. Goes outermost, so that the middleware can read it."""

    def declare(view: View) -> View:
        view.access = rule  # type: ignore[attr-defined]
        return view

    return declare


def user_of(request: HttpRequest) -> User:
    """For views that only those who are signed in may enter: the person."""
    assert request.user.is_authenticated
    return request.user
