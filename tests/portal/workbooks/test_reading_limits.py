"""The child keeps to its limits, and whatever becomes of it the parent goes on with one refusal and no zombie."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.workbooks.reading import parent
from portal.workbooks.reading.limits import MIB, Limits
from portal.workbooks.reading.parent import open_workbook
from portal.workbooks.reading.refusals import Code, Refusal

from .crafted import HEADER, SHEET, pack, roster, row_xml, sheet_xml, valid


def many_rows(count: int) -> bytes:
    rows = "".join(
        row_xml(n, (f"2016{n:07d}", "张三", "420101199801012218", 43982)) for n in range(2, count + 2)
    )
    return pack(roster() | {SHEET: sheet_xml(row_xml(1, HEADER) + rows).encode()})


def refusal(data: bytes, limits: Limits) -> Refusal:
    with pytest.raises(Refusal) as caught, open_workbook(io.BytesIO(data), limits) as workbook:
        for _ in workbook.blocks():
            pass
    return caught.value


Started = list["subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """The children started in a test; after it, each of them must have been waited for."""
    processes: Started = []
    start = subprocess.Popen

    def noting(*args: Any, **options: Any) -> "subprocess.Popen[bytes]":
        processes.append(start(*args, **options))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", noting)
    yield processes
    assert [process for process in processes if process.returncode is None] == []


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(packed_bytes=100), Code.TOO_LARGE),
        (Limits(unpacked_bytes=1000), Code.TOO_LARGE_UNPACKED),
        (Limits(members=3), Code.TOO_MANY_MEMBERS),
        (Limits(rows=1000), Code.TOO_MANY_ROWS),
        (Limits(columns=3), Code.TOO_MANY_COLUMNS),
        (Limits(memory_bytes=8 * MIB), Code.READER_DIED),
        (Limits(wait_seconds=0), Code.TOOK_TOO_LONG),
        (Limits(frame_bytes=10), Code.READER_DIED),
    ],
)
def test_each_limit_has_its_refusal(limits: Limits, code: Code) -> None:
    assert refusal(many_rows(2000), limits).code == code


def test_a_file_that_costs_too_much_processor_time() -> None:
    slow = "".join(row_xml(n, ("20161000001", "张三")).replace("><", "> <") for n in range(2, 60_000))
    data = pack(roster() | {SHEET: sheet_xml(row_xml(1, HEADER) + slow).encode()})
    assert refusal(data, Limits(cpu_seconds=1)).detail == "processor time"


def test_too_many_rows_names_the_first_that_is_too_many() -> None:
    assert refusal(many_rows(2000), Limits(rows=1500)).place() == {"sheet": "名单", "row": 1502}


def test_memory_runs_out_while_strings_are_read() -> None:
    strings = "".join(f"<si><t>{n:>2000}</t></si>" for n in range(40_000))
    data = roster()
    data["xl/sharedStrings.xml"] = data["xl/sharedStrings.xml"].replace(
        b"</sst>", strings.encode() + b"</sst>"
    )
    assert refusal(pack(data), Limits(memory_bytes=64 * MIB)).code == Code.TOO_MUCH_MEMORY


def test_a_child_that_is_killed_is_a_refusal_and_the_next_one_reads(started: Started) -> None:
    with open_workbook(io.BytesIO(many_rows(25_000))) as workbook:
        blocks = workbook.blocks()
        next(blocks)
        os.kill(started[0].pid, signal.SIGKILL)
        with pytest.raises(Refusal) as caught:
            list(blocks)
    assert (caught.value.code, caught.value.detail) == (Code.READER_DIED, "status -9")
    with open_workbook(io.BytesIO(valid())) as workbook:
        assert sum(len(block.rows) for block in workbook.blocks()) == 3


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.abort()", Code.READER_DIED),
        ("import ctypes; ctypes.string_at(0)", Code.READER_DIED),
        ("raise SystemExit(3)", Code.READER_DIED),
        ("import os; os.write(1, b'\\xff' * 100)", Code.READER_DIED),
        ("import os; os.write(1, b'\\0\\0\\0\\4[[[[')", Code.READER_DIED),
        ("import os; os.write(1, b'\\0\\0\\0\\2[]')", Code.READER_DIED),
        ("import os; os.write(1, b'\\0\\0\\0\\1')", Code.READER_DIED),
        ("import time; time.sleep(60)", Code.TOOK_TOO_LONG),
        ("import resource as r; r.setrlimit(r.RLIMIT_CPU, (1, 2))\nwhile True: pass", Code.TOOK_TOO_LONG),
    ],
)
def test_a_reader_that_was_taken_over_can_do_no_more_than_fail(
    program: str, code: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent, "_START", program)
    begun = time.monotonic()
    waits = 1.6 if code == Code.TOOK_TOO_LONG else 30
    assert refusal(valid(), Limits(wait_seconds=waits)).code == code
    assert time.monotonic() - begun < 10


def test_leaving_early_ends_the_child() -> None:
    with open_workbook(io.BytesIO(many_rows(25_000))) as workbook:
        assert workbook.header.titles == HEADER


def test_the_child_imports_nothing_but_the_standard_library() -> None:
    home = str(Path(parent.__file__).resolve().parent.parent)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import reading.child;"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'portal', 'celery', 'site')])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, home],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_the_child_inherits_no_secrets_and_no_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for readers")
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    monkeypatch.setattr(
        parent,
        "_START",
        "import os, sys, json\n"
        "keys = [key for key in os.environ if key not in ('LC_CTYPE',)]\n"
        f"detail = str(keys) + str(os.path.exists('/proc/self/fd/{write_end}'))\n"
        "data = json.dumps({'error': {'code': 'damaged', 'detail': detail}}).encode()\n"
        "os.write(1, len(data).to_bytes(4, 'big') + data)",
    )
    try:
        assert refusal(valid(), Limits()).detail == "[]False"
    finally:
        os.close(read_end)
        os.close(write_end)
