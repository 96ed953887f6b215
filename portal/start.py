"""The start page: what is new, and the cards of what this person can do now. Apps register them in `AppConfig.ready()`."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True)
class StartCard:
    """A card with one way on.

    `figure` is a number worth a large print, already formatted. With `ask`, the card holds a small GET
    form with one input of that name (labelled `ask_label`) that goes to `url`: for a code that somebody has in hand.
    """

    title: str | Promise
    url: str
    text: str | Promise = ""
    action: str | Promise = ""
    icon: str = "right"
    figure: str = ""
    tone: str = ""
    ask: str = ""
    ask_label: str | Promise = ""


CardMaker = Callable[[HttpRequest], StartCard | None]

_makers: dict[str, tuple[int, CardMaker]] = {}


def register_card(*, order: int = 100) -> Callable[[CardMaker], CardMaker]:
    """Registers a function that returns a card for this request, or None.

    It is asked about everybody, people who are not signed in too; those see the cards as “open to everyone”.
    """

    def add(maker: CardMaker) -> CardMaker:
        _makers[f"{maker.__module__}.{maker.__qualname__}"] = (order, maker)
        return maker

    return add


def cards(request: HttpRequest) -> list[StartCard]:
    """The cards for this request, in order."""
    ordered = sorted(_makers.items(), key=lambda entry: (entry[1][0], entry[0]))
    return [card for _, (_, maker) in ordered if (card := maker(request)) is not None]


@dataclass(frozen=True)
class StartLine:
    """One line of a list: what, where, of which day; `marked` and `unread` ones are set off."""

    text: str
    url: str
    day: datetime.date
    marked: bool = False
    unread: bool = False


@dataclass(frozen=True)
class StartList:
    """A short list above the cards, and the way to all of it."""

    title: str | Promise
    lines: Sequence[StartLine]
    more: str | Promise
    more_url: str


ListMaker = Callable[[HttpRequest], StartList | None]

_list_makers: dict[str, tuple[int, ListMaker]] = {}


def register_list(*, order: int = 100) -> Callable[[ListMaker], ListMaker]:
    """Registers a function that returns a list for this request, or None. It is asked about everybody, as a card's is."""

    def add(maker: ListMaker) -> ListMaker:
        _list_makers[f"{maker.__module__}.{maker.__qualname__}"] = (order, maker)
        return maker

    return add


def lists(request: HttpRequest) -> list[StartList]:
    """The lists for this request, in order."""
    ordered = sorted(_list_makers.items(), key=lambda entry: (entry[1][0], entry[0]))
    return [found for _, (_, maker) in ordered if (found := maker(request)) is not None]
