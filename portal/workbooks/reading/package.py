"""The zip file around a workbook: checked as a whole before anything in it is unpacked, then unpacked under a budget."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from .limits import Limits
from .refusals import Code, Refusal

CHUNK = 1 << 18
LOCAL = struct.Struct("<4s5H3L2H")
_NAME = re.compile(r"[^\\:\x00-\x1f]+")
_FLAGS_ALLOWED = 0x0002 | 0x0004 | 0x0008 | 0x0800  # deflate level, data descriptor, UTF-8 names
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Package:
    """An opened workbook file. Raises `Refusal` for whatever two zip readers might understand differently."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._budget = limits.unpacked_bytes
        size = file.seek(0, 2)
        if size > limits.packed_bytes:
            raise Refusal(Code.TOO_LARGE, detail=f"{size} bytes")
        file.seek(0)
        _refuse_other_formats(file.read(4096), file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise Refusal(Code.DAMAGED, detail=str(error)) from None
        self._members = self._checked_members(size)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def names(self) -> list[str]:
        """Return the names of all members."""
        return [info.filename for info in self._members.values()]

    def _checked_members(self, size: int) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > self._limits.members:
            raise Refusal(Code.TOO_MANY_MEMBERS, detail=str(len(infos)))
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = info.filename
            self._check_name(info)
            if name.lower() in members:
                raise Refusal(Code.DUPLICATE_MEMBER, member=name)
            if info.flag_bits & 0x2041:
                raise Refusal(Code.ENCRYPTED_MEMBER, member=name)
            if info.flag_bits & ~_FLAGS_ALLOWED or info.compress_type not in {
                zipfile.ZIP_STORED,
                zipfile.ZIP_DEFLATED,
            }:
                raise Refusal(Code.INCONSISTENT_ZIP, member=name, detail="flags or compression")
            members[name.lower()] = info
        if sum(info.file_size for info in infos) > self._limits.unpacked_bytes:
            raise Refusal(Code.TOO_LARGE_UNPACKED, detail="declared")
        self._check_layout(infos, size)
        return members

    def _check_name(self, info: zipfile.ZipInfo) -> None:
        name = info.orig_filename
        if (
            not _NAME.fullmatch(name)
            or len(name) > 255
            or name.startswith("/")
            or any(part in {"", ".", ".."} for part in name.removesuffix("/").split("/"))
        ):
            raise Refusal(Code.BAD_MEMBER_NAME, member=info.filename[:255])

    def _check_layout(self, infos: list[zipfile.ZipInfo], size: int) -> None:
        """Members lie one behind the other from the first byte on, and their own heads agree with the directory."""
        position = 0
        for info in sorted(infos, key=lambda each: each.header_offset):
            if info.header_offset < position or (position == 0 and info.header_offset != 0):
                raise Refusal(Code.INCONSISTENT_ZIP, member=info.filename, detail="overlap or prefix")
            self._file.seek(info.header_offset)
            head = self._file.read(LOCAL.size)
            if len(head) < LOCAL.size:
                raise Refusal(Code.DAMAGED, member=info.filename)
            magic, _v, flags, method, _t, _d, _crc, packed, unpacked, name_length, extra = LOCAL.unpack(head)
            name = self._file.read(name_length)
            encoded = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
            agrees = magic == b"PK\x03\x04" and name == encoded and method == info.compress_type
            deferred = flags & 0x8 or 0xFFFFFFFF in (packed, unpacked)
            if not agrees or not (deferred or (packed, unpacked) == (info.compress_size, info.file_size)):
                raise Refusal(Code.INCONSISTENT_ZIP, member=info.filename, detail="two descriptions")
            position = info.header_offset + LOCAL.size + name_length + extra + info.compress_size
        if position > size:
            raise Refusal(Code.DAMAGED, detail="cut off")

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the unpacked member in pieces.

        What is unpacked counts against one budget for the whole file.
        """
        info = self._members[name.lower()]
        left = info.file_size
        try:
            with self._zip.open(info) as stream:
                while data := stream.read(CHUNK):
                    left -= len(data)
                    self._budget -= len(data)
                    if left < 0 or self._budget < 0:
                        raise Refusal(Code.TOO_LARGE_UNPACKED, member=info.filename)
                    yield data
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise Refusal(Code.DAMAGED, member=info.filename, detail=str(error)) from None

    def part(self, name: str) -> bytes:
        """Return a small member whole."""
        if self._members[name.lower()].file_size > self._limits.part_bytes:
            raise Refusal(Code.TOO_LARGE_UNPACKED, member=name)
        return b"".join(self.chunks(name))


def _refuse_other_formats(start: bytes, file: BinaryIO) -> None:
    """Tell a clerk what the file really is: most refused files are honest ones in the wrong format."""
    if not start:
        raise Refusal(Code.EMPTY_FILE)
    if start.startswith(_OLE):
        file.seek(0)
        protected = "EncryptedPackage".encode("utf-16-le") in file.read()
        raise Refusal(Code.PASSWORD_PROTECTED if protected else Code.LEGACY_XLS)
    if b"mimetypeapplication/vnd.oasis.opendocument" in start[:128]:
        raise Refusal(Code.OPEN_DOCUMENT)
    if not start.startswith(b"PK\x03\x04"):
        looks = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        web = looks.startswith((b"<!doctype html", b"<html", b"<table", b"<meta"))
        raise Refusal(Code.NOT_A_WORKBOOK, detail="html" if web else "text or other")
