"""Starts the limited child, takes its frames, and turns whatever happens to it into one refusal."""

import contextlib
import datetime as dt
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from .frames import HEAD
from .limits import Limits
from .refusals import Code, Refusal

Cell = None | str | int | float | dt.date | dt.datetime | dt.time

# The child finds this package under its short name, so that nothing of the project, and no installed package,
# is imported.
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from reading.child import main; main()"
_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # where a Python of its own finds its library
_HOME = str(Path(__file__).resolve().parent.parent)


@dataclass(frozen=True, slots=True)
class Header:
    """The titles of the columns, A first, and where they stand. A column without a title has an empty one."""

    sheet: str
    row: int
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows in order: `numbers` as the spreadsheet shows them, `rows` as wide as the header."""

    numbers: list[int]
    rows: list[list[Cell]]


@contextlib.contextmanager
def open_workbook(file: IO[bytes], limits: Limits | None = None) -> Iterator["ReadingWorkbook"]:
    """Read a workbook in a child process: `header`, then `blocks()`.

    Raises `Refusal` here or at any point of the iteration: what was read before it must then be forgotten.
    Blank rows are left out. Leaving the context ends the child whatever it is doing. The position of `file` moves.
    """
    limits = limits or Limits()
    with _real_file(file) as source:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", _START, _HOME, json.dumps(limits.to_dict())],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _LOADER if name in os.environ},
            pipesize=1 << 20 if sys.platform == "linux" else -1,
        )
        try:
            yield ReadingWorkbook(process, limits)
        finally:
            process.kill()
            if process.stdout:
                process.stdout.close()
            process.wait()


class ReadingWorkbook:
    """A workbook that is being read. `count` is the number of rows, once all blocks have been taken."""

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self._left = limits.wait_seconds
        self._buffer = bytearray()
        self.count = 0
        first = self._frame()
        try:
            self.header = Header(str(first["sheet"]), int(first["row"]), tuple(map(str, first["titles"])))
        except (KeyError, TypeError, ValueError):
            raise Refusal(Code.READER_DIED, detail="no header") from None

    def blocks(self) -> Iterator[Block]:
        """Yield the rows. Raises `Refusal`."""
        width = len(self.header.titles)
        while True:
            frame = self._frame()
            if "end" in frame:
                if frame["end"] != self.count:
                    raise Refusal(Code.READER_DIED, detail="rows are missing")
                return
            numbers, rows = frame.get("numbers"), frame.get("rows")
            if not isinstance(numbers, list) or not isinstance(rows, list) or len(numbers) != len(rows):
                raise Refusal(Code.READER_DIED, detail="a strange frame")
            if any(len(row) != width for row in rows):
                raise Refusal(Code.READER_DIED, detail="a strange row")
            self.count += len(rows)
            yield Block(numbers, rows)

    def _frame(self) -> dict[str, Any]:
        (length,) = HEAD.unpack(self._take(HEAD.size))
        if length > self._limits.frame_bytes:
            raise Refusal(Code.READER_DIED, detail="a frame too large")
        try:
            frame = json.loads(self._take(length), object_hook=_temporal)
        except (ValueError, RecursionError):
            raise Refusal(Code.READER_DIED, detail="no JSON") from None
        if not isinstance(frame, dict):
            raise Refusal(Code.READER_DIED, detail="a strange frame")
        if "error" in frame:
            raise _refusal(frame["error"])
        return frame

    def _take(self, size: int) -> bytes:
        """Return the next bytes from the child; only time spent waiting for it counts."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while len(self._buffer) < size:
            begun = time.monotonic()
            ready, _, _ = select.select([pipe], [], [], max(self._left, 0))
            self._left -= time.monotonic() - begun
            if not ready:
                raise Refusal(Code.TOOK_TOO_LONG)
            data = os.read(pipe, 1 << 20)
            if not data:
                raise self._death()
            self._buffer += data
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _death(self) -> Refusal:
        status = self._process.wait()
        if status == -signal.SIGXCPU:
            return Refusal(Code.TOOK_TOO_LONG, detail="processor time")
        return Refusal(Code.READER_DIED, detail=f"status {status}")


def _temporal(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        if "d" in value:
            text = value["d"]
            return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
        if "t" in value:
            return dt.time.fromisoformat(value["t"])
    return value


def _refusal(error: Any) -> Refusal:
    try:
        return Refusal(
            Code(error["code"]),
            sheet=str(error.get("sheet", "")),
            row=error.get("row"),
            column=str(error.get("column", "")),
            member=str(error.get("member", "")),
            detail=str(error.get("detail", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Refusal(Code.READER_DIED, detail="a strange error")


@contextlib.contextmanager
def _real_file(file: IO[bytes]) -> Iterator[BinaryIO | IO[bytes]]:
    """Give the child a file descriptor: of the file itself, or of an unlinked copy where it has none."""
    try:
        file.fileno()
    except (OSError, AttributeError):
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            while data := file.read(1 << 20):
                copy.write(data)
            copy.flush()
            copy.seek(0)
            yield copy
    else:
        if file.writable():
            file.flush()
        yield file
