"""Private files: encrypted at rest, named by a uid, written before the commit of the row that names them (X2).

A file is a sequence of chunks, each sealed by itself (AES-256-GCM) and bound to the file's uid, its place and whether it is
the last one: no chunk can be changed, moved, cut off or put into another file. The row that names a file may never be
committed; what no model claims is an orphan and goes with the sweep. Apps say what is theirs with `register_claimant`.
"""

import hashlib
import os
import struct
import tempfile
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from portal.crypto import Undecipherable, decrypt, encrypt

CHUNK_BYTES = 256 * 1024
ORPHAN_SECONDS = 3600  # a transaction that lasts longer than this has lost its file
_LENGTH = struct.Struct(">I")
_ASKED_AT_ONCE = 1000

# Gets some uids, returns those that a row names.
Claimant = Callable[[Collection[uuid.UUID]], Iterable[uuid.UUID]]
_claimants: list[Claimant] = []


class FileMissing(Exception):
    """There is no private file of that uid."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was written: its uid, the size of its plain content in bytes and the SHA-256 of it."""

    uid: uuid.UUID
    size: int
    digest: bytes


def register_claimant(claimant: Claimant) -> None:
    """Called from AppConfig.ready(): files that no claimant names are removed after an hour."""
    if claimant not in _claimants:
        _claimants.append(claimant)


def store(content: BinaryIO | Iterable[bytes]) -> Stored:
    """Encrypt `content` into a new private file and return what was written, safely on the disk."""
    uid = uuid.uuid4()
    path = _path(uid)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    size, digest = 0, hashlib.sha256()
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for number, last, chunk in _numbered(_pieces(content)):
                size += len(chunk)
                digest.update(chunk)
                sealed = encrypt(chunk, bound_to=_place(uid, number, last=last))
                out.write(_LENGTH.pack(len(sealed)) + sealed)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)
    return Stored(uid, size, digest.digest())


def chunks(uid: uuid.UUID) -> Iterator[bytes]:
    """Yield the plain content piece by piece. Raises FileMissing, and Undecipherable where the file was changed."""
    try:
        file = _path(uid).open("rb")
    except FileNotFoundError:
        raise FileMissing(uid) from None
    with file:
        sealed, number = _sealed_chunk(file, uid), 0
        if sealed is None:  # even an empty file has one chunk
            raise Undecipherable(f"file:{uid}")
        while sealed is not None:
            following = _sealed_chunk(file, uid)
            yield decrypt(sealed, bound_to=_place(uid, number, last=following is None))
            sealed, number = following, number + 1


def open_plain(uid: uuid.UUID) -> BinaryIO:
    """Return the plain content as a file without a name, at its beginning; it is gone when it is closed.

    Raises FileMissing and Undecipherable.
    """
    plain = nameless_file("portal-plain")
    try:
        for chunk in chunks(uid):
            plain.write(chunk)
        plain.flush()
        plain.seek(0)
    except BaseException:
        plain.close()
        raise
    return plain


def nameless_file(label: str) -> BinaryIO:
    """Return an empty file for plain content: in memory where the system has such files, else unlinked on the private disk."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create(label, os.MFD_CLOEXEC), "w+b")
    root = Path(settings.PRIVATE_FILES_DIR)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=root)


def delete(uid: uuid.UUID) -> None:
    """Remove a private file; nothing happens where there is none."""
    _path(uid).unlink(missing_ok=True)


def sweep_orphans(*, older_than: float = ORPHAN_SECONDS) -> int:
    """Remove the files, older than so many seconds, that no row names; return how many."""
    horizon = time.time() - older_than
    removed = 0
    waiting: dict[uuid.UUID, Path] = {}
    for path in Path(settings.PRIVATE_FILES_DIR).glob("??/??/*"):
        with suppress(FileNotFoundError, ValueError):
            if path.stat().st_mtime < horizon:
                if path.suffix == ".part":
                    path.unlink()
                    removed += 1
                else:
                    waiting[uuid.UUID(path.name)] = path
        if len(waiting) >= _ASKED_AT_ONCE:
            removed += _remove_unclaimed(waiting)
            waiting = {}
    return removed + _remove_unclaimed(waiting)


def _remove_unclaimed(found: dict[uuid.UUID, Path]) -> int:
    claimed = {uid for claimant in _claimants for uid in claimant(found.keys())} if found else set()
    orphans = found.keys() - claimed
    for uid in orphans:
        found[uid].unlink(missing_ok=True)
    return len(orphans)


def _path(uid: uuid.UUID) -> Path:
    name = str(uuid.UUID(str(uid)))
    return Path(settings.PRIVATE_FILES_DIR) / name[:2] / name[2:4] / name


def _place(uid: uuid.UUID, number: int, *, last: bool) -> str:
    return f"file:{uid}:{number}:{'last' if last else 'more'}"


def _pieces(content: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    """Cut whatever comes into pieces of CHUNK_BYTES; the last one may be shorter."""
    read = getattr(content, "read", None)
    if read is not None:
        while piece := read(CHUNK_BYTES):
            yield piece
        return
    held = bytearray()
    for part in content:
        held += part
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)


def _numbered(pieces: Iterator[bytes]) -> Iterator[tuple[int, bool, bytes]]:
    """Yield number, whether it is the last, and the piece; one empty piece for no content."""
    piece, number = next(pieces, b""), 0
    for following in pieces:
        yield number, False, piece
        piece, number = following, number + 1
    yield number, True, piece


def _sealed_chunk(file: BinaryIO, uid: uuid.UUID) -> bytes | None:
    head = file.read(_LENGTH.size)
    if not head:
        return None
    size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else -1
    sealed = file.read(size) if 0 < size <= 2 * CHUNK_BYTES else b""
    if len(sealed) != size:
        raise Undecipherable(f"file:{uid}")
    return sealed


def _sync_directory(path: Path) -> None:
    """A new name is on the disk only when its directory is, and so on up to the root of the private files."""
    for directory in (path, path.parent, path.parent.parent):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
