"""What is written comes back as it was, in this reader, in openpyxl and in calamine; and nothing becomes a formula."""

import csv
import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from portal.workbooks.reading.parent import open_workbook
from portal.workbooks.writing import xlsx
from portal.workbooks.writing.csv import write_csv
from portal.workbooks.writing.xlsx import CELL_CHARACTERS, Heading, Value, XlsxStream

DANGEROUS = [
    "=1+1",
    "==1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    "https://example.org/",
    "{=1}",
]


def written(rows: list[list[Value]], width: int) -> bytes:
    out = io.BytesIO()
    with XlsxStream(out, [Heading(f"列{n}") for n in range(width)], sheet="名单") as stream:
        stream.write(rows)
    return out.getvalue()


def by_openpyxl(data: bytes) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return [[(cell.data_type, cell.value) for cell in row] for row in sheet.iter_rows(min_row=2)]


def test_text_stays_text_whatever_it_begins_with() -> None:
    texts = [
        *DANGEROUS,
        "420101199801012218",
        "007",
        "1.20E+17",
        "TRUE",
        "2020-06-30",
        '<a> & "b"',
        " 空 ",
        "甲\n乙",
    ]
    data = written([[text] for text in texts], 1)
    assert by_openpyxl(data) == [[("s", text.replace("\r", "\n"))] for text in texts]
    calamine = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in calamine[1:]] == [text.replace("\r", "\n") for text in texts]
    assert b"<f" not in data


def test_numbers_dates_and_blanks_come_back() -> None:
    moment = dt.datetime(2020, 6, 30, 17, 40)
    row: list[Value] = [1, 2.5, -3, dt.date(2020, 6, 30), moment, None, "", "末"]
    with open_workbook(io.BytesIO(written([row], 8))) as workbook:
        assert [block.rows for block in workbook.blocks()] == [
            [[1, 2.5, -3, dt.date(2020, 6, 30), moment, None, None, "末"]]
        ]


def test_digits_that_a_number_would_lose_are_written_as_text() -> None:
    assert by_openpyxl(written([[420101199801012218, True, dt.time(8)]], 3)) == [
        [("s", "420101199801012218"), ("s", "TRUE"), ("s", "08:00:00")]
    ]


def test_what_a_cell_cannot_hold() -> None:
    data = written([["甲\x00乙\x1f\ud800"], ["长" * 40_000], ["_x0041_"]], 1)
    (first,), (second,), (third,) = by_openpyxl(data)
    assert first == ("s", "甲乙\ufffd")
    assert second == ("s", "长" * (CELL_CHARACTERS - 1) + "…")
    # Excel and calamine undo the escape, openpyxl does not.
    calamine = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert (third, calamine[3][0]) == (("s", "_x005F_x0041_"), "_x0041_")


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS_PER_SHEET", 4)
    book = openpyxl.load_workbook(io.BytesIO(written([[n] for n in range(5)], 1)))
    assert {sheet.title: [row[0] for row in sheet.values] for sheet in book} == {
        "名单": ["列0", 0, 1, 2],
        "名单 (2)": ["列0", 3, 4],
    }


def test_progress_is_told_and_the_end_too() -> None:
    told: list[int] = []
    with XlsxStream(io.BytesIO(), [Heading("甲")]) as stream:
        assert stream.write(([n] for n in range(25)), told.append, every=10) == 25
    assert told == [10, 20, 25]


def test_a_target_that_cannot_seek_is_good_enough() -> None:
    class Pipe(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: Any) -> int:
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with XlsxStream(pipe, [Heading("甲")]) as stream:  # type: ignore[arg-type]
        stream.write([["乙"]])
    with open_workbook(io.BytesIO(pipe.data)) as workbook:
        assert [block.rows for block in workbook.blocks()] == [[["乙"]]]


values = (
    st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028"), min_size=1, max_size=20)
    | st.integers(-(10**14), 10**14)
    | st.floats(-1e9, 1e9)
    | st.dates(min_value=dt.date(1900, 3, 1), max_value=dt.date(2999, 1, 1))
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.just("行"), values, values), min_size=1, max_size=20))
def test_this_reader_openpyxl_and_calamine_agree(rows: list[tuple[Value, ...]]) -> None:
    clean = [[xlsx.safe_text(v) or None if isinstance(v, str) else v for v in row] for row in rows]
    clean = [row for row in clean if not any(isinstance(v, str) and "_x" in v for v in row)] or [
        ["行", None, None]
    ]
    data = written(clean, 3)
    with open_workbook(io.BytesIO(data)) as workbook:
        read = [row for block in workbook.blocks() for row in block.rows]
    other = [
        [value.date() if isinstance(value, dt.datetime) else value for _, value in row]
        for row in by_openpyxl(data)
    ]
    third = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1:]
    assert read == clean == other
    assert [[None if v == "" else v for v in [*row, "", ""][:3]] for row in third] == clean


def test_csv_opens_as_utf8_and_runs_nothing() -> None:
    out = io.BytesIO()
    assert (
        write_csv(
            out, ["学号", "=姓名"], [["007", text] for text in DANGEROUS] + [[dt.date(2020, 6, 30), None]]
        )
        == 11
    )
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["学号", "'=姓名"]
    assert [row[1] for row in rows[1:]] == [
        *["'" + text.replace("\r", "\n") for text in DANGEROUS[:8]],
        "https://example.org/",
        "{=1}",
        "",
    ]
    assert rows[-1][0] == "2020-06-30"
