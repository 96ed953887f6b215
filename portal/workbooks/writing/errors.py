"""The error workbook: the rows as they were handed in, what is wrong marked, and a last column that says what to mend.

All rows come back, because all of them must be handed in again: an import is all or nothing (G3). Mended, the file goes
in as it is; the importer leaves out the last column by its title.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from portal.workbooks.reading.parent import Block, Header
from portal.workbooks.writing.xlsx import Heading, Progress, Style, XlsxStream

MEND_ZH = "需要修改的内容"
MEND_EN = "What to mend"


@dataclass(frozen=True, slots=True)
class Mend:
    """One thing to mend in a row: the index of the column in the file (None: the whole row) and what to do."""

    column: int | None
    text: str


def is_mend_title(title: str) -> bool:
    """Say whether a column was added by an error workbook and is to be left out."""
    return title.strip() in {MEND_ZH, MEND_EN}


def write_error_workbook(
    out: IO[bytes],
    header: Header,
    blocks: Iterable[Block],
    faults: Mapping[int, Sequence[Mend]],
    *,
    language: str,
    progress: Progress | None = None,
) -> int:
    """Write the rows of `blocks` under their own numbers with the faults of each row. Returns the number of faulty rows.

    `faults` maps row numbers to what to mend, in the order in which it shall be told.
    """
    kept = [index for index, title in enumerate(header.titles) if not is_mend_title(title)]
    places = {index: place for place, index in enumerate(kept)}
    mend = Heading(MEND_EN if language.startswith("en") else MEND_ZH, 60, Style.NOTE)
    headings = [*(Heading(header.titles[index]) for index in kept), mend]
    faulty = count = 0
    with XlsxStream(out, headings, sheet=header.sheet, header_row=header.row) as stream:
        for block in blocks:
            for number, row in zip(block.numbers, block.rows, strict=True):
                mends = faults.get(number, ())
                values = [*(row[index] for index in kept), "\n".join(mend.text for mend in mends)]
                marked = {
                    places[each.column] for each in mends if each.column is not None and each.column in places
                }
                stream.write_row(values, number=number, marked={*marked, len(kept)} if mends else ())
                faulty += bool(mends)
            count += len(block.rows)
            if progress:
                progress(count)
    return faulty
