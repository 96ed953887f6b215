"""The shared strings of a workbook."""

import re
from html import unescape

from .limits import Limits
from .package import Package
from .refusals import Code, Refusal
from .xml import Attributes, CarefulParser, pieces

# Text as nearly every program writes it: no tags, only the usual references, no control characters.
TEXT = (
    r"[^<&\x00-\x08\x0b-\x1f]*+"
    r"(?:&(?>amp|lt|gt|quot|apos|#10|#39|#34);[^<&\x00-\x08\x0b-\x1f]*+)*+"
)
_T = rf'<t(?: xml:space="preserve")?+>({TEXT})</t>'
_ITEM = f"<si>{_T}</si>"
_PLAIN = re.compile(_ITEM)
_RUN = re.compile(_T)
# LibreOffice cuts a text where the script changes and gives each run a font of its own.
_FONT = r'<rPr>(?:<[A-Za-z]++(?: [a-z]++="[^"<>&]*+")*+/>)*+</rPr>'
_RICH = f"<si>(?:<r>(?:{_FONT})?+{_T}</r>)++</si>"
_ITEMS = re.compile(f"(?>{_ITEM}|{_RICH})*+")
ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")


class SharedStrings:
    """All shared strings in order. `faults` says which of them no cell may use, and why."""

    def __init__(self, package: Package, member: str, limits: Limits) -> None:
        self.texts: list[str] = []
        self.faults: dict[int, Code] = {}
        self._member = member
        self._limits = limits
        self._declared = 0
        self._parts: list[str] = []
        self._path: list[str] = []
        if member and member in package:
            self._read(package)

    def _read(self, package: Package) -> None:
        parser = CarefulParser(self._member, self._start, self._end, self._text)
        for piece in pieces(package.chunks(self._member), b"</si>", self._member):
            position = 0
            # Usual items are recognised by one expression in C; whatever else stands there, expat gets to
            # see.
            if self._path == ["sst"] and parser.main_is_default and not ("<!" in piece or "_x" in piece):
                position = self._take_usual(piece)
            parser.feed(piece[position:])
        parser.feed("", last=True)
        if self._declared > len(self.texts):
            raise Refusal(Code.ABSURD_COUNT, member=self._member, detail=str(self._declared))

    def _take_usual(self, piece: str) -> int:
        found = _ITEMS.match(piece)
        end = found.end() if found else 0
        usual = piece[:end]
        rich = "<r>" in usual
        texts = (
            ["".join(_RUN.findall(item)) for item in usual.split("</si>")[:-1]]
            if rich
            else _PLAIN.findall(usual)
        )
        if len(max(texts, key=len, default="")) > self._limits.cell_characters:
            return 0
        self.texts += map(unescape, texts) if "&" in usual else texts
        return end

    def _start(self, name: str, attributes: Attributes) -> None:
        self._path.append(name)
        if name == "sst":
            try:
                self._declared = int(attributes.get("uniqueCount", "0"))
            except ValueError:
                raise Refusal(Code.ABSURD_COUNT, member=self._member) from None
        elif name == "si":
            self._parts = []

    def _end(self, name: str) -> None:
        self._path.pop()
        if name == "si":
            text = "".join(self._parts)
            if fault := fault_of(text, self._limits):
                self.faults[len(self.texts)] = fault
            self.texts.append(text)

    def _text(self, text: str) -> None:
        # Pronunciation guides (rPh) stand beside the text; every reader leaves them out.
        if self._path[-1] == "t" and "rPh" not in self._path:
            self._parts.append(text)


def fault_of(text: str, limits: Limits) -> Code | None:
    """Say what is wrong with the text of a cell."""
    if len(text) > limits.cell_characters:
        return Code.CELL_TOO_LONG
    if "_x" in text and ESCAPE.search(text):
        return Code.ESCAPED_TEXT
    return None
