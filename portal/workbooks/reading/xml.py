"""Careful XML: UTF-8 only, no document types, no entities, nothing deeper than a workbook needs."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from xml.parsers import expat

from .refusals import Code, Refusal

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
DEPTH = 64
Attributes = dict[str, str]
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml\s([^>]*)\?>)?\s*<")
_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
_BAD_CHARACTERS = {_INVALID_TOKEN, expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")


def check_encoding(start: bytes, member: str) -> None:
    """Refuse what is not plainly UTF-8: the same bytes read in another encoding are another document."""
    found = _DECLARATION.match(start)
    if not found:
        wide = start[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in start[:8]
        raise Refusal(Code.XML_ENCODING if wide else Code.DAMAGED, member=member)
    encoding = _ENCODING.search(found[1] or b"")
    if encoding and encoding[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise Refusal(Code.XML_ENCODING, member=member, detail=encoding[1].decode("ascii", "replace"))


class CarefulParser:
    """Expat with everything refused that a workbook has no use for.

    `start` gets the local name of an element in the main namespace (others: the whole name) and its
    attributes; `end` gets the same name; `text` gets characters. All three are called in document order.
    """

    def __init__(
        self,
        member: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        self._member = member
        self._start = start
        self._end = end
        self.depth = 0
        self.main_is_default = False
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        if text:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartCdataSectionHandler = self._refuse_markup
        parser.CommentHandler = self._refuse_comment
        parser.ProcessingInstructionHandler = self._refuse_instruction
        parser.StartNamespaceDeclHandler = self._on_namespace
        self._parser = parser

    def feed(self, data: bytes | str, *, last: bool = False) -> None:
        """Parse a further piece. Raises `Refusal`."""
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            control = error.code in _BAD_CHARACTERS and (error.code != _INVALID_TOKEN or _has_control(data))
            raise Refusal(
                Code.CONTROL_CHARACTER if control else Code.DAMAGED, member=self._member, detail=str(error)
            ) from None

    def _on_namespace(self, prefix: str | None, uri: str) -> None:
        if prefix is None and self.depth == 0:
            self.main_is_default = uri in MAIN

    def _on_start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise Refusal(Code.UNUSUAL_XML, member=self._member, detail="depth")
        self._start(local(name), attributes)

    def _on_end(self, name: str) -> None:
        self.depth -= 1
        if self._end:
            self._end(local(name))

    def _refuse_doctype(self, *_: object) -> None:
        raise Refusal(Code.DOCUMENT_TYPE, member=self._member)

    def _refuse_markup(self, *_: object) -> None:
        raise Refusal(Code.UNUSUAL_XML, member=self._member, detail="CDATA")

    def _refuse_comment(self, *_: object) -> None:
        # Harmless in the head of a part, where some programs sign their work.
        if self.depth > 1:
            raise Refusal(Code.UNUSUAL_XML, member=self._member, detail="comment")

    def _refuse_instruction(self, *_: object) -> None:
        if self.depth:
            raise Refusal(Code.UNUSUAL_XML, member=self._member, detail="processing instruction")


def _has_control(data: bytes | str) -> bool:
    return bool(_CONTROL.search(data if isinstance(data, str) else data.decode("latin-1")))


@lru_cache(256)
def local(name: str) -> str:
    """Return the bare name of an element in the main namespace, `uri name` of any other."""
    uri, _, bare = name.rpartition(" ")
    return bare if uri in MAIN else name


def parse_part(data: bytes, member: str, start: Callable[[str, Attributes], None]) -> None:
    """Parse a small part whole."""
    check_encoding(data[:1024], member)
    CarefulParser(member, start).feed(data, last=True)


def pieces(chunks: Iterable[bytes], closing: bytes, member: str) -> Iterable[str]:
    """Yield the text of a part in pieces that end behind `closing` (or, where there is none, behind a tag)."""
    rest = b""
    begun = False
    for chunk in chunks:
        data = rest + chunk
        if not begun:
            check_encoding(data[:1024], member)
            begun = True
        cut = data.rfind(closing)
        cut = cut + len(closing) if cut >= 0 else data.rfind(b">") + 1
        rest = data[cut:]
        if len(rest) > 1 << 20:
            raise Refusal(Code.UNUSUAL_XML, member=member, detail="a megabyte without a tag")
        yield decoded(data[:cut], member)
    yield decoded(rest, member)


def decoded(data: bytes, member: str) -> str:
    """Return the text of UTF-8 bytes; a byte order mark is dropped."""
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Refusal(Code.XML_ENCODING, member=member, detail="not UTF-8") from None
