"""The process that opens a stranger's picture or PDF. Run as a script, so that nothing of the project is imported.

The file comes on standard input. On standard output: one line of JSON, `{"type": …}` or `{"error": …}`, then the content to
keep. A picture is drawn anew, upright and without anything but its pixels (place, camera and thumbnail are gone); a PDF stays
as it is, if it can do nothing but be read.
"""

import contextlib
import io
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

MIB = 1024 * 1024
MEMORY, SECONDS = 1024 * MIB, 20
PIXELS = 60_000_000
SIDE = 4_000  # pixels: an A4 page at 340 dpi
PAGES, OBJECTS = 200, 100_000
PICTURES = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1")
ACTIVE_KEYS = {"/JS", "/JavaScript", "/XFA", "/RichMediaContent"}
ACTIVE_ACTIONS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute"}
ATTACHED_KEYS = {"/EF", "/EmbeddedFiles"}
ATTACHED_TYPES = {"/EmbeddedFile", "/FileAttachment", "/RichMedia"}
PLAIN_MARKS = {b"/JavaScript": "active", b"/Launch": "active", b"/EmbeddedFile": "attached"}


class NotTaken(Exception):
    """Why a file is not taken, as a code."""


def main() -> None:
    """Judge the file and leave."""
    content = sys.stdin.buffer.read()
    _limit()
    try:
        kind = sniffed(content)
        kept = checked_pdf(content) if kind == "pdf" else drawn_anew(content, kind)
        answer = {"type": kind}
    except NotTaken as reason:
        kept, answer = b"", {"error": str(reason)}
    except MemoryError:
        kept, answer = b"", {"error": "too_much"}
    except Exception:
        kept, answer = b"", {"error": "broken"}  # whatever a library stumbles over, the file is the cause
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


def sniffed(content: bytes) -> str:
    """What the first bytes say it is."""
    for kind, mark in PICTURES.items():
        if content.startswith(mark):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content.startswith(b"%PDF-"):
        return "pdf"
    raise NotTaken("heic" if content[4:12] in HEIC else "type")


def drawn_anew(content: bytes, kind: str) -> bytes:
    """The picture's pixels, turned upright, in a file that holds nothing else."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # counted below, with a reason that tells people what to do
    with Image.open(io.BytesIO(content), formats=[kind]) as picture:
        if picture.width * picture.height > PIXELS:
            raise NotTaken("pixels")
        picture.verify()
    with Image.open(io.BytesIO(content), formats=[kind]) as picture:
        picture.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((SIDE, SIDE))
        mode = "RGBA" if kind != "jpeg" and upright.has_transparency_data else "RGB"
        clean = Image.new(mode, upright.size)
        clean.paste(upright.convert(mode))
    out = io.BytesIO()
    clean.save(out, kind, **({} if kind == "png" else {"quality": 85}))
    return out.getvalue()


def checked_pdf(content: bytes) -> bytes:
    """The same PDF, if it is whole, open to everybody, and does and carries nothing."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise NotTaken("encrypted")
    if not 0 < len(reader.pages) <= PAGES:
        raise NotTaken("pages")
    for mark, reason in PLAIN_MARKS.items():  # readers that mend a file find what its index does not name
        if mark in content:
            raise NotTaken(reason)
    for found in _dictionaries(reader):
        kinds = {str(found.get(key)) for key in ("/Type", "/Subtype")}
        if ATTACHED_KEYS & found.keys() or ATTACHED_TYPES & kinds:
            raise NotTaken("attached")
        if ACTIVE_KEYS & found.keys() or str(found.get("/S")) in ACTIVE_ACTIONS:
            raise NotTaken("active")
    return content


def _dictionaries(reader: Any) -> Iterator[Any]:
    """Every dictionary of the file, however deep."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    numbers = {number for found in reader.xref.values() for number in found} | set(reader.xref_objStm)
    if len(numbers) > OBJECTS:
        raise NotTaken("too_much")
    waiting: list[Any] = [reader.trailer, *(reader.get_object(number) for number in sorted(numbers))]
    while waiting:
        found = waiting.pop()
        if isinstance(found, DictionaryObject):
            yield found
            inside = [found.raw_get(key) for key in found]
        elif isinstance(found, ArrayObject):
            inside = list(found)
        else:
            continue
        waiting += [one for one in inside if not isinstance(one, IndirectObject)]


def _limit() -> None:
    """Take away from this process whatever looking does not need. Some systems lack some of these limits."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
