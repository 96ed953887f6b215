"""The columns of a kind of workbook: all that templates, error workbooks and `normalise` need of it.

What binds them to a kind, with its checks and what applying them does, is `portal.workbooks.runs.Workbook`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise


class CellKind(Enum):
    """How the cells of a column are written down and normalised (`normalise.for_column`)."""

    TEXT = "text"
    IDENTIFIER = "identifier"  # digits and letters that a spreadsheet likes to spoil: student numbers, phones
    DATE = "date"
    CHOICE = "choice"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice column: what is stored, what is written in a workbook, what else is understood."""

    value: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Return everything that means this choice."""
        return (self.value, self.zh, self.en, *self.aliases)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` is what services call it; the headers are what a workbook calls it, exactly."""

    key: str
    header_zh: str
    header_en: str
    kind: CellKind = CellKind.TEXT
    required: bool = False
    choices: tuple[Choice, ...] = ()
    max_length: int | None = None  # characters; longer is the fault "too_long"
    example_zh: str = ""
    example_en: str = ""
    help: str | Promise = ""  # lazy gettext: shown with the column in templates and on the upload page

    def header(self, language: str) -> str:
        """Return the header in "zh-hans" or "en"."""
        return self.header_en if language.startswith("en") else self.header_zh

    def example(self, language: str) -> str:
        """Return the example in that language; the Chinese one where there is no other."""
        return (self.example_en if language.startswith("en") else "") or self.example_zh
