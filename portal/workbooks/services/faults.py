"""Faults on their way into the database and back: sealed, because they quote what stood in the cells (X2)."""

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.crypto import decrypt, encrypt
from portal.workbooks.models import ImportBatch, ImportFault
from portal.workbooks.runs import Fault, Workbook
from portal.workbooks.services.headers import CELL_MESSAGES

IN_MEMORY_BYTES = 4 * 1024 * 1024
MOST_FAULTS = 500_000  # by then the list itself is wrong, and nobody reads on
_dump = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=DjangoJSONEncoder().default
).encode


class TooManyFaults(Exception):
    """The list of faults is full; reading on serves nobody."""


class FaultSpool:
    """The faults of one pass, sealed and ready for COPY; stored with the batch's new state once the pass is rolled back."""

    def __init__(self, batch: ImportBatch) -> None:
        self._batch = batch
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, "w+", encoding="utf-8")  # noqa: SIM115  closed in __exit__
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, faults: Iterable[Fault]) -> None:
        """Take faults down. Raises TooManyFaults."""
        for fault in faults:
            sealed = encrypt(
                _dump([fault.value, fault.params]).encode(), bound_to=_place(self._batch.uid, fault)
            )
            self._file.write(
                f"{self._batch.pk}\t{fault.row}\t{fault.column}\t{fault.code}\t\\\\x{sealed.hex()}\n"
            )
            self.count += 1
            if self.count >= MOST_FAULTS:
                raise TooManyFaults

    def store(self) -> None:
        """Write them all, inside the caller's transaction; what an earlier check found goes."""
        ImportFault.objects.filter(batch=self._batch).delete()
        self._file.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(
                'COPY workbooks_importfault (batch_id, "row", "column", code, sealed) FROM STDIN', self._file
            )
        self._file.seek(0, 2)


@dataclass(frozen=True, slots=True)
class Told:
    """A fault as a person reads it."""

    row: int
    cell: str  # as in the spreadsheet, e.g. H17; the row's number where no column is meant
    column: str  # the header as it stands in the sheet
    code: str
    value: str
    wrong: str
    remedy: str

    @property
    def message(self) -> str:
        """Both sentences."""
        return (
            f"{self.wrong}{self.remedy}"
            if self.wrong.endswith("。")
            else f"{self.wrong} {self.remedy}".strip()
        )


@dataclass(frozen=True, slots=True)
class Folded:
    """Equal faults: the first one and how many more there are."""

    first: Told
    column_key: str
    more: int


def told(batch: ImportBatch, workbook: Workbook, rows: Iterable[ImportFault]) -> Iterator[Told]:
    """Turn stored faults into what the reader's language says about them."""
    tell = teller(workbook, batch.layout)
    for row in rows:
        yield tell(_opened(batch, row))


def teller(workbook: Workbook, layout: Mapping[str, Any]) -> Callable[[Fault], Told]:
    """Return the function that puts a fault of this kind of workbook into words of the active language.

    Of parameters `name_zh` and `name_en` the message's %(name)s takes the one that the reader reads.
    """
    chinese = (get_language() or "").startswith("zh")
    headers = {column.key: column.header("zh" if chinese else "en") for column in workbook.columns}
    places: Mapping[str, Sequence[str]] = layout.get("columns", {})

    def tell(fault: Fault) -> Told:
        letters, title = places.get(fault.column, ("", headers.get(fault.column, "")))
        wrong, remedy = _messages(workbook, fault.code)
        words = {"value": fault.value, "column": title, **fault.params}
        for name in [name.removesuffix("_zh") for name in words if name.endswith("_zh")]:
            words[name] = words[f"{name}_zh" if chinese else f"{name}_en"]
        return Told(
            fault.row,
            f"{letters}{fault.row}",
            title,
            fault.code,
            fault.value,
            _filled(wrong, words),
            _filled(remedy, words),
        )

    return tell


def folded(batch: ImportBatch, workbook: Workbook) -> list[Folded]:
    """Equal faults together, in the order of their first place: “first here and N more”."""
    groups = list(
        ImportFault.objects.filter(batch=batch)
        .values("column", "code")
        .annotate(first=Min("id"), count=Count("id"))
    )
    firsts = ImportFault.objects.in_bulk([group["first"] for group in groups])
    tell = teller(workbook, batch.layout)
    found = [
        Folded(tell(_opened(batch, firsts[group["first"]])), group["column"], group["count"] - 1)
        for group in groups
    ]
    return sorted(found, key=lambda each: (each.first.row, each.first.cell))


def stored(batch: ImportBatch) -> QuerySet[ImportFault]:
    """The faults of a batch in the order of the sheet."""
    return ImportFault.objects.filter(batch=batch).order_by("row", "id")


def _opened(batch: ImportBatch, row: ImportFault) -> Fault:
    fault = Fault(row.row, row.column, row.code)
    value, params = json.loads(decrypt(bytes(row.sealed), bound_to=_place(batch.uid, fault)))
    return Fault(row.row, row.column, row.code, value, params)


def _place(batch_uid: uuid.UUID, fault: Fault) -> str:
    return f"workbooks_importfault.sealed:{batch_uid}:{fault.row}:{fault.column}:{fault.code}"


def _messages(workbook: Workbook, code: str) -> tuple[str, str]:
    wrong, remedy = workbook.messages.get(code) or CELL_MESSAGES.get(code) or (_("This is not right."), "")
    return str(wrong), str(remedy)


def _filled(sentence: str, words: Mapping[str, object]) -> str:
    """Fill in a sentence; a place without a word stays visible rather than losing the fault."""
    try:
        return sentence % words
    except (KeyError, ValueError, TypeError):
        return sentence
