"""The roster of `crafted` with one hostile thing built into it.

`HOSTILE` maps a name to what builds the file, the code it must be refused with, and the place that must be named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.workbooks.reading.refusals import Code

from .crafted import (
    HEADER,
    ROWS,
    SHEET,
    SPREADSHEET,
    STRINGS,
    TYPES,
    WORKBOOK,
    bomb,
    cell,
    deflate,
    encrypted_flag,
    ole,
    pack,
    raw_zip,
    relation,
    replaced,
    roster,
    row_xml,
    second_sheet,
    sheet_xml,
    stored_raw,
    utf16,
    valid,
    with_parts,
)


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
