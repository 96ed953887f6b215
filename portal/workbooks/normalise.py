"""One cell as its column understands it, or the `CellFault` that is wrong with it.

Pure functions, called for every cell of a workbook. `for_column` gives a normaliser for one run: a dictionary
that works out what it has not seen, because most columns of a roster hold few different values. So
`list(map(normaliser.__getitem__, cells))` costs one look-up a cell. A fault is told from a value by `type(v)
is CellFault`.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import Final

from portal.workbooks.spec import CellKind, Choice, Column

Cell = None | str | int | float | dt.date | dt.datetime | dt.time
Value = None | str | int | float | dt.date


class CellFault(Enum):
    """What is wrong with one cell. The values are stable codes."""

    DIGITS_LOST = (
        "digits_lost"  # more than fifteen digits in a number cell: the spreadsheet made zeros of the rest
    )
    NOT_TEXT = "not_text"  # a date or time where text belongs
    NOT_A_DATE = "not_a_date"
    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_CHOICE = "unknown_choice"
    BAD_IDENTIFIER = "bad_identifier"
    CONTROL_CHARACTER = "control_character"
    TOO_LONG = "too_long"


Function = Callable[[Cell], Value | CellFault]

FIRST_DAY: Final = dt.date(1900, 3, 1)  # spreadsheets count the days before it wrongly
_EXACT = 10**15
_REMEMBERED = 20_000

_SPACES = "\t\n\r\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
_CLEAN: dict[int, str | int | None] = {
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _INVISIBLE)),
}
_NARROW: dict[int, str | int | None] = {
    **_CLEAN,
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "－—–‐‑−"), "-"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_EXPONENT = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}|[0-9]\.[0-9]+[eE][0-9]{1,3}")
_IDENTIFIER = re.compile(r"[0-9A-Za-z_+(][0-9A-Za-z._/+()@-]*")
_RESIDENT = re.compile(r"[0-9]{17}x")
_DATE = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<by>[-/.])(?P<m>[0-9]{1,2})(?P=by)(?P<d>[0-9]{1,2})|年(?P<m2>[0-9]{1,2})月(?P<d2>[0-9]{1,2})日?"
    r"|(?P<m3>[0-9]{2})(?P<d3>[0-9]{2}))(?:[ T]0?0:00(?::00)?)?"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")


class Normaliser(dict[Cell, Value | CellFault]):
    """What the cells of one column mean, remembered for one run."""

    def __init__(self, function: Function) -> None:
        super().__init__({None: None})
        self._function = function

    def __missing__(self, cell: Cell) -> Value | CellFault:
        value = self._function(cell)
        if len(self) < _REMEMBERED:
            self[cell] = value
        return value


def for_column(column: Column) -> Normaliser:
    """Return the normaliser of a column: its kind, its choices, its greatest length."""
    function = choice(column.choices) if column.kind is CellKind.CHOICE else _FUNCTIONS[column.kind]
    if column.max_length is not None:
        function = partial(_limited, function, column.max_length)
    return Normaliser(function)


def text(cell: Cell) -> str | CellFault | None:
    """Return what a person wrote: single spaces, nothing invisible, composed characters (NFC)."""
    if isinstance(cell, str):
        if _CONTROL.search(cell):
            return CellFault.CONTROL_CHARACTER
        return unicodedata.normalize("NFC", " ".join(cell.translate(_CLEAN).split())) or None
    return _number_as_text(cell)


def identifier(cell: Cell) -> str | CellFault | None:
    """Return a number of a person or thing: half-width, without spaces; the x of an identity number upper-case."""
    if not isinstance(cell, str):
        known = _number_as_text(cell)
        return CellFault.BAD_IDENTIFIER if isinstance(known, str) and not known.isdigit() else known
    if cell.isascii() and cell.isdigit():
        return cell
    value = cell.translate(_NARROW).replace(" ", "").removeprefix("'")
    if not value:
        return None
    if _EXPONENT.fullmatch(value):
        return CellFault.DIGITS_LOST
    if not _IDENTIFIER.fullmatch(value):
        return CellFault.BAD_IDENTIFIER
    return value.upper() if _RESIDENT.fullmatch(value) else value


def _number_as_text(cell: Cell) -> str | CellFault | None:
    """Return the digits of a number cell, as long as the spreadsheet has kept all of them."""
    if cell is None:
        return None
    if not isinstance(cell, int | float):
        return CellFault.NOT_TEXT
    if not -_EXACT < cell < _EXACT:
        return CellFault.DIGITS_LOST
    return str(int(cell)) if cell == int(cell) else repr(cell)


def date(cell: Cell) -> dt.date | CellFault | None:
    """Return a full date from a date cell, or from 2020-06-30, 2020/6/30, 2020.6.30, 20200630, 2020年6月30日."""
    if isinstance(cell, str):
        value = cell.translate(_NARROW).strip()
        if not value:
            return None
        found = _DATE.fullmatch(value.replace(" ", "") if "年" in value else value)
        if not found:
            return CellFault.NOT_A_DATE
        month, day = (found[f"{part}"] or found[f"{part}2"] or found[f"{part}3"] for part in "md")
        return _day(int(found["y"]), int(month), int(day))
    if cell is None:
        return None
    if isinstance(cell, dt.datetime):
        return _day(cell.year, cell.month, cell.day) if cell.time() == dt.time() else CellFault.NOT_A_DATE
    if isinstance(cell, dt.date):
        return _day(cell.year, cell.month, cell.day)
    if isinstance(cell, int):
        return _day(cell // 10_000, cell // 100 % 100, cell % 100)
    return CellFault.NOT_A_DATE


def _day(year: int, month: int, day: int) -> dt.date | CellFault:
    try:
        value = dt.date(year, month, day)
    except (ValueError, OverflowError):
        return CellFault.NOT_A_DATE
    return value if value >= FIRST_DAY else CellFault.NOT_A_DATE


def number(cell: Cell) -> int | float | CellFault | None:
    """Return a number from a number cell or from text such as 1,234.50 or １２."""
    if isinstance(cell, str):
        value = cell.translate(_NARROW).replace(" ", "")
        if not value:
            return None
        if not _NUMBER.fullmatch(value) or len(value) > 20:
            return CellFault.NOT_A_NUMBER
        plain = value.replace(",", "")
        return float(plain) if "." in plain else int(plain)
    if cell is None or isinstance(cell, int | float):
        return cell
    return CellFault.NOT_A_NUMBER


def choice(choices: Iterable[Choice]) -> Function:
    """Return the function of a choice column: any of the words of a choice gives its value."""
    values = {_word(word): each.value for each in choices for word in each.words() if word}
    for shown, word in (("true", "是"), ("false", "否")):  # what a spreadsheet makes of a truth value
        if word in values:
            values.setdefault(shown, values[word])

    def normalise(cell: Cell) -> str | CellFault | None:
        known = text(cell)
        if not isinstance(known, str):
            return known
        return values.get(_word(known), CellFault.UNKNOWN_CHOICE) if (known := _word(known)) else None

    return normalise


def _word(written: str) -> str:
    return written.translate(_NARROW).replace(" ", "").casefold()


def _limited(function: Function, max_length: int, cell: Cell) -> Value | CellFault:
    value = function(cell)
    return CellFault.TOO_LONG if isinstance(value, str) and len(value) > max_length else value


_FUNCTIONS: dict[CellKind, Function] = {
    CellKind.TEXT: text,
    CellKind.IDENTIFIER: identifier,
    CellKind.DATE: date,
    CellKind.NUMBER: number,
}
