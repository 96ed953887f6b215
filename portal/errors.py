"""What a person can do wrong, told in their language."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise


class Refused(Exception):
    """A verb that will not be carried out, and why.

    `code` is stable and for programs; `message` says, in the reader's language, what is wrong and what to do.
    Nothing has been written when it is raised: every verb is one transaction.
    """

    def __init__(self, code: str, message: str | Promise, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details: Mapping[str, object] = details

    def __str__(self) -> str:
        return str(self.message)


@contextmanager
def refusal_told(request: HttpRequest) -> Iterator[None]:
    """For views: who asked for what is refused inside is told why, and the view goes on behind it."""
    try:
        yield
    except Refused as refused:
        messages.error(request, str(refused))
