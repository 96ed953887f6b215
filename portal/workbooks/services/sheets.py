"""Files that go out: written by the writers of this app into a nameless file, then kept encrypted."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import openpyxl
from openpyxl.cell import WriteOnlyCell

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def write_sheet(
    out: BinaryIO, *, file_format: str, titles: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Write a header and rows as .xlsx or .csv; return the number of rows. No cell is ever a formula."""
    if file_format == "csv":
        return _write_csv(out, titles, rows)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(titles))
    count = 0
    for row in rows:
        cells = []
        for v in row:
            c = WriteOnlyCell(sheet, value=v)
            if isinstance(v, str):
                c.data_type = "s"
                c.number_format = "@"
            cells.append(c)
        sheet.append(cells)
        count += 1
    buf = io.BytesIO()
    book.save(buf)
    out.write(buf.getvalue())
    return count


def _write_csv(out: BinaryIO, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(titles)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    text.flush()
    text.detach()
    return count
