"""Files that go out: exports and templates, in the words of this app's specs."""

from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

from portal.workbooks.spec import CellKind, Column
from portal.workbooks.writing.csv import write_csv
from portal.workbooks.writing.xlsx import Heading, Style, XlsxStream

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_WIDTHS = {CellKind.DATE: 12.0, CellKind.CHOICE: 12.0, CellKind.NUMBER: 12.0}


def write_sheet(
    out: IO[bytes],
    *,
    file_format: str,
    title: str,
    columns: Sequence[Column],
    language: str,
    rows: Iterable[Sequence[Any]],
    progress: Callable[[int], None],
) -> int:
    """Write a header and rows as .xlsx or .csv with flat memory; return the number of rows. No cell is ever a formula."""
    titles = [column.header(language) for column in columns]
    if file_format == "csv":
        return write_csv(out, titles, rows, progress)
    headings = [
        Heading(text, max(_WIDTHS.get(column.kind, 16.0), 2.2 * len(text)), Style.TEXT)
        for text, column in zip(titles, columns, strict=True)
    ]
    with XlsxStream(out, headings, sheet=title) as stream:
        return stream.write(rows, progress)
