"""Streams rows of any number into an .xlsx file with flat memory.

Every text becomes an inline string: there is no way from a value to a formula, whatever it begins with, and digits stay
text. Writing the XML of a row here is faster than the writers in compiled code, which want a dictionary a row.
"""

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import TracebackType
from typing import IO, Final, Self
from xml.sax.saxutils import quoteattr

Value = None | str | int | float | dt.date | dt.datetime | dt.time
Progress = Callable[[int], object]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
ROWS_PER_SHEET: Final = 1_000_000
CELL_CHARACTERS: Final = 32_767
_EXACT = 10**15
_BUFFER = 1 << 17
_EPOCH = dt.date(1899, 12, 30)
_MIDNIGHT = dt.time()
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Style(IntEnum):
    """The looks of cells; the numbers are their places in the style sheet."""

    GENERAL = 0
    TEXT = 1
    DATE = 2
    MOMENT = 3
    HEADER = 4
    MARKED = 5
    MARKED_DATE = 6
    NOTE = 7


_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE7ECF3"/></patternFill></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFFD9D2"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="8">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="3" borderId="0" xfId="0" applyNumberFormat="1" applyFill="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="3" borderId="0" xfId="0" applyNumberFormat="1" applyFill="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    "</cellXfs></styleSheet>"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the file: its title, its width in characters, the look of its cells where nothing is written yet."""

    title: str
    width: float = 16
    style: Style = Style.TEXT


class XlsxStream:
    """A workbook being written: `write` rows of values as wide as the headings, then close it.

    Takes any binary file, also one that cannot seek. More rows than a worksheet holds go on in a further one.
    """

    def __init__(
        self, out: IO[bytes], headings: Sequence[Heading], *, sheet: str = "Sheet1", header_row: int = 1
    ) -> None:
        self._headings = headings
        self._letters = [_letters(column) for column in range(1, len(headings) + 1)]
        self._name = sheet[:25]
        self._header_row = header_row
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sheets = 0
        self._pieces: list[str] = []
        self._size = 0
        self._row = 0
        self._open_sheet()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def write(
        self, rows: Iterable[Sequence[Value]], progress: Progress | None = None, every: int = 1000
    ) -> int:
        """Write rows; call `progress` with their number so far. Returns the number of rows."""
        count = 0
        for row in rows:
            self.write_row(row)
            count += 1
            if progress and count % every == 0:
                progress(count)
        if progress:
            progress(count)
        return count

    def write_row(
        self, row: Sequence[Value], *, number: int | None = None, marked: Collection[int] = ()
    ) -> None:
        """Write one row, in the row `number` of the sheet if given, the cells with `marked` indices highlighted."""
        if self._row >= ROWS_PER_SHEET and number is None:
            self._close_sheet()
            self._open_sheet()
        at = str(number or self._row + 1)
        if marked:
            cells = [
                _cell(letters + at, value, marked=index in marked)
                for index, (letters, value) in enumerate(zip(self._letters, row, strict=True))
                if index in marked or (value is not None and value != "")
            ]
        else:
            # The most frequent cell, a text without anything to escape, is written without a call.
            cells = [
                f'<c r="{letters}{at}" s="1" t="inlineStr"><is><t>{value}</t></is></c>'
                if type(value) is str and value.isalnum() and len(value) <= CELL_CHARACTERS
                else _cell(letters + at, value)
                for letters, value in zip(self._letters, row, strict=True)
                if value is not None and value != ""
            ]
        self._put(f'<row r="{at}">{"".join(cells)}</row>')
        self._row = int(at)

    def close(self) -> None:
        """Finish the file. The underlying file stays open."""
        self._close_sheet()
        sheets = range(1, self._sheets + 1)
        names = [self._name if n == 1 else f"{self._name} ({n})" for n in sheets]
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_SPREADSHEET}.styles+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/>'
                for n in sheets
            )
            + "</Types>",
            "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
            "xl/_rels/workbook.xml.rels": _relations(
                [*(("worksheet", f"worksheets/sheet{n}.xml") for n in sheets), ("styles", "styles.xml")]
            ),
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            + "".join(
                f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
                for n, name in zip(sheets, names, strict=True)
            )
            + "</sheets></workbook>",
            "xl/styles.xml": _STYLES,
        }
        for name, text in parts.items():
            self._zip.writestr(name, _DECLARATION + text)
        self._zip.close()

    def _open_sheet(self) -> None:
        self._sheets += 1
        self._part = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{heading.width}" style="{heading.style:d}" customWidth="1"/>'
            for n, heading in enumerate(self._headings, 1)
        )
        top = self._header_row
        self._put(
            f'{_DECLARATION}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
            f'<pane ySplit="{top}" topLeftCell="A{top + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{columns}</cols><sheetData>"
        )
        cells = "".join(
            _text_cell(f"{letters}{top}", heading.title, Style.HEADER)
            for letters, heading in zip(self._letters, self._headings, strict=True)
            if heading.title
        )
        self._put(f'<row r="{top}">{cells}</row>')
        self._row = top

    def _close_sheet(self) -> None:
        self._put("</sheetData></worksheet>")
        self._flush()
        self._part.close()

    def _put(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)
        if self._size > _BUFFER:
            self._flush()

    def _flush(self) -> None:
        self._part.write("".join(self._pieces).encode())
        self._pieces.clear()
        self._size = 0


def safe_text(text: str) -> str:
    """Return what a cell can hold: no control characters, no more than Excel allows (an ellipsis shows the cut)."""
    text = _SURROGATE.sub("\ufffd", _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def _text_cell(reference: str, text: str, style: Style) -> str:
    text = safe_text(text)
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text or "  " in text else ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "_x" in escaped:
        escaped = _ESCAPE.sub("_x005F_", escaped)
    return f'<c r="{reference}" s="{style:d}" t="inlineStr"><is><t{space}>{escaped}</t></is></c>'


def _cell(reference: str, value: Value, *, marked: bool = False) -> str:
    if isinstance(value, str):
        return _text_cell(reference, value, Style.MARKED if marked else Style.TEXT)
    if value is None:
        return f'<c r="{reference}" s="{Style.MARKED:d}"/>' if marked else ""
    if isinstance(value, dt.datetime) and value.time() != _MIDNIGHT:
        serial = (value.date() - _EPOCH).days + (value.hour * 3600 + value.minute * 60 + value.second) / 86400
        return f'<c r="{reference}" s="{Style.MOMENT:d}"><v>{serial!r}</v></c>'
    if isinstance(value, dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        style = Style.MARKED_DATE if marked else Style.DATE
        if day < dt.date(1900, 3, 1):
            return _text_cell(reference, day.isoformat(), Style.MARKED if marked else Style.TEXT)
        return f'<c r="{reference}" s="{style:d}"><v>{(day - _EPOCH).days}</v></c>'
    if isinstance(value, bool | dt.time) or not -_EXACT < value < _EXACT:
        return _text_cell(reference, _shown(value), Style.MARKED if marked else Style.TEXT)
    return f'<c r="{reference}" s="{Style.MARKED if marked else Style.GENERAL:d}"><v>{value!r}</v></c>'


def _shown(value: bool | float | dt.time) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)


def _relations(targets: list[tuple[str, str]]) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
            for n, (kind, target) in enumerate(targets, 1)
        )
        + "</Relationships>"
    )


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
