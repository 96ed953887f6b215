"""The process that reads a stranger's file: the file on standard input, frames on standard output, nothing else.

Started by `parent` with limits as one JSON argument. Every way out is a frame: `end`, or `error` with code
and place.
"""

import gc
import json
import os
import resource
import sys
from typing import Any, BinaryIO

from .frames import write_frame
from .limits import Limits
from .package import Package
from .parts import read_workbook
from .refusals import Code, Refusal
from .sheet import SheetReader
from .strings import SharedStrings


def main() -> None:
    """Read the workbook and leave."""
    limits = Limits(**json.loads(sys.argv[1]))
    _limit(limits)
    gc.disable()  # nothing here is cyclic, and the process is short
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    try:
        with os.fdopen(0, "rb", closefd=False) as file:
            _read(file, limits, out)
    except Refusal as refusal:
        write_frame(out, {"error": {"code": refusal.code, "detail": refusal.detail, **refusal.place()}})
    except MemoryError:
        write_frame(out, {"error": {"code": Code.TOO_MUCH_MEMORY}})
    except RecursionError:
        write_frame(out, {"error": {"code": Code.UNUSUAL_XML}})
    out.close()


def _read(file: BinaryIO, limits: Limits, out: BinaryIO) -> None:
    package = Package(file, limits)
    workbook = read_workbook(package)
    reader = SheetReader(package, workbook, SharedStrings(package, workbook.strings, limits), limits)
    count = 0
    numbers: list[int] = []
    rows: list[Any] = []
    for number, row in reader.rows():
        if not count:
            _write_header(out, reader, workbook.sheet.name)
        count += 1
        numbers.append(number)
        rows.append(row)
        if len(rows) == limits.block_rows:
            write_frame(out, {"numbers": numbers, "rows": rows})
            numbers, rows = [], []
    if rows:
        write_frame(out, {"numbers": numbers, "rows": rows})
    write_frame(out, {"end": count})


def _write_header(out: BinaryIO, reader: SheetReader, sheet: str) -> None:
    row, titles = reader.header
    write_frame(out, {"sheet": sheet, "row": row, "titles": titles})


def _limit(limits: Limits) -> None:
    """Take away from this process whatever reading does not need. Some systems lack some of these limits."""
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (
            resource.RLIMIT_CPU,
            limits.cpu_seconds,
            limits.cpu_seconds + 2,
        ),  # first a signal that tells why, then the end
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 16, 16),
    ):
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, OSError):
            continue
