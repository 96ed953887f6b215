"""One valid roster, and the same roster with one hostile thing built into it.

`HOSTILE` maps a name to what builds the file, the code it must be refused with, and the place that must be named.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.workbooks.reading.refusals import Code

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
WORKBOOK = "xl/workbook.xml"
TYPES = "[Content_Types].xml"

HEADER = ("学号", "姓名", "证件号码", "毕业日期")
ROWS = (
    ("20161000001", "张三", "420101199801012218", 43982),
    ("20161000002", "李四", "420101199802022229", 43982),
    ("20161000003", "阿不都拉·买买提", "420101199803032231", 43982),
)

Parts = dict[str, bytes]


def row_xml(number: int, cells: tuple[Any, ...]) -> str:
    """One row as programs write it: texts inline, numbers as dates (style 1)."""
    return (
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + i)}{number}" s="1"><v>{cell}</v></c>'
            if isinstance(cell, int)
            else f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
            for i, cell in enumerate(cells)
        )
        + "</row>"
    )


def sheet_xml(rows: str, *, before: str = "", behind: str = "") -> str:
    return (
        f'{DECLARATION}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{before}'
        f"<sheetData>{rows}</sheetData>{behind}</worksheet>"
    )


def rows_xml() -> str:
    return row_xml(1, HEADER) + "".join(row_xml(i, row) for i, row in enumerate(ROWS, 2))


def roster() -> Parts:
    """The parts of the valid roster. The third name is a shared string."""
    rows = rows_xml().replace(
        '<c r="B4" t="inlineStr"><is><t>阿不都拉·买买提</t></is></c>', '<c r="B4" t="s"><v>0</v></c>'
    )
    texts = {
        TYPES: f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SPREADSHEET}.sheet.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        WORKBOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/>'
        '<sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{RELATIONS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        STRINGS: f'<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>阿不都拉·买买提</t></si></sst>',
        SHEET: sheet_xml(rows).removeprefix(DECLARATION),
    }
    return {name: (DECLARATION + text).encode() for name, text in texts.items()}


def pack(parts: Parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def valid() -> bytes:
    return pack(roster())


def replaced(member: str, old: str, new: str) -> Callable[[], bytes]:
    """The roster with one piece of a member replaced."""

    def build() -> bytes:
        parts = roster()
        text = parts[member].decode()
        assert old in text, f"{old} is not in {member}"
        parts[member] = text.replace(old, new, 1).encode()
        return pack(parts)

    return build


def cell(reference: str, xml: str) -> Callable[[], bytes]:
    """The roster with one cell replaced by other XML."""

    def build() -> bytes:
        parts = roster()
        text = parts[SHEET].decode()
        start = text.index(f'<c r="{reference}"')
        end = text.index("</c>", start) + 4
        parts[SHEET] = (text[:start] + xml + text[end:]).encode()
        return pack(parts)

    return build


def with_parts(added: Parts, *changes: tuple[str, str, str]) -> Callable[[], bytes]:
    """The roster with further members, and pieces of others replaced."""

    def build() -> bytes:
        parts = roster()
        for member, old, new in changes:
            text = parts[member].decode()
            assert old in text
            parts[member] = text.replace(old, new, 1).encode()
        return pack(parts | added)

    return build


def raw_zip(change: Callable[[zipfile.ZipFile], None]) -> Callable[[], bytes]:
    """The roster with members written that `pack` would not write."""

    def build() -> bytes:
        out = io.BytesIO(valid())
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            change(archive)
        return out.getvalue()

    return build


def relation(member: str, kind: str, target: str, *, mode: str = "") -> tuple[str, str, str]:
    extra = f' TargetMode="{mode}"' if mode else ""
    return (
        member,
        "</Relationships>",
        f'<Relationship Id="rId99" Type="{RELATIONS}/{kind}" Target="{target}"{extra}/></Relationships>',
    )


def second_sheet(state: str = "", name: str = "其他", rows: str = "") -> Callable[[], bytes]:
    attribute = f' state="{state}"' if state else ""
    return with_parts(
        {"xl/worksheets/sheet2.xml": sheet_xml(rows or row_xml(1, ("甲", "乙"))).encode()},
        (WORKBOOK, "</sheets>", f'<sheet name="{name}" sheetId="2"{attribute} r:id="rId99"/></sheets>'),
        relation("xl/_rels/workbook.xml.rels", "worksheet", "worksheets/sheet2.xml"),
    )


def bomb() -> bytes:
    """The roster whose sheet unpacks to two gigabytes and says so nowhere: the sizes in the directory are lies."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head, tail = roster()[SHEET].split(b"<sheetData>")
    pieces = [packer.compress(head)]
    spaces = b" " * (1 << 20)
    pieces += [packer.compress(spaces) for _ in range(64)]
    pieces += [packer.compress(b"<sheetData>" + tail), packer.flush()]
    data = b"".join(pieces)
    return stored_raw(SHEET, data, declared=len(roster()[SHEET]))


