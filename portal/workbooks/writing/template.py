"""The empty workbook that a kind of workbook offers for download, and its example row.

The example stands in the row below the header, grey, and its first cell begins with a mark. Filled in below it, the
template goes straight in: a row that still is the example is left out (`example_state`). Only the mark is left, and a
clerk has typed over the rest? Then it is neither: the importer must say so instead of leaving a person out.
"""

from collections.abc import Sequence
from enum import Enum
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from portal.workbooks.normalise import CellFault, date
from portal.workbooks.reading.parts import LISTS_SHEET
from portal.workbooks.spec import CellKind, Column

MARK_ZH = "示例："
MARK_EN = "Example: "
_ROWS = 100_001
_SHOWN_INLINE = 255  # characters of a list that a validation can hold itself
_FORMATS = {CellKind.TEXT: "@", CellKind.IDENTIFIER: "@", CellKind.CHOICE: "@", CellKind.DATE: "yyyy-mm-dd"}
_REQUIRED = PatternFill("solid", fgColor="1F4E79")
_OPTIONAL = PatternFill("solid", fgColor="E7ECF3")
_LINE = Border(bottom=Side(style="thin", color="9AA5B1"))


class ExampleState(Enum):
    """What a row has to do with the example."""

    NONE = "none"
    EXAMPLE = "example"
    TOUCHED = "touched"  # marked as the example and changed


def write_template(out: IO[bytes], columns: Sequence[Column], *, language: str, title: str) -> None:
    """Write the template in "zh-hans" or "en"; `title` names the worksheet."""
    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = title[:31]
    sheet.freeze_panes = "A2"
    lists: Any = None
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        _write_header(sheet.cell(1, number), column, language)
        _write_example(sheet.cell(2, number), column, language, first=number == 1)
        dimension = sheet.column_dimensions[letter]
        dimension.width = max(12, 2.2 * len(column.header(language)), 1.3 * len(column.example(language)) + 4)
        dimension.number_format = _FORMATS.get(column.kind, "General")
        if column.choices:
            words = [choice.en if language.startswith("en") else choice.zh for choice in column.choices]
            inline = ",".join(words)
            if len(inline) > _SHOWN_INLINE or any("," in word or '"' in word for word in words):
                lists = lists or _lists_sheet(workbook)
                for row, word in enumerate(words, 1):
                    lists.cell(row, number, word)
                source = f"{LISTS_SHEET}!${letter}$1:${letter}${len(words)}"
            else:
                source = f'"{inline}"'
            rule = DataValidation(
                "list", formula1=source, allow_blank=True, errorStyle="warning", showErrorMessage=True
            )
            rule.add(f"{letter}2:{letter}{_ROWS}")
            sheet.add_data_validation(rule)
    workbook.save(out)


def example_state(columns: Sequence[Column], row: Sequence[object]) -> ExampleState:
    """Say whether a row is the example of the template; `row` holds raw cells in the order of `columns`."""
    first = row[0] if row else None
    if not isinstance(first, str) or not first.startswith((MARK_ZH, MARK_EN.strip())):
        return ExampleState.NONE
    language = "zh-hans" if first.startswith(MARK_ZH) else "en"
    mark = MARK_ZH if language == "zh-hans" else MARK_EN
    given = [str(value or "").strip() for value in row]
    given[0] = given[0].removeprefix(mark.strip()).strip()
    return (
        ExampleState.EXAMPLE
        if given == [column.example(language) for column in columns]
        else ExampleState.TOUCHED
    )


def _lists_sheet(workbook: Workbook) -> Any:
    sheet = workbook.create_sheet(LISTS_SHEET)
    sheet.sheet_state = "veryHidden"
    return sheet


def _write_header(cell: Any, column: Column, language: str) -> None:
    english = language.startswith("en")
    cell.value = column.header(language)
    cell.number_format = "@"
    cell.font = Font(bold=True, color="FFFFFF" if column.required else "1B2733")
    cell.fill = _REQUIRED if column.required else _OPTIONAL
    cell.alignment = Alignment(vertical="center")
    cell.border = _LINE
    told = [("Required" if english else "必填") if column.required else ("Optional" if english else "选填")]
    if column.help:
        told.append(str(column.help))
    if column.example(language):
        told.append(("Example: " if english else "示例：") + column.example(language))
    cell.comment = Comment(
        "\n".join(told), "", width=260, height=40 + 22 * sum(1 + part.count("\n") for part in told)
    )


def _write_example(cell: Any, column: Column, language: str, *, first: bool) -> None:
    text = column.example(language)
    day = date(text) if column.kind is CellKind.DATE and text else None
    if first:
        cell.value = (MARK_EN if language.startswith("en") else MARK_ZH) + text
    elif day and not isinstance(day, CellFault):
        cell.value = day
    else:
        cell.value = text or None
    cell.data_type = cell.data_type if cell.data_type in {"d", "n"} else "s"  # never a formula
    cell.number_format = _FORMATS.get(column.kind, "General")
    cell.font = Font(italic=True, color="7A8694")
