"""One valid roster written by hand, part by part, and the ways to build something else into it."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

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
