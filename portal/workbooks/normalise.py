"""One cell as its column understands it, or the code of what is wrong with it.

Pure functions without Django, called for every cell of a workbook: each normaliser remembers what it has seen, because
most columns of a roster hold few different values. `normaliser(column)` gives the function of one column for one run.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

Cell = None | str | int | float | bool | dt.date | dt.datetime | dt.time
Normalised = None | str | int | float | dt.date


class Fault(StrEnum):
    """What is wrong with one cell. The values are stable."""

    DIGITS_LOST = "digits_lost"  # a number of more than fifteen digits: the rest are zeros that Excel put there
    NOT_TEXT = "not_text"  # a date or a truth value where text belongs
    NOT_A_DATE = "not_a_date"
    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_CHOICE = "unknown_choice"
    BAD_IDENTIFIER = "bad_identifier"
    CONTROL_CHARACTER = "control_character"
    TOO_LONG = "too_long"


class Result(NamedTuple):
    """The value, or a fault with the value None. A blank cell has neither."""

    value: Normalised
    fault: Fault | None = None


Normaliser = Callable[[Cell], Result]

BLANK: Final = Result(None)
_EXACT_DIGITS = 10**15
_CACHE = 20_000  # values that one column remembers

# Spaces of all kinds become one plain space; what cannot be seen at all goes.
_SPACES = dict.fromkeys(map(ord, "\t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"), " ")  # fmt: skip
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb"))  # fmt: skip
_CLEAN = {**_SPACES, **_INVISIBLE}
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_NARROW = {**_CLEAN, **_HALF_WIDTH, ord("－"): "-", ord("—"): "-", ord("–"): "-", ord("‐"): "-", ord("−"): "-"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]{1,3}")
_IDENTIFIER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+()@-]*|\+[0-9-]+|\([0-9A-Za-z][0-9A-Za-z._/+()@-]*")
_ID_CARD = re.compile(r"[0-9]{17}x")
_DATE = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))(?: 0{1,2}:00(?::00)?)?")  # fmt: skip
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
FIRST_DAY: Final = dt.date(1900, 3, 1)


def clean(text: str) -> str:
    """Return text without invisible characters, with plain single spaces, stripped."""
    if text.isascii() and text.isalnum():
        return text
    return " ".join(text.translate(_CLEAN).split(" ")).strip() if "  " not in text else _squeezed(text)


def _squeezed(text: str) -> str:
    return " ".join(text.translate(_CLEAN).split())


def text(cell: Cell) -> Result:
    """Return what a person wrote: visible characters, single spaces, composed (NFC)."""
    if isinstance(cell, str):
        value = _squeezed(cell)
        if _CONTROL.search(value):
            return Result(None, Fault.CONTROL_CHARACTER)
        return Result(unicodedata.normalize("NFC", value)) if value else BLANK
    if cell is None:
        return BLANK
    if isinstance(cell, bool | dt.date | dt.time):
        return Result(None, Fault.NOT_TEXT)
    return _digits(cell)


def _digits(cell: float) -> Result:
    """Return the text of a number that stands where text belongs, as long as no digit is gone."""
    if abs(cell) >= _EXACT_DIGITS:
        return Result(None, Fault.DIGITS_LOST)
    return Result(str(int(cell)) if cell == int(cell) else repr(cell))


def identifier(cell: Cell) -> Result:
    """Return a number of a person or thing: half-width, without spaces, the x of an identity number upper-case."""
    if isinstance(cell, str):
        value = cell
        if not (value.isascii() and value.isdigit()):
            value = value.translate(_NARROW).lstrip("'").replace(" ", "")
            if not value:
                return BLANK
            if _EXPONENT.fullmatch(value) and not value.isalnum():
                return Result(None, Fault.DIGITS_LOST)
            if _ID_CARD.fullmatch(value):
                value = value.upper()
            elif not _IDENTIFIER.fullmatch(value):
                return Result(None, Fault.BAD_IDENTIFIER)
        return Result(value)
    if cell is None:
        return BLANK
    if isinstance(cell, bool | dt.date | dt.time):
        return Result(None, Fault.NOT_TEXT)
    if cell < 0 or cell != cell // 1:
        return Result(None, Fault.DIGITS_LOST if abs(cell) >= _EXACT_DIGITS else Fault.BAD_IDENTIFIER)
    return _digits(cell)


def date(cell: Cell) -> Result:
    """Return a full date from a date cell or from text such as 2020-06-30, 2020/6/30, 20200630, 2020年6月30日."""
    if isinstance(cell, str):
        value = cell.translate(_NARROW).replace("．", ".").strip()
        if not value:
            return BLANK
        found = _DATE.fullmatch(value if "年" not in value else value.replace(" ", ""))
        return _day(*(int(part) for part in found.group(1, 3, 4, 5, 6, 7, 8) if part)) if found else _no_date()
    if cell is None:
        return BLANK
    if isinstance(cell, dt.datetime):
        return Result(cell.date()) if cell.time() == dt.time() else _no_date()
    if isinstance(cell, dt.date):
        return Result(cell) if cell >= FIRST_DAY else _no_date()
    if isinstance(cell, int) and not isinstance(cell, bool) and 19000301 <= cell <= 29991231:
        return _day(cell // 10000, cell // 100 % 100, cell % 100)
    return _no_date()


def _no_date() -> Result:
    return Result(None, Fault.NOT_A_DATE)


def _day(year: int, month: int, day: int) -> Result:
    try:
        value = dt.date(year, month, day)
    except ValueError:
        return _no_date()
    return Result(value) if value >= FIRST_DAY else _no_date()


def number(cell: Cell) -> Result:
    """Return a number from a number or from text such as 1,234.50 or １２."""
    if isinstance(cell, str):
        value = cell.translate(_NARROW).replace(" ", "")
        if not value:
            return BLANK
        if not _NUMBER.fullmatch(value) or len(value) > 20:
            return Result(None, Fault.NOT_A_NUMBER)
        plain = value.replace(",", "")
        return Result(float(plain) if "." in plain else int(plain))
    if cell is None:
        return BLANK
    if isinstance(cell, bool | dt.date | dt.time):
        return Result(None, Fault.NOT_A_NUMBER)
    return Result(cell)


def choice(words: Iterable[tuple[str, str]]) -> Normaliser:
    """Return the normaliser of a choice; `words` are pairs of what may be written and the value it means."""
    values = {_word(word): value for word, value in words}

    def normalise(cell: Cell) -> Result:
        if cell is None:
            return BLANK
        if isinstance(cell, bool):
            key = "是" if cell else "否"
        elif isinstance(cell, dt.date | dt.time):
            return Result(None, Fault.UNKNOWN_CHOICE)
        else:
            key = _word(cell if isinstance(cell, str) else str(cell))
        if not key:
            return BLANK
        value = values.get(key)
        return Result(None, Fault.UNKNOWN_CHOICE) if value is None else Result(value)

    return normalise


def _word(text: str) -> str:
    return text.translate(_NARROW).replace(" ", "").casefold()


def limited(normalise: Normaliser, max_length: int) -> Normaliser:
    """Return the normaliser with a limit on the length of its text."""

    def normalised(cell: Cell) -> Result:
        result = normalise(cell)
        if isinstance(result.value, str) and len(result.value) > max_length:
            return Result(None, Fault.TOO_LONG)
        return result

    return normalised


def remembered(normalise: Normaliser) -> Normaliser:
    """Return the normaliser with a memory: the same cell again costs one look-up."""
    seen: dict[tuple[type, Cell], Result] = {}
    texts: dict[str, Result] = {}

    def normalised(cell: Cell) -> Result:
        if cell is None:
            return BLANK
        if type(cell) is str:
            known = texts.get(cell)
            if known is None:
                known = normalise(cell)
                if len(texts) < _CACHE:
                    texts[cell] = known
            return known
        key = (type(cell), cell)  # 1, 1.0 and True are equal and are not the same cell
        result = seen.get(key)
        if result is None:
            result = normalise(cell)
            if len(seen) < _CACHE:
                seen[key] = result
        return result

    return normalised
