"""Has a file checked by the limited child, and turns whatever happens to it into one refusal in the reader's language."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.errors import Refused

MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}
ACCEPT = ",".join(
    MEDIA_TYPES.values()
)  # for `<input type=file accept>`; what is taken is decided by the content
WAIT_SECONDS = 40.0
_CHILD = Path(__file__).with_name("child.py")
_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # where a Python of its own finds its library
_REASONS: dict[str, str | Promise] = {
    "empty": _("The file is empty."),
    "type": _("Only pictures (JPEG, PNG, WebP) and PDF files are taken."),
    "heic": _("This is a HEIC picture. Save it as JPEG first; a screenshot of it will do, too."),
    "broken": _("The file cannot be read. Open it, save it again and try once more."),
    "pixels": _("The picture has too many pixels. Make it smaller."),
    "pages": _("A PDF needs between 1 and 200 pages."),
    "encrypted": _("The PDF is protected by a password. Save it without one."),
    "active": _("The PDF contains scripts or other active parts. Print it into a new PDF and hand that in."),
    "attached": _("The PDF carries other files inside. Print it into a new PDF and hand that in."),
    "too_much": _(
        "The file is too complicated to be checked. Print it into a new PDF, or take a picture of it."
    ),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be kept and shown: what it is (a key of MEDIA_TYPES), and its content."""

    kind: str
    content: bytes


def checked_upload(file: BinaryIO, *, max_bytes: int) -> Checked:
    """What of `file` may be kept: a picture drawn anew without its metadata, or a PDF that does nothing.

    The type is told by the content. Raises Refused (`upload_` and a key of the reasons above, or `upload_size`).
    """
    content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        megabytes = {"number": max_bytes // (1024 * 1024)}
        raise Refused("upload_size", _("The file is larger than %(number)d MB.") % megabytes)
    if not content:
        raise _refusal("empty")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(_CHILD)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _LOADER if name in os.environ},
            timeout=WAIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refusal("too_much") from None
    if done.returncode:
        raise _refusal("too_much")
    head, _line, kept = done.stdout.partition(b"\n")
    answer = json.loads(head)
    if "error" in answer:
        raise _refusal(answer["error"])
    return Checked(answer["type"], kept)


def _refusal(code: str) -> Refused:
    return Refused(f"upload_{code}", _REASONS.get(code, _REASONS["broken"]))
