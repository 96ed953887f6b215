"""The error workbook: the rows as they were handed in, plus a column that says what to mend. Mended, it goes in (G3)."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import BinaryIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal import files
from portal.workbooks.models import ImportBatch
from portal.workbooks.reading.parent import open_workbook
from portal.workbooks.reading.values import column_number
from portal.workbooks.runs import kind_named
from portal.workbooks.services import faults
from portal.workbooks.services.leases import Watch
from portal.workbooks.writing.errors import Mend
from portal.workbooks.writing.errors import write_error_workbook as write_rows


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
        write_rows(
            out,
            book.header,
            book.blocks(),
            InOrder(batch),
            language=get_language() or "",
            progress=(lambda done: watch.report(done, batch.rows)) if watch else None,
        )


class InOrder(Mapping[int, Sequence[Mend]]):
    """What to mend in each row, for a reader who asks for the rows in their order: one row's faults are held at a time."""

    def __init__(self, batch: ImportBatch) -> None:
        stored = faults.stored(batch).iterator(chunk_size=2000)
        told = faults.told(batch, kind_named(batch.kind), stored)
        self._rows = groupby(told, key=lambda fault: fault.row)
        self._next = next(self._rows, None)

    def __getitem__(self, row: int) -> Sequence[Mend]:
        while self._next is not None and self._next[0] < row:
            self._next = next(self._rows, None)
        if self._next is None or self._next[0] != row:
            raise KeyError(row)
        return [_mend(fault) for fault in self._next[1]]

    def __iter__(self) -> Iterator[int]:
        raise TypeError("asked row by row")

    def __len__(self) -> int:
        raise TypeError("asked row by row")


def _mend(fault: faults.Told) -> Mend:
    letters = fault.cell.rstrip("0123456789")
    text = _("%(column)s: %(message)s") % {"column": fault.column, "message": fault.message}
    return Mend(column_number(letters) - 1 if letters else None, text if fault.column else fault.message)
