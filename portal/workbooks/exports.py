"""What a kind of export is: its columns, who may take it out, and its rows (A4, decision 10).

An app registers its kinds in `AppConfig.ready()`:

    from portal.workbooks.exports import register
    register(AlumniExport())

The rest is `portal.workbooks.services.exports`: the background job, the file, the record of who took what and why.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.errors import Refused
from portal.workbooks.spec import Column


class ExportKind(ABC):
    """A kind of export."""

    kind: str
    title: str | Promise
    description: str | Promise = ""
    # `key` names a column in a job and to `rows`; the headers are written into the file.
    columns: tuple[Column, ...]
    # A published form has all of its columns, in their order, whatever was ticked.
    fixed_columns: bool = False
    # "zh-hans" or "en" where the headers do not follow the person's language.
    language: str = ""
    # As in `runs.Workbook`: cohort, department.
    parameters: tuple[str, ...] = ()
    # The parameter that a page fills with all that it was narrowed down to (`?selection=…`): where it is given, the form asks
    # for no other, and tells it in words.
    carried: str = ""

    @abstractmethod
    def may_export(self, user: User) -> bool:
        """May this person take out this kind at all? (Which rows is asked in `rows`.)"""

    @abstractmethod
    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        """The rows that `user` may have, as values in the order of `columns`, from a server-side cursor (`.iterator()`).

        Runs inside a transaction of the pipeline. Raises Refused when the parameters make no sense.
        """

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        """How many rows there will be, for the progress bar; None when that is not worth a query."""
        return None

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        """What the page's form offers for a parameter as (value, label); nothing means that it is typed in."""
        return ()

    def told(self, carried: str, user: User) -> str:
        """What the carried parameter means, in words; empty when it means nothing (any more) to this person."""
        return ""


_kinds: dict[str, ExportKind] = {}


def register(kind: ExportKind) -> None:
    """Makes a kind known to the web page and the command."""
    _kinds[kind.kind] = kind


def kinds() -> Mapping[str, ExportKind]:
    """All kinds by name."""
    return _kinds


def kind_named(kind: str) -> ExportKind:
    """The kind of that name. Raises Refused."""
    try:
        return _kinds[kind]
    except KeyError:
        raise Refused("kind_unknown", _("There is no export called %(kind)s.") % {"kind": kind}) from None
