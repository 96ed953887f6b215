"""The rows of the one sheet.

Two ways lead through a sheet and both end in the same values. Expat with handlers in Python (`careful`) knows
every reason to refuse, but costs 1.2 µs an element. So rows in the shape that spreadsheet programs write are
recognised whole by one regular expression, made for the width of this list: it accepts a strict subset of what
the careful way accepts (columns in order, each at most once, in the right row, no formula, no error), takes no
backtracking and gives the values. Whatever it does not match goes the careful way, row by row, and is read or
refused there.
"""

import re
from collections.abc import Iterator
from html import unescape

from .careful import CarefulRows
from .limits import Limits
from .package import Package
from .parts import Sheet, Workbook
from .refusals import Refusal
from .strings import TEXT, SharedStrings
from .values import Row, Value, date, letters, number
from .xml import pieces

_STYLE = re.compile(r' s="(\d+)"')
_KIND = re.compile(r' t="(\w+)"')


def _row_pattern(width: int) -> re.Pattern[str]:
    """One usual row of at most `width` cells: its number, then for each column attributes, `v` and inline text."""
    attributes = (
        r'(?: (?>spans|s|customFormat|ht|customHeight|outlineLevel|collapsed|thickTop|thickBot|ph|x14ac:dyDescent)="[^"<>&]*+"'
        r'| hidden="(?>0|false)")*+'
    )
    cells = "".join(
        rf'(?><c r="{letters(column)}\1"((?: s="\d++")?+(?: t="(?>s|n|inlineStr|str)")?+)'
        rf'(?>/>|>(?><v>({TEXT})</v>|<is><t(?: xml:space="preserve")?+>({TEXT})</t></is>)?+</c>))?+'
        for column in range(1, width + 1)
    )
    beyond = r'(?:<c r="[A-Z]{1,3}+\1"(?: s="\d++")?+/>)*+'
    return re.compile(rf'<row r="([1-9][0-9]{{0,6}}+)"{attributes}(?>/>|>{cells}{beyond}</row>)')


class _Unusual(Exception):
    """A row that must go the careful way."""


class SheetReader:
    """Reads one sheet: `header` first, then `rows`. Raises `Refusal` with the place at any point of it."""

    def __init__(self, package: Package, workbook: Workbook, strings: SharedStrings, limits: Limits) -> None:
        self._sheet: Sheet = workbook.sheet
        self._workbook = workbook
        self._package = package
        self._strings = strings
        self._limits = limits
        self._careful = CarefulRows(workbook, strings, limits)
        self._pattern: re.Pattern[str] | None = None
        self._untitled: list[int] = []
        self._kinds: dict[str, str] = {}
        self._dates: dict[str, Value] = {}

    @property
    def header(self) -> tuple[int, list[str]]:
        """The number of the header row and the titles; known from the first row that `rows` yields, or from its end."""
        return self._careful.header_row, self._careful.header

    def rows(self) -> Iterator[Row]:
        """Yield every row with a value below the header, with the number that the spreadsheet shows."""
        careful = self._careful
        try:
            for text in pieces(self._package.chunks(self._sheet.member), b"</row>", self._sheet.member):
                yield from self._rows_of(text)
            careful.parser.feed("", last=True)
            careful.finish()
        except Refusal as refusal:
            refusal.sheet = self._sheet.name
            if not refusal.row and careful.inside_row:
                refusal.row = careful.row
                refusal.column = letters(careful.column)
            raise

    def _rows_of(self, text: str) -> Iterator[Row]:
        careful = self._careful
        if "<!" in text or "\r" in text or "_x" in text:
            careful.parser.feed(text)
            yield from careful.take()
            return
        position, end = 0, len(text)
        ampersands = "&" in text
        while position < end:
            if careful.between_rows and careful.header:
                pattern = self._pattern or self._make_pattern()
                found = pattern.match(text, position) if pattern else None
                if found and found.end() - position <= self._limits.cell_characters:
                    try:
                        row = self._usual(found, ampersands)
                    except _Unusual:
                        pass
                    else:
                        position = found.end()
                        if row:
                            yield row
                        continue
            stop = text.find("</row>", position) + 6
            stop = end if stop < 6 else stop
            careful.parser.feed(text[position:stop])
            position = stop
            yield from careful.take()

    def _make_pattern(self) -> re.Pattern[str] | None:
        if self._careful.parser.main_is_default and not self._strings.faults:
            self._pattern = _row_pattern(len(self._careful.header))
            self._untitled = [
                column for column, title in enumerate(self._careful.header) if not title.strip()
            ]
        return self._pattern

    def _usual(self, found: re.Match[str], ampersands: bool) -> Row | None:
        """Return the row that matched; None if it is blank.

        Raises `_Unusual` where only the careful way can tell.
        """
        groups = found.groups()
        texts, kinds, dates = self._strings.texts, self._kinds, self._dates
        row: list[Value] = []
        add = row.append
        blank = True
        try:
            # The one loop over all cells: no calls for the kinds that most of them have.
            for head, value, inline in zip(groups[1::3], groups[2::3], groups[3::3], strict=True):
                if value:
                    kind = kinds.get(head) or self._kind(head)
                    if kind == "s":
                        add(texts[int(value)] or None)
                    elif kind == "n":
                        add(number(value))
                    elif kind == "date":
                        add(dates.get(value) or self._date(value))
                    else:
                        add(self._text(kind, "str", value, ampersands))
                elif inline:
                    add(self._text(kinds.get(head) or self._kind(head), "inlineStr", inline, ampersands))
                else:
                    add(None)
                    continue
                blank = False
        except (ValueError, IndexError, OverflowError):
            raise _Unusual from None
        if blank:
            self._careful.count_row(int(groups[0]))
            return None
        if self._untitled and any(row[column] is not None for column in self._untitled):
            raise _Unusual
        first = next(column for column, cell in enumerate(row, 1) if cell is not None)
        self._careful.count_row(int(groups[0]), first)
        return int(groups[0]), row

    def _text(self, kind: str, expected: str, text: str, ampersands: bool) -> str:
        if kind != expected:
            raise _Unusual
        return unescape(text) if ampersands else text

    def _date(self, serial: str) -> Value:
        value = self._dates[serial] = date(serial, date1904=self._workbook.date1904)
        return value

    def _kind(self, head: str) -> str:
        """Return what the attributes of a cell make of it, and remember it."""
        found = _KIND.search(head)
        kind = found[1] if found else "n"
        style = _STYLE.search(head)
        if kind == "n" and style and int(style[1]) in self._workbook.date_styles:
            kind = "date"
        self._kinds[head] = kind
        return kind
