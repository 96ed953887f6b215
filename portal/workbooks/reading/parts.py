"""The small parts of a workbook: what it carries, which sheets it has, which styles are dates."""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from .package import Package
from .refusals import Code, Refusal
from .xml import Attributes, check_encoding, parse_part

# The very hidden sheet of our own templates, which holds the drop-downs. LibreOffice makes a hidden one of it.
LISTS_SHEET = "_lists"
_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types "
_RELATION_ID = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_CONTENT = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s/>]")

# What a list of people has no use for, by words in content types, relationship types and member names.
_UNWELCOME = tuple(
    (re.compile(words, re.IGNORECASE), code)
    for words, code in (
        (r"vbaproject|vbadata|macroenabled|macrosheet|attachedtoolbars", Code.MACROS),
        (r"externallink", Code.EXTERNAL_LINK),
        (r"activex|ctrlprop|/control\b|controlproperties", Code.ACTIVE_CONTROL),
        (r"oleobject|/package$|xl/embeddings/", Code.EMBEDDED_OBJECT),
        (r"/connections\b|\.connections\+|querytable", Code.DATA_CONNECTION),
        (r"pivotcache|pivottable|slicer", Code.PIVOT_TABLE),
    )
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet of the workbook: its name, its part, how it is shown."""

    name: str
    member: str
    state: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """What must be known of a workbook before its one sheet is read."""

    sheet: Sheet
    date1904: bool
    strings: str  # the part with the shared strings; "" if there is none
    date_styles: frozenset[int]


def read_workbook(package: Package) -> Workbook:
    """Check everything around the sheets and find the one sheet that holds the list."""
    if "xl/workbook.bin" in package:
        raise Refusal(Code.BINARY_WORKBOOK)
    _check_content_types(package)
    _check_relationships(package)
    root = _relations(package, "_rels/.rels", "")
    part = next((target for kind, target in root.values() if kind.endswith("/officeDocument")), "")
    if not part or part not in package:
        raise Refusal(Code.NOT_A_WORKBOOK, detail="no workbook part")
    folder, name = posixpath.split(part)
    relations = _relations(package, f"{folder}/_rels/{name}.rels", folder)
    sheets, date1904 = _sheets(package, part, relations)
    styles = _target(relations, "/styles")
    return Workbook(
        sheet=_the_one_sheet(package, sheets),
        date1904=date1904,
        strings=_target(relations, "/sharedStrings"),
        date_styles=_date_styles(package, styles) if styles and styles in package else frozenset(),
    )


def _refuse_unwelcome(words: str, member: str) -> None:
    for pattern, code in _UNWELCOME:
        if pattern.search(words):
            raise Refusal(code, member=member)


def _check_content_types(package: Package) -> None:
    member = "[Content_Types].xml"
    if member not in package:
        raise Refusal(Code.NOT_A_WORKBOOK, detail="no content types")

    def start(name: str, attributes: Attributes) -> None:
        if name in (_TYPES + "Override", _TYPES + "Default"):
            kind = attributes.get("ContentType", "")
            _refuse_unwelcome(kind, attributes.get("PartName", member).lstrip("/"))

    parse_part(package.part(member), member, start)
    for name in package.names():
        _refuse_unwelcome(name, name)


def _check_relationships(package: Package) -> None:
    """Only a hyperlink may point outside the file (a spreadsheet makes one of every e-mail address)."""
    for member in package.names():
        if not member.lower().endswith(".rels"):
            continue

        def start(name: str, attributes: Attributes, member: str = member) -> None:
            if name != _RELATIONSHIP:
                return
            kind = attributes.get("Type", "")
            _refuse_unwelcome(kind, member)
            if attributes.get("TargetMode") == "External" and not kind.endswith("/hyperlink"):
                raise Refusal(Code.EXTERNAL_LINK, member=member)

        parse_part(package.part(member), member, start)


def _relations(package: Package, member: str, folder: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    if member not in package:
        raise Refusal(Code.NOT_A_WORKBOOK, member=member, detail="no relationships")

    def start(name: str, attributes: Attributes) -> None:
        if name == _RELATIONSHIP and attributes.get("TargetMode") != "External":
            target = unquote(attributes.get("Target", ""))
            path = (
                target.lstrip("/")
                if target.startswith("/")
                else posixpath.normpath(posixpath.join(folder, target))
            )
            found[attributes.get("Id", "")] = (attributes.get("Type", ""), path)

    parse_part(package.part(member), member, start)
    return found


def _target(relations: dict[str, tuple[str, str]], kind: str) -> str:
    targets = [target for each, target in relations.values() if each.endswith(kind)]
    if len(targets) > 1:
        raise Refusal(Code.UNUSUAL_XML, member=targets[1], detail=f"two parts {kind}")
    return targets[0] if targets else ""


def _sheets(package: Package, part: str, relations: dict[str, tuple[str, str]]) -> tuple[list[Sheet], bool]:
    sheets: list[Sheet] = []
    date1904 = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal date1904
        if name == "workbookPr":
            date1904 = attributes.get("date1904", "0") in {"1", "true"}
        elif name == "externalReference":
            raise Refusal(Code.EXTERNAL_LINK, member=part)
        elif name == "pivotCache":
            raise Refusal(Code.PIVOT_TABLE, member=part)
        elif name == "sheet":
            relation = next((attributes[key] for key in _RELATION_ID if key in attributes), "")
            kind, target = relations.get(relation, ("", ""))
            title = attributes.get("name", "")
            if not kind.endswith("/worksheet") or target not in package:
                raise Refusal(Code.UNUSUAL_SHEET, sheet=title, member=part, detail=kind)
            sheets.append(Sheet(title, target, attributes.get("state", "visible")))

    parse_part(package.part(part), part, start)
    if len({sheet.member for sheet in sheets}) < len(sheets):
        raise Refusal(Code.UNUSUAL_SHEET, member=part, detail="two sheets share a part")
    return sheets, date1904


def _the_one_sheet(package: Package, sheets: list[Sheet]) -> Sheet:
    """Empty sheets do not count (old programs add two of them); a second one with content is refused."""
    filled = [
        sheet
        for sheet in sheets
        if not (sheet.name == LISTS_SHEET and sheet.state in {"hidden", "veryHidden"})
        and _has_content(package, sheet)
    ]
    for sheet in filled:
        if sheet.state != "visible":
            raise Refusal(Code.HIDDEN_SHEET, sheet=sheet.name, member=sheet.member)
    if not filled:
        raise Refusal(Code.EMPTY_WORKBOOK)
    if len(filled) > 1:
        raise Refusal(Code.SECOND_SHEET, sheet=filled[1].name, member=filled[1].member)
    return filled[0]


def _has_content(package: Package, sheet: Sheet) -> bool:
    """Say whether anything in the sheet looks like a value; stops at the first."""
    tail = b""
    for number, chunk in enumerate(package.chunks(sheet.member)):
        if not number:
            check_encoding(chunk[:1024], sheet.member)
        if _CONTENT.search(tail + chunk):
            return True
        tail = chunk[-64:]
    return False


_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.I)
_DATE_CODE = re.compile(r"[ymdhs年月日]", re.I)


def _date_styles(package: Package, member: str) -> frozenset[int]:
    """Return the indices of cell styles that show a number as a date or time."""
    formats: dict[str, bool] = {}
    styles: list[str] = []
    inside = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "numFmt":
            # A format with a General or a digit place shows numbers; one with d, m, y, h or s shows dates.
            code = _NOT_CODE.sub("", attributes.get("formatCode", "")).split(";")[0]
            formats[attributes.get("numFmtId", "")] = bool(
                _DATE_CODE.search(re.sub("general", "", code, flags=re.I))
            )
        elif name in {"cellXfs", "cellStyleXfs", "dxfs"}:
            inside = name
        elif name == "xf" and inside == "cellXfs":
            styles.append(attributes.get("numFmtId", "0"))

    parse_part(package.part(member), member, start)
    return frozenset(_dates(styles, formats))


def _dates(styles: list[str], formats: dict[str, bool]) -> Iterable[int]:
    for index, number in enumerate(styles):
        if formats[number] if number in formats else number.isdecimal() and int(number) in _DATE_FORMATS:
            yield index