def stored_raw(member: str, deflated: bytes, declared: int, *, name_inside: bytes | None = None) -> bytes:
    """The roster with one member given as deflated bytes, with the size that its heads declare."""
    out = io.BytesIO()
    directory = b""
    count = 0
    for name, data in roster().items():
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = deflated if name == member else packed.compress(data) + packed.flush()
        size = declared if name == member else len(data)
        encoded = name.encode()
        inside = name_inside if name_inside and name == member else encoded
        common = (8, 0, 0x21, zlib.crc32(data), len(body), size)
        offset = out.tell()
        out.write(struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, *common, len(inside), 0) + inside + body)
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, *common, len(encoded), 0, 0, 0, 0, 0, offset
        )
        directory += encoded
        count += 1
    at = out.tell()
    out.write(directory)
    out.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0))
    return out.getvalue()


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def encrypted_flag() -> bytes:
    """The roster with the flag “encrypted” on one member, in both places."""
    data = bytearray(valid())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        offset = archive.getinfo(SHEET).header_offset
    data[offset + 6] |= 1
    at = data.rindex(SHEET.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 8] |= 1
    return bytes(data)


def utf16(document_type: bool) -> Callable[[], bytes]:
    def build() -> bytes:
        parts = roster()
        text = parts[SHEET].decode().replace("UTF-8", "UTF-16")
        if document_type:
            text = text.replace("<worksheet", '<!DOCTYPE worksheet [<!ENTITY a "b">]><worksheet', 1)
        parts[SHEET] = text.encode("utf-16")
        return pack(parts)

    return build


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(512)


@dataclass(frozen=True)
class Hostile:
    build: Callable[[], bytes]
    code: Code
    place: dict[str, str | int] = field(default_factory=dict)


LIST = {"sheet": "名单"}
LAUGHS = (
    '<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><sst'
)

