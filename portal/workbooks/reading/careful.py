"""The careful way through a sheet: element by element, with every reason to refuse it (`sheet` says when it is taken)."""

import re
from typing import Final

from .limits import Limits
from .parts import Workbook
from .refusals import Code, Refusal
from .strings import SharedStrings, fault_of
from .values import Row, Value, column_number, date, iso_date, letters, number
from .xml import Attributes, CarefulParser

MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_TRUE = frozenset({"1", "true"})
_BOOLEANS = {"0": "FALSE", "1": "TRUE", "false": "FALSE", "true": "TRUE"}  # as a spreadsheet shows them
_OBJECTS = {
    "oleObjects": Code.EMBEDDED_OBJECT,
    "oleObject": Code.EMBEDDED_OBJECT,
    "controls": Code.ACTIVE_CONTROL,
    "control": Code.ACTIVE_CONTROL,
}


class CarefulRows:
    """Rows read element by element. Also counts the rows that were read the other way."""

    def __init__(self, workbook: Workbook, strings: SharedStrings, limits: Limits) -> None:
        self.parser = CarefulParser(workbook.sheet.member, self._start, self._end, self._text)
        self.row = 0
        self.column = 0
        self.header: list[str] = []
        self.header_row = 0
        self._workbook = workbook
        self._strings = strings
        self._limits = limits
        self._path: list[str] = []
        self._begun = False
        self._done: list[Row] = []
        self._filled = 0
        self._last_filled = 0
        self._hidden_columns: list[tuple[int, int]] = []
        self._hidden_row = False
        self._cells: dict[int, Value] = {}
        self._cell: Attributes = {}
        self._texts: dict[str, list[str]] = {}
        self._formula: Attributes | None = None

    @property
    def between_rows(self) -> bool:
        return self._path == ["worksheet", "sheetData"]

    @property
    def inside_rows(self) -> bool:
        return "sheetData" in self._path

    @property
    def inside_row(self) -> bool:
        return "row" in self._path

    def take(self) -> list[Row]:
        """Return the rows read since the last call."""
        rows, self._done = self._done, []
        return rows

    def finish(self) -> None:
        """Refuse a list without a header or without rows."""
        if not self.header:
            raise Refusal(Code.EMPTY_WORKBOOK)
        if not self._filled:
            raise Refusal(Code.NO_ROWS, row=self.header_row)

    def count_row(self, row: int, first: int = 0) -> None:
        """Note a row whose `first` cell with a value is in that column (0: it is blank, or not known yet).

        Rows come in order, each once, and none lies far below the rest.
        """
        if row <= self.row:
            raise Refusal(Code.ROW_TWICE if row == self.row else Code.ROWS_OUT_OF_ORDER, row=row)
        if row > MAX_ROW:
            raise Refusal(Code.ABSURD_POSITION, row=row)
        self.row = row
        if first:
            self._note_filled(row, first)

    def _note_filled(self, row: int, first: int) -> None:
        if row - self._last_filled > self._limits.gap_rows:
            raise Refusal(Code.FAR_AWAY_CELL, row=row, column=letters(first))
        self._last_filled = row
        self._filled += 1
        if self._filled > self._limits.rows:
            raise Refusal(Code.TOO_MANY_ROWS, row=row)

    def _start(self, name: str, attributes: Attributes) -> None:
        parent, inside = self._path[-1] if self._path else "", self.inside_rows
        self._path.append(name)
        if parent == "row":
            self._expect(name == "c", name)
            self._start_cell(attributes)
        elif parent == "sheetData":
            self._expect(name == "row", name)
            self._start_row(attributes)
        elif parent == "c":
            self._start_in_cell(name, attributes)
        elif inside:
            if name == "r":
                raise self._here(Code.RICH_INLINE_TEXT)
            self._expect(name == "t" or "rPh" in self._path or name == "phoneticPr", name)
            self._texts.setdefault(name, [])
        elif parent == "":
            self._expect(name == "worksheet", name)
        else:
            self._start_around(name, attributes)

    def _expect(self, condition: bool, detail: str) -> None:
        if not condition:
            raise Refusal(Code.UNUSUAL_XML, member=self._workbook.sheet.member, detail=detail)

    def _start_around(self, name: str, attributes: Attributes) -> None:
        """The elements before and behind the rows."""
        if name == "col" and attributes.get("hidden") in _TRUE:
            try:
                self._hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
            except (KeyError, ValueError):
                raise Refusal(Code.DAMAGED, detail="col") from None
        elif name == "mergeCell":
            first = _REFERENCE.match(attributes.get("ref", ""))
            raise Refusal(
                Code.MERGED_CELLS,
                row=int(first[2]) if first else None,
                column=first[1] if first else "",
                detail=attributes.get("ref", "")[:40],
            )
        elif name in _OBJECTS:
            raise Refusal(_OBJECTS[name], member=self._workbook.sheet.member)
        elif name == "sheetData":
            self._expect(self._path == ["worksheet", "sheetData"] and not self._begun, "sheetData")
            self._begun = True

    def _start_row(self, attributes: Attributes) -> None:
        reference = attributes.get("r", str(self.row + 1))
        if not (reference.isascii() and reference.isdigit() and len(reference) <= 7 and int(reference)):
            raise Refusal(Code.ABSURD_POSITION, row=self.row + 1, detail=reference[:40])
        self.column = 0
        self.count_row(int(reference))
        self._hidden_row = attributes.get("hidden") in _TRUE
        self._cells = {}

    def _start_cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r") or letters(self.column + 1) + str(self.row)
        found = _REFERENCE.fullmatch(reference)
        column = column_number(found[1]) if found else 0
        if not found or column > MAX_COLUMN or int(found[2]) > MAX_ROW:
            raise Refusal(Code.ABSURD_POSITION, row=self.row, detail=reference[:40])
        if int(found[2]) != self.row:
            raise Refusal(Code.CELL_IN_WRONG_ROW, row=self.row, column=found[1], detail=reference)
        if column <= self.column:
            code = Code.CELL_TWICE if column == self.column else Code.CELLS_OUT_OF_ORDER
            raise Refusal(code, row=self.row, column=found[1])
        self.column = column
        self._cell = attributes
        self._texts = {}
        self._formula = None

    def _start_in_cell(self, name: str, attributes: Attributes) -> None:
        if name == "f":
            self._formula = attributes
        else:
            self._expect(name in {"v", "is"} and not ({"v", "is"} & self._texts.keys()), name)
        self._texts[name] = []

    def _text(self, text: str) -> None:
        if not self.inside_rows:
            return
        name = self._path[-1]
        if name in {"v", "f", "t"} and "rPh" not in self._path:
            self._texts[name].append(text)
        elif text.strip() and "rPh" not in self._path:
            raise Refusal(
                Code.UNUSUAL_XML, member=self._workbook.sheet.member, detail="text between elements"
            )

    def _end(self, name: str) -> None:
        self._path.pop()
        if not self.inside_rows:
            return
        if name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()

    def _end_cell(self) -> None:
        if self._formula is not None:
            kind = self._formula.get("t")
            if "v" not in self._texts:
                raise self._here(Code.FORMULA_WITHOUT_VALUE)
            raise self._here(Code.ARRAY_FORMULA if kind == "array" else Code.FORMULA)
        text = "".join(self._texts.get("t" if "is" in self._texts else "v", []))
        value = self._value(text) if text else None
        if value is not None and value != "":
            self._cells[self.column] = value

    def _value(self, text: str) -> Value:
        kind = self._cell.get("t", "n")
        if ("is" in self._texts) != (kind == "inlineStr"):
            raise self._here(Code.UNUSUAL_XML)
        if kind == "e":
            raise self._here(Code.ERROR_VALUE, text[:20])
        if kind in {"inlineStr", "str"}:
            if fault := fault_of(text, self._limits):
                raise self._here(fault)
            return text
        try:
            return self._shared(int(text)) if kind == "s" else self._plain(kind, text)
        except (ValueError, LookupError, OverflowError):
            raise self._here(Code.BAD_VALUE, text[:40]) from None

    def _shared(self, index: int) -> str:
        if fault := self._strings.faults.get(index):
            raise self._here(fault)
        if index < 0:
            raise IndexError(index)
        return self._strings.texts[index]

    def _plain(self, kind: str, text: str) -> Value:
        if kind == "b":
            return _BOOLEANS[text]
        if kind == "d":
            return iso_date(text)
        if kind != "n":
            raise ValueError(kind)
        style = self._cell.get("s", "0")
        if style.isdigit() and int(style) in self._workbook.date_styles:
            try:
                return date(text, date1904=self._workbook.date1904)
            except (ValueError, OverflowError):
                raise self._here(Code.BAD_DATE, text[:40]) from None
        return number(text)

    def _end_row(self) -> None:
        if not self._cells:
            return
        if self._hidden_row:
            raise Refusal(Code.HIDDEN_ROW, row=self.row)
        if not self.header:
            self._take_header(max(self._cells))
            return
        self._note_filled(self.row, min(self._cells))
        self._refuse_untitled()
        self._done.append((self.row, [self._cells.get(column) for column in range(1, len(self.header) + 1)]))

    def _take_header(self, last: int) -> None:
        if last > self._limits.columns:
            raise Refusal(Code.TOO_MANY_COLUMNS, row=self.row, column=letters(last))
        for first_hidden, last_hidden in self._hidden_columns:
            for column in self._cells:
                if first_hidden <= column <= last_hidden:
                    raise Refusal(Code.HIDDEN_COLUMN, row=self.row, column=letters(column))
        titles: dict[str, int] = {}
        for column, value in self._cells.items():
            title = str(value) if isinstance(value, str | int | float) else ""
            if title.strip() and titles.setdefault(title.strip(), column) != column:
                raise Refusal(Code.DUPLICATE_HEADER, row=self.row, column=letters(column), detail=title[:100])
        self.header = [self._title(column) for column in range(1, last + 1)]
        self.header_row = self._last_filled = self.row

    def _title(self, column: int) -> str:
        value = self._cells.get(column, "")
        return str(value) if isinstance(value, str | int | float) else ""

    def _refuse_untitled(self) -> None:
        for column in self._cells:
            if column > len(self.header) or not self.header[column - 1].strip():
                raise Refusal(Code.NO_HEADER_ABOVE, row=self.row, column=letters(column))

    def _here(self, code: Code, detail: str = "") -> Refusal:
        return Refusal(code, row=self.row, column=letters(self.column), detail=detail)
