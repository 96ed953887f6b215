"""The error workbook: the rows as they were handed in, plus a column that says what to mend. Mended, it goes in (G3)."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, BinaryIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal import files
from portal.workbooks.models import ImportBatch
from portal.workbooks.reading.parent import ReadingWorkbook, open_workbook
from portal.workbooks.runs import kind_named
from portal.workbooks.services import faults
from portal.workbooks.services.headers import ERROR_HEADERS, is_error_header
from portal.workbooks.services.leases import Watch
from portal.workbooks.services.sheets import write_sheet


def store_error_workbook(batch: ImportBatch, watch: Watch) -> uuid.UUID:
    """Write the error workbook of `batch` in the active language and keep it as a private file; returns its uid."""
    with files.nameless_file("portal-errors") as out:
        write_error_workbook(batch, out, watch=watch)
        out.seek(0)
        return files.store(out).uid


def write_error_workbook(batch: ImportBatch, out: BinaryIO, *, watch: Watch | None = None) -> None:
    """Write the rows of the batch's file with what the stored faults say about each, in the active language."""
    assert batch.file_uid is not None
    with files.open_plain(batch.file_uid) as plain, open_workbook(plain) as book:
        kept = [place for place, title in enumerate(book.header.titles) if not is_error_header(title)]
        titles = [book.header.titles[place] for place in kept]
        error_title = ERROR_HEADERS["zh-hans" if (get_language() or "").startswith("zh") else "en"]
        write_sheet(
            out, file_format="xlsx", titles=[*titles, error_title], rows=_rows(batch, book, kept, watch)
        )


def _rows(
    batch: ImportBatch, book: ReadingWorkbook, kept: Sequence[int], watch: Watch | None
) -> Iterator[list[Any]]:
    """Merge the file's rows with the faults, both in the order of the sheet; blank rows stay, so that numbers agree."""
    told = faults.told(batch, kind_named(batch.kind), faults.stored(batch).iterator(chunk_size=2000))
    by_row = groupby(told, key=lambda fault: fault.row)
    waiting = next(by_row, None)
    expected = book.header.row + 1
    for block in book.blocks():
        for number, row in zip(block.numbers, block.rows, strict=True):
            for _blank in range(number - expected):
                yield [None] * (len(kept) + 1)
            expected = number + 1
            while waiting is not None and waiting[0] < number:
                waiting = next(by_row, None)
            text = ""
            if waiting is not None and waiting[0] == number:
                text = _advice(list(waiting[1]))
            yield [*(row[place] for place in kept), text or None]
        if watch is not None:
            watch.report(book.count, batch.rows)


def _advice(found: Sequence[faults.Told]) -> str:
    """All that is to be mended in one row."""
    return "\n".join(
        _("%(column)s: %(message)s") % {"column": fault.column, "message": fault.message}
        if fault.column
        else fault.message
        for fault in found
    )
