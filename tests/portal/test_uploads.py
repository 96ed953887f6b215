"""Pictures and PDF are told by their content; what is kept can do nothing but be looked at (C8)."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from portal.errors import Refused
from portal.uploads.checking import checked_upload

LIMIT = 1024 * 1024


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def pdf(change: Any = None) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    if change:
        change(writer)
    writer.write(out)
    return out.getvalue()


def code_of(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        checked_upload(io.BytesIO(content), max_bytes=LIMIT)
    assert str(refused.value)
    return refused.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_come_out_as_what_they_were(kind: str) -> None:
    kept = checked_upload(io.BytesIO(picture(kind)), max_bytes=LIMIT)
    assert kept.kind == kind.lower()
    with Image.open(io.BytesIO(kept.content)) as image:
        assert (image.format, image.size) == (kind, (60, 40))


def test_a_picture_loses_all_but_its_pixels_and_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "secret camera"
    exif.get_ifd(0x8825)[1] = "N"
    taken = picture("JPEG", exif=exif, comment=b"secret comment", icc_profile=b"secret profile" * 9)
    kept = checked_upload(io.BytesIO(taken), max_bytes=LIMIT).content
    assert b"secret" in taken
    assert b"secret" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (40, 60)
        assert dict(image.getexif()) == {}


def test_the_name_means_nothing_the_content_all() -> None:
    assert code_of(b"<html><script>alert(1)</script></html>") == "upload_type"
    assert code_of(b"MZ\x90\x00" + b"\0" * 100) == "upload_type"
    assert code_of(b"GIF89a" + b"\0" * 100) == "upload_type"
    assert code_of(b"\0\0\0\x18ftypheic" + b"\0" * 100) == "upload_heic"
    assert code_of(b"\xff\xd8\xff\xe0 not a picture") == "upload_broken"
    assert code_of(picture()[:-200]) == "upload_broken"
    assert code_of(b"%PDF-1.7 nothing in it") == "upload_broken"
    assert code_of(b"") == "upload_empty"
    assert code_of(b"\xff" * (LIMIT + 1)) == "upload_size"


def test_a_picture_that_would_fill_the_memory_is_not_opened() -> None:
    one, many = (b"IHDR" + struct.pack(">IIBB", side, side, 8, 2) + bytes(3) for side in (1, 65_536))
    small = picture("PNG", size=(1, 1))
    bomb = small.replace(one + zlib.crc32(one).to_bytes(4), many + zlib.crc32(many).to_bytes(4))
    assert bomb != small
    assert code_of(bomb) == "upload_pixels"


def test_a_plain_pdf_stays_as_it_is() -> None:
    content = pdf()
    kept = checked_upload(io.BytesIO(content), max_bytes=LIMIT)
    assert (kept.kind, kept.content) == ("pdf", content)


def hidden_script(writer: PdfWriter) -> None:
    """Deep inside the action of an annotation."""
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")}
    )
    link = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): action})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])


def opening_script(writer: PdfWriter) -> None:
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")}
    )
    names = DictionaryObject(
        {NameObject("/Names"): ArrayObject([TextStringObject("0"), writer._add_object(script)])}
    )
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): names})


def launch(writer: PdfWriter) -> None:
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/Launch")}
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (opening_script, "active"),
        (hidden_script, "active"),
        (launch, "active"),
        (lambda writer: writer.add_attachment("a.exe", b"MZ"), "attached"),
        (lambda writer: writer.encrypt("secret"), "encrypted"),
    ],
)
def test_a_pdf_that_does_or_hides_something_is_refused(change: Any, code: str) -> None:
    assert code_of(pdf(change)) == f"upload_{code}"


def test_a_script_under_an_escaped_name_is_found() -> None:
    assert code_of(pdf(hidden_script).replace(b"/JavaScript", b"/JavaScr#69pt")) == "upload_active"
