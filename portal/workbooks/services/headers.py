"""Which column of a sheet is which column of the kind, and the cells of a block as the kind understands them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.workbooks import normalise
from portal.workbooks.normalise import CellFault, Normaliser
from portal.workbooks.reading.parent import Block, Header
from portal.workbooks.reading.values import letters
from portal.workbooks.runs import Fault, Row, Workbook
from portal.workbooks.spec import Column
from portal.workbooks.writing.errors import is_mend_title
from portal.workbooks.writing.template import MARK_EN, MARK_ZH, ExampleState, example_state

CELL_MESSAGES = {
    "required": (_("A value is missing."), _("Fill in the cell.")),
    "digits_lost": (
        _("The spreadsheet has lost the last digits of this number."),
        _("Format the column as text, then type or paste the number again."),
    ),
    "not_text": (
        _("A date or time stands where text belongs."),
        _("Format the cell as text and type the value again."),
    ),
    "not_a_date": (_("This is not a date."), _("Write it like 2026-06-30.")),
    "not_a_number": (_("This is not a number."), _("Write digits only, with a point for decimals.")),
    "unknown_choice": (_("This value is not one of those allowed."), _("Write one of: %(choices)s.")),
    "bad_identifier": (
        _("A number of this kind has only letters, digits and hyphens."),
        _("Correct the number."),
    ),
    "control_character": (_("The cell contains an invisible control character."), _("Type the text again.")),
    "too_long": (_("The text is too long."), _("Shorten it to %(most)s characters.")),
    "example_touched": (
        _("This row is still marked as the example of the template."),
        _("Delete the mark in front of the value if the row is meant, else the whole row."),
    ),
    "unknown_column": (
        _("There is no column called “%(value)s”."),
        _("Delete the column, or give it the header of the template."),
    ),
    "missing_column": (_("The column “%(name)s” is missing."), _("Add the column with exactly this header.")),
    "double_column": (_("The column “%(name)s” is there twice."), _("Delete one of the two.")),
    "wrong_order": (
        _("Here the column “%(name)s” is expected."),
        _("Put the columns into the order of the template."),
    ),
}


_MARKS = (MARK_ZH, MARK_EN.strip())


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of the kind stand: for each its place in the sheet's rows, or None where it is missing."""

    columns: tuple[Column, ...]
    places: tuple[int | None, ...]
    normalisers: tuple[Normaliser, ...]
    sheet: str
    header_row: int
    titles: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what the page needs to name a cell: sheet, row of the header, letters and title of each column."""
        found = zip(self.columns, self.places, strict=True)
        return {
            "sheet": self.sheet,
            "row": self.header_row,
            "columns": {
                column.key: [letters(place + 1), self.titles[place]]
                for column, place in found
                if place is not None
            },
        }

    def normalised(self, block: Block) -> tuple[list[Row], list[Fault]]:
        """Return the block's rows as the kind understands them, column by column, and the faults of single cells.

        A row that still is the example of our template is left out.
        """
        block, faults = self._without_examples(block)
        if not block.rows:
            return [], faults
        cells = list(zip(*block.rows, strict=True))
        values: list[Iterable[Any]] = []
        for column, place, normaliser in zip(self.columns, self.places, self.normalisers, strict=True):
            if place is None:
                values.append(repeat(None, len(block.rows)))
                continue
            seen = list(map(normaliser.__getitem__, cells[place]))
            if CellFault in set(map(type, seen)):
                faults += _cell_faults(column, block.numbers, cells[place], seen)
                seen = [None if type(value) is CellFault else value for value in seen]
            elif column.required and None in seen:
                faults += _cell_faults(column, block.numbers, cells[place], seen)
            values.append(seen)
        return list(zip(block.numbers, zip(*values, strict=True), strict=True)), faults

    def _without_examples(self, block: Block) -> tuple[Block, list[Fault]]:
        first = self.places[0]
        if first is None:
            return block, []
        if not any(isinstance(row[first], str) and str(row[first]).startswith(_MARKS) for row in block.rows):
            return block, []
        numbers, rows, faults = [], [], []
        for number, row in zip(block.numbers, block.rows, strict=True):
            state = example_state(
                self.columns, [None if place is None else row[place] for place in self.places]
            )
            if state is ExampleState.EXAMPLE:
                continue
            if state is ExampleState.TOUCHED:
                faults.append(Fault(number, self.columns[0].key, "example_touched", shown(row[first])))
            numbers.append(number)
            rows.append(row)
        return Block(numbers, rows), faults


def match(workbook: Workbook, header: Header) -> tuple[Layout, list[Fault]]:
    """Find the kind's columns by their Chinese or English headers, and what is unknown, missing, double or out of order."""
    known = {
        _folded(title): index
        for index, column in enumerate(workbook.columns)
        for title in (column.header_zh, column.header_en)
    }
    places: list[int | None] = [None] * len(workbook.columns)
    order: list[tuple[int, int]] = []
    faults: list[Fault] = []
    for place, title in enumerate(header.titles):
        folded = _folded(title)
        if not folded or is_mend_title(title):
            continue
        index = known.get(folded)
        if index is None:
            faults.append(Fault(header.row, "", "unknown_column", title))
        elif places[index] is not None:
            faults.append(
                Fault(header.row, workbook.columns[index].key, "double_column", title, {"name": title})
            )
        else:
            places[index] = place
            order.append((place, index))
    faults += _missing(workbook, header, places)
    if workbook.exact_order and not faults:
        faults += _out_of_order(workbook, header, order)
    layout = Layout(
        workbook.columns,
        tuple(places),
        tuple(normalise.for_column(column) for column in workbook.columns),
        header.sheet,
        header.row,
        header.titles,
    )
    return layout, faults


def _missing(workbook: Workbook, header: Header, places: Sequence[int | None]) -> Iterator[Fault]:
    for column, place in zip(workbook.columns, places, strict=True):
        if place is None and (column.required or workbook.exact_order):
            yield Fault(header.row, column.key, "missing_column", "", {"name": _name(column, header)})


def _out_of_order(workbook: Workbook, header: Header, order: Sequence[tuple[int, int]]) -> Iterator[Fault]:
    """Name the first place only: everything behind it is out of order, too."""
    for expected, (place, index) in enumerate(order):
        if expected != index or place != expected:
            name = _name(workbook.columns[expected], header)
            yield Fault(
                header.row, workbook.columns[index].key, "wrong_order", header.titles[place], {"name": name}
            )
            return


def _name(column: Column, header: Header) -> str:
    """Return the column's header in the language the sheet is written in."""
    written = "".join(header.titles)
    return column.header_en if written.isascii() and written else column.header_zh


def _folded(title: str) -> str:
    return "".join(title.split()).rstrip("*＊").casefold()


def _cell_faults(
    column: Column, numbers: Sequence[int], cells: Sequence[Any], values: Sequence[Any]
) -> Iterator[Fault]:
    for number, cell, value in zip(numbers, cells, values, strict=True):
        if value is None:
            if column.required:
                yield Fault(number, column.key, "required")
        elif type(value) is CellFault:
            yield Fault(number, column.key, value.value, shown(cell), _hints(column, value))


def _hints(column: Column, fault: CellFault) -> dict[str, Any]:
    if fault is CellFault.UNKNOWN_CHOICE:
        return {
            "choices_zh": "、".join(c.zh for c in column.choices),
            "choices_en": ", ".join(c.en for c in column.choices),
        }
    return {"most": column.max_length} if fault is CellFault.TOO_LONG else {}


def shown(cell: object) -> str:
    """Return a cell as a person sees it."""
    return "" if cell is None else str(cell)