HOSTILE: dict[str, Hostile] = {
    # not this format at all
    "empty file": Hostile(lambda: b"", Code.EMPTY_FILE),
    "legacy xls": Hostile(lambda: ole("Workbook"), Code.LEGACY_XLS),
    "password-protected": Hostile(lambda: ole("EncryptedPackage"), Code.PASSWORD_PROTECTED),
    "csv renamed": Hostile(lambda: "学号,姓名\n1,张三\n".encode(), Code.NOT_A_WORKBOOK),
    "web page renamed": Hostile(
        lambda: b"<html><table><tr><td>1</td></tr></table></html>", Code.NOT_A_WORKBOOK
    ),
    "word document": Hostile(
        with_parts({}, ("_rels/.rels", "xl/workbook.xml", "word/document.xml")), Code.NOT_A_WORKBOOK
    ),
    "binary workbook": Hostile(with_parts({"xl/workbook.bin": b"\x00"}), Code.BINARY_WORKBOOK),
    "open document": Hostile(
        lambda: b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
        Code.OPEN_DOCUMENT,
    ),
    "cut off": Hostile(lambda: valid()[:-200], Code.DAMAGED),
    # the zip file
    "too many members": Hostile(
        with_parts({f"xl/media/{i}.png": b"" for i in range(1001)}), Code.TOO_MANY_MEMBERS
    ),
    "member twice": Hostile(
        raw_zip(lambda archive: archive.writestr(SHEET.upper(), b"<worksheet/>")),
        Code.DUPLICATE_MEMBER,
        {"member": SHEET.upper()},
    ),
    "path out of the folder": Hostile(
        with_parts({"../../etc/passwd": b"x"}), Code.BAD_MEMBER_NAME, {"member": "../../etc/passwd"}
    ),
    "encrypted member": Hostile(encrypted_flag, Code.ENCRYPTED_MEMBER, {"member": SHEET}),
    "program in front of the zip": Hostile(
        lambda: b"PK\x03\x04" + b"MZ" * 100 + valid(), Code.INCONSISTENT_ZIP, {"member": TYPES}
    ),
    "two names of one member": Hostile(
        lambda: stored_raw(
            SHEET, deflate(roster()[SHEET]), len(roster()[SHEET]), name_inside=b"xl/worksheets/sheet9.xml"
        ),
        Code.INCONSISTENT_ZIP,
        {"member": SHEET},
    ),
    "bomb that hides its size": Hostile(bomb, Code.DAMAGED, {"member": SHEET}),
    "bomb that tells its size": Hostile(
        lambda: stored_raw(SHEET, deflate(roster()[SHEET]), 2**31), Code.TOO_LARGE_UNPACKED
    ),
    # the XML
    "entities": Hostile(replaced(STRINGS, "<sst", LAUGHS), Code.DOCUMENT_TYPE, {"member": STRINGS}),
    "external entity in the sheet": Hostile(
        replaced(SHEET, "<worksheet", '<!DOCTYPE worksheet SYSTEM "file:///etc/passwd"><worksheet'),
        Code.DOCUMENT_TYPE,
        {**LIST, "member": SHEET},
    ),
    "UTF-16": Hostile(utf16(False), Code.XML_ENCODING, {"member": SHEET}),
    "UTF-16 with entities": Hostile(utf16(True), Code.XML_ENCODING, {"member": SHEET}),
    "not UTF-8": Hostile(
        lambda: pack(roster() | {SHEET: roster()[SHEET].replace("张三".encode(), "张三".encode("gbk"))}),
        Code.XML_ENCODING,
        {**LIST, "member": SHEET},
    ),
    "CDATA": Hostile(
        cell("B2", '<c r="B2" t="inlineStr"><is><t><![CDATA[张三]]></t></is></c>'),
        Code.UNUSUAL_XML,
        {**LIST, "row": 2, "column": "B", "member": SHEET},
    ),
    "comment inside the rows": Hostile(
        replaced(SHEET, '<row r="3">', '<!-- <row r="3"> --><row r="3">'),
        Code.UNUSUAL_XML,
        {**LIST, "member": SHEET},
    ),
    "deep nesting": Hostile(
        replaced(WORKBOOK, "<workbookPr/>", "<a>" * 100 + "</a>" * 100),
        Code.UNUSUAL_XML,
        {"member": WORKBOOK},
    ),
    # what it carries
    "macros": Hostile(with_parts({"xl/vbaProject.bin": b"x"}), Code.MACROS, {"member": "xl/vbaProject.bin"}),
    "macro content type": Hostile(
        replaced(
            TYPES,
            f"{SPREADSHEET}.sheet.main+xml",
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
        Code.MACROS,
        {"member": WORKBOOK},
    ),
    "external link": Hostile(
        with_parts(
            {}, relation("xl/_rels/workbook.xml.rels", "externalLink", "externalLinks/externalLink1.xml")
        ),
        Code.EXTERNAL_LINK,
        {"member": "xl/_rels/workbook.xml.rels"},
    ),
    "picture from the network": Hostile(
        with_parts(
            {}, relation("xl/_rels/workbook.xml.rels", "image", "http://192.0.2.1/a.png", mode="External")
        ),
        Code.EXTERNAL_LINK,
        {"member": "xl/_rels/workbook.xml.rels"},
    ),
    "embedded object": Hostile(
        with_parts({"xl/embeddings/oleObject1.bin": b"x"}),
        Code.EMBEDDED_OBJECT,
        {"member": "xl/embeddings/oleObject1.bin"},
    ),
    "ActiveX": Hostile(
        with_parts({"xl/activeX/activeX1.xml": b"<a/>"}),
        Code.ACTIVE_CONTROL,
        {"member": "xl/activeX/activeX1.xml"},
    ),
    "connection": Hostile(
        with_parts({"xl/connections.xml": b"<a/>"}), Code.DATA_CONNECTION, {"member": "xl/connections.xml"}
    ),
    "query table": Hostile(
        with_parts({"xl/queryTables/queryTable1.xml": b"<a/>"}),
        Code.DATA_CONNECTION,
        {"member": "xl/queryTables/queryTable1.xml"},
    ),
    "pivot table": Hostile(
        with_parts({"xl/pivotTables/pivotTable1.xml": b"<a/>"}),
        Code.PIVOT_TABLE,
        {"member": "xl/pivotTables/pivotTable1.xml"},
    ),
    "chart sheet": Hostile(
        with_parts(
            {"xl/chartsheets/sheet1.xml": b"<a/>"},
            (WORKBOOK, "</sheets>", '<sheet name="图" sheetId="2" r:id="rId99"/></sheets>'),
            relation("xl/_rels/workbook.xml.rels", "chartsheet", "chartsheets/sheet1.xml"),
        ),
        Code.UNUSUAL_SHEET,
        {"sheet": "图", "member": WORKBOOK},
    ),
    # sheets, rows, columns
    "empty workbook": Hostile(lambda: pack(roster() | {SHEET: sheet_xml("").encode()}), Code.EMPTY_WORKBOOK),
    "header only": Hostile(
        lambda: pack(roster() | {SHEET: sheet_xml(row_xml(1, HEADER)).encode()}),
        Code.NO_ROWS,
        {**LIST, "row": 1},
    ),
    "second sheet": Hostile(
        second_sheet(), Code.SECOND_SHEET, {"sheet": "其他", "member": "xl/worksheets/sheet2.xml"}
    ),
    "hidden sheet": Hostile(
        second_sheet("hidden"), Code.HIDDEN_SHEET, {"sheet": "其他", "member": "xl/worksheets/sheet2.xml"}
    ),
    "very hidden sheet": Hostile(
        second_sheet("veryHidden"), Code.HIDDEN_SHEET, {"sheet": "其他", "member": "xl/worksheets/sheet2.xml"}
    ),
    "lists in plain sight": Hostile(
        second_sheet(name="_lists"),
        Code.SECOND_SHEET,
        {"sheet": "_lists", "member": "xl/worksheets/sheet2.xml"},
    ),
    "hidden row": Hostile(
        replaced(SHEET, '<row r="3"', '<row r="3" hidden="1"'), Code.HIDDEN_ROW, {**LIST, "row": 3}
    ),
    "hidden column": Hostile(
        replaced(SHEET, "<sheetData>", '<cols><col min="2" max="3" hidden="true"/></cols><sheetData>'),
        Code.HIDDEN_COLUMN,
        {**LIST, "row": 1, "column": "B"},
    ),
    "merged cells": Hostile(
        replaced(
            SHEET, "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="B3:B4"/></mergeCells>'
        ),
        Code.MERGED_CELLS,
        {**LIST, "row": 3, "column": "B"},
    ),
    "one huge merged range": Hostile(
        replaced(
            SHEET, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        ),
        Code.MERGED_CELLS,
        {**LIST, "row": 1, "column": "A"},
    ),
    "value without a header": Hostile(
        replaced(SHEET, 's="1"><v>43982</v></c></row>', 's="1"><v>43982</v></c><c r="F2"><v>1</v></c></row>'),
        Code.NO_HEADER_ABOVE,
        {**LIST, "row": 2, "column": "F"},
    ),
    "value below an empty header": Hostile(
        cell("C1", '<c r="C1"/>'), Code.NO_HEADER_ABOVE, {**LIST, "row": 2, "column": "C"}
    ),
    "header twice": Hostile(
        cell("C1", '<c r="C1" t="inlineStr"><is><t>姓名 </t></is></c>'),
        Code.DUPLICATE_HEADER,
        {**LIST, "row": 1, "column": "C"},
    ),
    "too many columns": Hostile(
        cell("D1", '<c r="XFD1" t="inlineStr"><is><t>毕业日期</t></is></c>'),
        Code.TOO_MANY_COLUMNS,
        {**LIST, "row": 1, "column": "XFD"},
    ),
    "far-away cell": Hostile(
        replaced(SHEET, "</sheetData>", '<row r="1048576"><c r="D1048576"><v>1</v></c></row></sheetData>'),
        Code.FAR_AWAY_CELL,
        {**LIST, "row": 1048576, "column": "D"},
    ),
    "row beyond the sheet": Hostile(
        replaced(SHEET, '<row r="4">', '<row r="4294967295">'), Code.ABSURD_POSITION, {**LIST, "row": 4}
    ),
    "column beyond the sheet": Hostile(
        cell("D3", '<c r="ZZZ3"><v>1</v></c>'), Code.ABSURD_POSITION, {**LIST, "row": 3}
    ),
    "absurd count of strings": Hostile(
        replaced(STRINGS, 'uniqueCount="1"', 'uniqueCount="18446744073709551615"'),
        Code.ABSURD_COUNT,
        {"member": STRINGS},
    ),
    "row twice": Hostile(
        replaced(SHEET, '<row r="4">', row_xml(3, ROWS[0]) + '<row r="4">'),
        Code.ROW_TWICE,
        {**LIST, "row": 3},
    ),
    "rows out of order": Hostile(
        replaced(SHEET, "</sheetData>", row_xml(2, ROWS[0]) + "</sheetData>"),
        Code.ROWS_OUT_OF_ORDER,
        {**LIST, "row": 2},
    ),
    "cell twice": Hostile(
        cell("B3", '<c r="B3" t="s"><v>0</v></c><c r="B3" t="s"><v>0</v></c>'),
        Code.CELL_TWICE,
        {**LIST, "row": 3, "column": "B"},
    ),
    "cells out of order": Hostile(
        replaced(SHEET, '<row r="3">', '<row r="3"><c r="C3"><v>1</v></c>'),
        Code.CELLS_OUT_OF_ORDER,
        {**LIST, "row": 3, "column": "A"},
    ),
    "cell in another row": Hostile(
        cell("B3", '<c r="B4" t="s"><v>0</v></c>'), Code.CELL_IN_WRONG_ROW, {**LIST, "row": 3, "column": "B"}
    ),
    # cells
    "formula": Hostile(
        cell("D2", '<c r="D2" s="1"><f>TODAY()</f><v>43982</v></c>'),
        Code.FORMULA,
        {**LIST, "row": 2, "column": "D"},
    ),
    "array formula": Hostile(
        cell("D2", '<c r="D2"><f t="array" ref="D2:D4">A2:A4</f><v>1</v></c>'),
        Code.ARRAY_FORMULA,
        {**LIST, "row": 2, "column": "D"},
    ),
    "formula without value": Hostile(
        cell("D2", '<c r="D2"><f>1+1</f></c>'), Code.FORMULA_WITHOUT_VALUE, {**LIST, "row": 2, "column": "D"}
    ),
    "error value": Hostile(
        cell("D3", '<c r="D3" t="e"><v>#N/A</v></c>'), Code.ERROR_VALUE, {**LIST, "row": 3, "column": "D"}
    ),
    "escaped inline text": Hostile(
        cell("B3", '<c r="B3" t="inlineStr"><is><t>_x0041_li</t></is></c>'),
        Code.ESCAPED_TEXT,
        {**LIST, "row": 3, "column": "B"},
    ),
    "escaped shared text": Hostile(
        replaced(STRINGS, "阿不都拉", "_x0041_"), Code.ESCAPED_TEXT, {**LIST, "row": 4, "column": "B"}
    ),
    "control character": Hostile(
        cell("B3", '<c r="B3" t="inlineStr"><is><t>李&#1;四</t></is></c>'),
        Code.CONTROL_CHARACTER,
        {**LIST, "row": 3, "column": "B", "member": SHEET},
    ),
    "raw control character": Hostile(
        cell("B3", '<c r="B3" t="inlineStr"><is><t>李\x02四</t></is></c>'),
        Code.CONTROL_CHARACTER,
        {**LIST, "row": 3, "column": "B", "member": SHEET},
    ),
    "rich inline text": Hostile(
        cell("B3", '<c r="B3" t="inlineStr"><is><r><t>李</t></r><t>四</t></is></c>'),
        Code.RICH_INLINE_TEXT,
        {**LIST, "row": 3, "column": "B"},
    ),
    "text too long": Hostile(
        cell("B3", f'<c r="B3" t="inlineStr"><is><t>{"长" * 32768}</t></is></c>'),
        Code.CELL_TOO_LONG,
        {**LIST, "row": 3, "column": "B"},
    ),
    "shared text that is not there": Hostile(
        cell("B3", '<c r="B3" t="s"><v>77</v></c>'), Code.BAD_VALUE, {**LIST, "row": 3, "column": "B"}
    ),
    "infinite number": Hostile(
        cell("A3", '<c r="A3"><v>1e999</v></c>'), Code.BAD_VALUE, {**LIST, "row": 3, "column": "A"}
    ),
    "29 February 1900": Hostile(
        cell("D3", '<c r="D3" s="1"><v>60</v></c>'), Code.BAD_DATE, {**LIST, "row": 3, "column": "D"}
    ),
    "two values in one cell": Hostile(
        cell("A3", '<c r="A3"><v>1</v><v>2</v></c>'),
        Code.UNUSUAL_XML,
        {**LIST, "row": 3, "column": "A", "member": SHEET},
    ),
    "second table of rows": Hostile(
        replaced(SHEET, "</sheetData>", "</sheetData><sheetData></sheetData>"),
        Code.UNUSUAL_XML,
        {**LIST, "member": SHEET},
    ),
}
