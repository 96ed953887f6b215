"""Private files: what was stored comes back whole or not at all (X2)."""

import base64
import hashlib
import io
import os
import struct
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pytest_django import Settings

from portal import files
from portal.crypto import Undecipherable

PLAIN = "身份证 420106200403181234".encode()
CHUNK = files.CHUNK_BYTES


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of private files for each test."""
    settings.PRIVATE_FILES_DIR = tmp_path / "private"
    return tmp_path / "private"


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch) -> set[uuid.UUID]:
    """What some model's rows name."""
    named: set[uuid.UUID] = set()
    monkeypatch.setattr(files, "_claimants", [lambda uids: named.intersection(uids)])
    return named


def on_disk(uid: uuid.UUID, folder: Path) -> Path:
    (path,) = folder.glob(f"??/??/{uid}")
    return path


def sealed_chunks(path: Path) -> list[bytes]:
    """The stored file, cut where one chunk ends and the next begins."""
    content, found = path.read_bytes(), []
    while content:
        size = 4 + struct.unpack(">I", content[:4])[0]
        found.append(content[:size])
        content = content[size:]
    return found


def read(uid: uuid.UUID) -> bytes:
    with files.open_plain(uid) as plain:
        return plain.read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_was_stored_comes_back(size: int, folder: Path) -> None:
    content = (PLAIN * (size // len(PLAIN) + 1))[:size]
    odd = (content[start : start + 70_001] for start in range(0, size, 70_001))
    for given in (io.BytesIO(content), odd):
        stored = files.store(given)
        assert (stored.size, stored.digest) == (size, hashlib.sha256(content).digest())
        assert read(stored.uid) == content
        path = on_disk(stored.uid, folder)
        assert [step.stat().st_mode & 0o777 for step in (path, path.parent)] == [0o600, 0o700]
        assert PLAIN not in path.read_bytes()


def flipped(chunks: Sequence[bytes], number: int, place: int) -> bytes:
    changed = bytearray(chunks[number])
    changed[place] ^= 1
    return b"".join([*chunks[:number], bytes(changed), *chunks[number + 1 :]])


# What somebody with a hand on the disk may try; `a` and `b` are the chunks of two files of three chunks each.
TAMPERED: dict[str, Callable[[list[bytes], list[bytes]], bytes]] = {
    "a bit of the length": lambda a, b: flipped(a, 0, 3),
    "a length beyond all measure": lambda a, b: b"\xff\xff\xff\xff" + b"".join(a)[4:],
    "a length of nothing": lambda a, b: b"\0\0\0\0" + b"".join(a),
    "a bit of the key's name": lambda a, b: flipped(a, 0, 5),
    "a bit of the nonce": lambda a, b: flipped(a, 1, 20),
    "a bit of the content": lambda a, b: flipped(a, 1, 1000),
    "a bit of the tag": lambda a, b: flipped(a, 2, -1),
    "everything cut off": lambda a, b: b"",
    "cut off in a length": lambda a, b: a[0] + a[1][:3],
    "cut off in a chunk": lambda a, b: a[0] + a[1] + a[2][:-1],
    "cut off between two chunks": lambda a, b: a[0] + a[1],
    "a chunk left out": lambda a, b: a[0] + a[2],
    "a chunk twice": lambda a, b: a[0] + a[1] + a[1] + a[2],
    "two chunks exchanged": lambda a, b: a[1] + a[0] + a[2],
    "the last chunk first": lambda a, b: a[2] + a[0] + a[1],
    "something added": lambda a, b: b"".join(a) + b"more",
    "another last chunk added": lambda a, b: b"".join(a) + b[2],
    "a chunk of another file": lambda a, b: a[0] + b[1] + a[2],
    "all of another file": lambda a, b: b"".join(b),
    "plain text": lambda a, b: PLAIN * CHUNK,
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_file_that_was_changed_is_refused(
    tamper: Callable[[list[bytes], list[bytes]], bytes], folder: Path
) -> None:
    mine, other = (files.store(io.BytesIO(os.urandom(2 * CHUNK + 5))) for _file in range(2))
    path = on_disk(mine.uid, folder)
    path.write_bytes(tamper(sealed_chunks(path), sealed_chunks(on_disk(other.uid, folder))))
    opened = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Undecipherable):
        read(mine.uid)
    assert len(os.listdir("/proc/self/fd")) == opened
    assert len(read(other.uid)) == other.size


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()}"


def test_a_file_is_read_with_the_key_it_was_written_with(settings: Settings) -> None:
    settings.FIELD_KEYS = [key("2026")]
    old = files.store(io.BytesIO(PLAIN)).uid
    settings.FIELD_KEYS = [key("2027"), key("2026")]
    new = files.store(io.BytesIO(PLAIN)).uid
    assert (read(old), read(new)) == (PLAIN, PLAIN)

    settings.FIELD_KEYS = [key("2027")]
    assert read(new) == PLAIN
    with pytest.raises(Undecipherable):  # its key is gone
        read(old)
    settings.FIELD_KEYS = ["2026" + key("other").removeprefix("other")]
    with pytest.raises(Undecipherable):  # a key of that name, but not that key
        read(old)


def test_a_write_that_breaks_off_leaves_nothing(folder: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * (CHUNK + 1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        files.store(broken())
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_what_is_not_there_is_missing() -> None:
    uid = files.store(io.BytesIO(PLAIN)).uid
    files.delete(uid)
    files.delete(uid)
    with pytest.raises(files.FileMissing):
        read(uid)


def test_the_sweep_takes_what_is_old_and_nobodys(folder: Path, claimed: set[uuid.UUID]) -> None:
    named, orphan, young = (files.store(io.BytesIO(PLAIN)).uid for _file in range(3))
    claimed.add(named)
    half = on_disk(orphan, folder).with_suffix(".part")
    half.touch()
    stranger = half.with_name("README")
    stranger.touch()
    long_ago = time.time() - files.ORPHAN_SECONDS - 60
    for path in (on_disk(named, folder), on_disk(orphan, folder), half, stranger):
        os.utime(path, (long_ago, long_ago))

    assert files.sweep_orphans() == 2
    assert (read(named), read(young)) == (PLAIN, PLAIN)
    assert not half.exists()
    assert stranger.exists()
    with pytest.raises(files.FileMissing):
        read(orphan)
    assert files.sweep_orphans() == 0
