"""Encryption of the few values that must never lie open: identity numbers and private files (X2).

`FIELD_KEYS` is a list `id:base64(32 bytes)`, separated by commas; the first encrypts, all decrypt. From each key two
others are derived, one for AES-256-GCM and one for the keyed blind index; the index always uses the *last* key of the list,
so that rotating the encryption key leaves the indexes valid.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class Undecipherable(Exception):
    """The ciphertext was changed, belongs elsewhere, or its key is not among FIELD_KEYS."""


@dataclass(frozen=True)
class Keys:
    """The keys in force: `current` encrypts, `ciphers` decrypt by key id, `index_key` makes blind indexes."""

    current: str
    ciphers: dict[str, AESGCM]
    index_key: bytes


def parse_keys(entries: Sequence[str]) -> Keys:
    """Turns `["2026:BASE64", …]` into Keys. Raises ImproperlyConfigured with the entry's place."""
    ciphers: dict[str, AESGCM] = {}
    secret = b""
    for place, entry in enumerate(entries, start=1):
        name, _, encoded = entry.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ImproperlyConfigured(f"FIELD_KEYS: entry {place} is not id:base64.") from error
        if not name or len(name) > 16 or not name.isascii() or len(secret) != 32:
            raise ImproperlyConfigured(
                f"FIELD_KEYS: entry {place} needs an id of 1 to 16 characters and 32 bytes."
            )
        if name in ciphers:
            raise ImproperlyConfigured(f"FIELD_KEYS: the id {name!r} stands twice.")
        ciphers[name] = AESGCM(_derive(secret, b"portal encryption"))
    if not ciphers:
        raise ImproperlyConfigured("FIELD_KEYS: at least one key is needed.")
    return Keys(entries[0].partition(":")[0], ciphers, _derive(secret, b"portal blind index"))


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hmac.new(secret, purpose, hashlib.sha256).digest()


@lru_cache(maxsize=4)
def _parsed(entries: tuple[str, ...]) -> Keys:
    return parse_keys(entries)


def keys() -> Keys:
    """The keys of the settings."""
    return _parsed(tuple(settings.FIELD_KEYS))


def encrypt(plain: bytes, *, bound_to: str) -> bytes:
    """AES-256-GCM of `plain`; `bound_to` (e.g. `leaving_graduate.identity:<uid>`) must be named again to decrypt.

    The result is one byte with the length of the key's id, the id, a random nonce, and ciphertext with tag.
    """
    current = keys()
    nonce = os.urandom(NONCE_BYTES)
    name = current.current.encode()
    sealed = current.ciphers[current.current].encrypt(nonce, plain, bound_to.encode())
    return bytes([len(name)]) + name + nonce + sealed


def decrypt(sealed: bytes, *, bound_to: str) -> bytes:
    """Undoes `encrypt`. Raises Undecipherable."""
    sealed = bytes(sealed)
    size = sealed[0] if sealed else 0
    cipher = keys().ciphers.get(sealed[1 : 1 + size].decode("ascii", "replace"))
    body = sealed[1 + size :]
    if cipher is None or len(body) <= NONCE_BYTES:
        raise Undecipherable(bound_to)
    try:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound_to.encode())
    except InvalidTag as error:
        raise Undecipherable(bound_to) from error


def blind_index(value: str, *, purpose: str) -> bytes:
    """A keyed hash (32 bytes) by which equal values are found without being readable. `purpose` separates the columns."""
    return hmac.digest(keys().index_key, f"{purpose}\0{value}".encode(), "sha256")
