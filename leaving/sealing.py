"""Answers at rest: sealed, and padded, so that their length tells nothing either (C1)."""

import json
import uuid
from typing import Any

from portal.crypto import decrypt, encrypt

BLOCK = 4096


def sealed(value: Any, *, table: str, uid: uuid.UUID, room: int = 0) -> bytes:
    """`value` as JSON, padded to whole blocks with `room` for so many bytes, and encrypted, bound to the row `uid` of `table`."""
    plain = json.dumps(value, ensure_ascii=False).encode()
    length = -(-max(len(plain), room) // BLOCK) * BLOCK
    return encrypt(plain.ljust(length), bound_to=f"{table}.sealed:{uid}")


def opened(content: bytes | memoryview, *, table: str, uid: uuid.UUID) -> Any:
    """Undoes `sealed`. Raises `portal.crypto.Undecipherable`."""
    return json.loads(decrypt(bytes(content), bound_to=f"{table}.sealed:{uid}"))
