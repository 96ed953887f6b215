"""Files as spreadsheet programs save them are read as their users see them."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from portal.workbooks.reading.limits import Limits
from portal.workbooks.reading.package import Package
from portal.workbooks.reading.parent import Header, open_workbook
from portal.workbooks.reading.parts import read_workbook
from portal.workbooks.reading.refusals import Code, Refusal
from portal.workbooks.reading.sheet import SheetReader
from portal.workbooks.reading.strings import SharedStrings

from .crafted import (
    HEADER,
    MAIN,
    ROWS,
    SHEET,
    STRINGS,
    WORKBOOK,
    Parts,
    cell,
    pack,
    replaced,
    roster,
    row_xml,
    rows_xml,
    second_sheet,
    sheet_xml,
    valid,
)
from .hostile import LIST

LIBREOFFICE = Path(__file__).parent / "files" / "libreoffice.xlsx"
JUNE = dt.date(2020, 5, 31)
EXPECTED = [[*row[:3], JUNE] for row in ROWS]


def read(data: bytes) -> tuple[Header, list[int], list[list[Any]]]:
    with open_workbook(io.BytesIO(data)) as workbook:
        blocks = list(workbook.blocks())
    return workbook.header, [n for b in blocks for n in b.numbers], [row for b in blocks for row in b.rows]


def carefully(data: bytes, *, careful: bool) -> list[Any]:
    """The rows read in this process; with `careful`, by expat alone."""
    limits = Limits()
    package = Package(io.BytesIO(data), limits)
    workbook = read_workbook(package)
    reader = SheetReader(package, workbook, SharedStrings(package, workbook.strings, limits), limits)
    if careful:
        reader._make_pattern = lambda: None  # type: ignore[method-assign]
    return list(reader.rows())


def test_a_file_saved_by_libreoffice() -> None:
    header, numbers, rows = read(LIBREOFFICE.read_bytes())
    assert header == Header("名单", 1, ("学号", "姓名", "证件号码", "出生日期", "邮箱", "金额", "备注"))
    assert numbers == list(range(2, 122))
    assert rows[0] == [
        "20160000000",
        "孙芳",
        "42010119980101000X",
        dt.date(1998, 1, 1),
        "s0@example.edu.cn",
        12,
        "混合mixed文字123",
    ]
    by_openpyxl: Any = openpyxl.load_workbook(LIBREOFFICE).worksheets[0]
    assert rows == [
        [value.date() if isinstance(value, dt.datetime) else value for value in row]
        for row in by_openpyxl.iter_rows(min_row=2, values_only=True)
    ]
    by_calamine = CalamineWorkbook.from_path(LIBREOFFICE).get_sheet_by_index(0).to_python()[1:]
    assert rows == [[None if value == "" else value for value in row] for row in by_calamine]


@pytest.mark.parametrize("data", [valid, LIBREOFFICE.read_bytes], ids=["roster", "libreoffice"])
def test_both_ways_through_a_sheet_end_in_the_same_rows(data: Callable[[], bytes]) -> None:
    assert carefully(data(), careful=False) == carefully(data(), careful=True)


def changed(change: Callable[[str], str], member: str = SHEET) -> bytes:
    parts: Parts = roster()
    parts[member] = change(parts[member].decode()).encode()
    return pack(parts)


RICH = (
    "<r><rPr><b/></rPr><t>阿不都</t></r><r><t>拉·买买提</t></r>"
    '<rPh sb="0" eb="1"><t>A</t></rPh><phoneticPr fontId="1"/>'
)
PREFIXED = {"<": "<x:", "<x:/": "</x:", "<x:?": "<?"}


def prefixed(text: str) -> str:
    for old, new in PREFIXED.items():
        text = text.replace(old, new)
    return text.replace("xmlns=", "xmlns:x=")


@pytest.mark.parametrize(
    "data",
    [
        lambda: changed(prefixed),
        lambda: changed(prefixed, STRINGS),
        lambda: changed(lambda text: text.replace("><", ">\n  <")),
        lambda: changed(lambda text: text.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")),
        lambda: changed(lambda text: text.replace("<row ", '<row spans="1:4" x14ac:dyDescent="0.25" ', 99).replace(
            "<worksheet ", '<worksheet xmlns:x14ac="urn:x" ')),
        lambda: changed(lambda text: text.replace('"><c', '" spans="1:4" ht="13.5" customHeight="1" hidden="false"><c')),
        lambda: changed(lambda text: text.replace("</c></row>", '</c><c r="F1" s="1"/></row>', 1)),
        lambda: changed(lambda text: text.replace("</sheetData>", '<row r="1048576" ht="12.8"/></sheetData>')),
        lambda: changed(lambda text: "\ufeff" + text),
        lambda: changed(lambda text: text.replace("?>\n<worksheet", "?>\n<!-- made by hand --><worksheet")),
        lambda: changed(lambda text: text.replace("<t>阿不都拉·买买提</t>", RICH), STRINGS),
        lambda: changed(lambda text: text.replace("<sheetData>", "<cols><col min='1' max='16384' style='1'/></cols><sheetData>")),
        replaced(WORKBOOK, "<workbookPr/>", "<workbookPr/><definedNames><definedName name='a'>A</definedName></definedNames>"),
        second_sheet(rows='<row r="1"><c r="A1" s="1"/></row>'),
        second_sheet("veryHidden", "_lists"),
        second_sheet("hidden", "_lists"),
        cell("D3", '<c r="D3" s="1" t="d"><v>2020-05-31</v></c>'),
        cell("D3", '<c r="D3" s="1" t="n"><v>43982.0</v></c>'),
        cell("B3", '<c r="B3" t="str"><v>李四</v></c>'),
        cell("B3", '<c t="inlineStr"><is><t>李四</t></is></c>'),
    ],
)  # fmt: skip
def test_other_programs_write_the_same_roster_differently(data: Callable[[], bytes]) -> None:
    header, numbers, rows = read(data())
    assert (header, numbers, rows) == (Header("名单", 1, HEADER), [2, 3, 4], EXPECTED)


def test_row_numbers_are_those_of_the_sheet_when_blank_rows_lie_between() -> None:
    rows = row_xml(3, HEADER) + row_xml(5, ROWS[0]) + '<row r="6"><c r="A6"/></row>' + row_xml(40, ROWS[1])
    header, numbers, read_rows = read(pack(roster() | {SHEET: sheet_xml(rows).encode()}))
    assert (header.row, numbers) == (3, [5, 40])
    assert read_rows == EXPECTED[:2]


def test_dates_of_both_systems_times_and_moments() -> None:
    values = "".join(
        f'<c r="{letter}2" s="1"><v>{value}</v></c>'
        for letter, value in zip("ABCD", (1, 0.5, 43982.75, 59), strict=True)
    )
    data = pack(roster() | {SHEET: sheet_xml(row_xml(1, HEADER) + f'<row r="2">{values}</row>').encode()})
    assert read(data)[2] == [
        [dt.date(1900, 1, 1), dt.time(12), dt.datetime(2020, 5, 31, 18), dt.date(1900, 2, 28)]
    ]
    parts = roster()
    parts[WORKBOOK] = parts[WORKBOOK].replace(b"<workbookPr/>", b'<workbookPr date1904="1"/>')
    assert read(pack(parts))[2][0][3] == dt.date(2024, 6, 1)


def test_numbers_and_truth_values() -> None:
    cells = (
        '<c r="A2"><v>20161000001</v></c><c r="B2"><v>1.20101199801012E+17</v></c>'
        '<c r="C2" t="b"><v>1</v></c><c r="D2"><v>0.1</v></c>'
    )
    data = pack(roster() | {SHEET: sheet_xml(row_xml(1, HEADER) + f'<row r="2">{cells}</row>').encode()})
    assert read(data)[2] == [[20161000001, 1.20101199801012e17, "TRUE", 0.1]]


def test_custom_formats_are_dates_when_they_say_so() -> None:
    formats = {
        'yyyy"年"m"月"d"日"': True,
        "[$-804]yyyy/m/d;@": True,
        '0.00"d"': False,
        "[Red]General": False,
        "@": False,
        "[h]:mm": True,
    }
    for code, is_date in formats.items():
        parts = roster()
        escaped = code.replace('"', "&quot;")
        parts["xl/styles.xml"] = (
            f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="177" formatCode="{escaped}"/></numFmts>'
            '<cellXfs><xf numFmtId="0"/><xf numFmtId="177"/></cellXfs></styleSheet>'
        ).encode()
        assert isinstance(read(pack(parts))[2][0][3], dt.date) is is_date, code


def test_a_fault_far_down_is_found_though_the_rows_before_it_are_usual() -> None:
    usual = "".join(row_xml(n, ("20161000001", "张三", "420101199801012218", 43982)) for n in range(2, 6000))
    formula = '<row r="6000"><c r="B6000"><f>1+1</f><v>2</v></c></row>'
    with pytest.raises(Refusal) as caught:
        read(pack(roster() | {SHEET: sheet_xml(row_xml(1, HEADER) + usual + formula).encode()}))
    assert (caught.value.code, caught.value.place()) == (Code.FORMULA, {**LIST, "row": 6000, "column": "B"})


def test_a_file_without_shared_strings_and_styles() -> None:
    parts = roster()
    del parts[STRINGS], parts["xl/styles.xml"]
    parts["xl/_rels/workbook.xml.rels"] = (
        parts["xl/_rels/workbook.xml.rels"].split(b'<Relationship Id="rId2"')[0] + b"</Relationships>"
    )
    parts[SHEET] = sheet_xml(rows_xml()).encode()
    assert read(pack(parts))[2] == [list(row) for row in ROWS]
