"""Streams rows as CSV that a spreadsheet opens rightly: UTF-8 with a byte order mark, and no text that runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

from portal.workbooks.writing.xlsx import Progress, Value, safe_text

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(
    out: IO[bytes],
    titles: Sequence[str],
    rows: Iterable[Sequence[Value]],
    progress: Progress | None = None,
    every: int = 1000,
) -> int:
    """Write titles and rows; a text that begins like a formula gets a single quote in front. Returns the number of rows."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(map(_safe, titles))
    count = 0
    for row in rows:
        writer.writerow([_safe(value) if type(value) is str else value for value in row])
        count += 1
        if progress and count % every == 0:
            progress(count)
    if progress:
        progress(count)
    text.flush()
    text.detach()
    return count


def _safe(value: str) -> str:
    return "'" + safe_text(value) if value.startswith(_FORMULA) else safe_text(value)
