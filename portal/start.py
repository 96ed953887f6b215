"""The cards of the start page: what this person can do now. Apps register them in `AppConfig.ready()`."""

from collections.abc import Callable
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
