"""What goes over the pipe: frames of four bytes of length, big-endian, and so much JSON.

Not pickle: a reader that a hostile file has taken over must be able to hand over nothing but text and
numbers.
"""

import json
import struct
from typing import Any, BinaryIO

HEAD = struct.Struct(">I")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def write_frame(out: BinaryIO, message: dict[str, Any]) -> None:
    """Write one frame and flush it."""
    data = _encode(message).encode()
    out.write(HEAD.pack(len(data)))
    out.write(data)
    out.flush()
