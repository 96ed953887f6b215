"""What a person can do wrong, told in their language."""

from collections.abc import Mapping

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
