"""Identity numbers: sealed on the way in, opened only with a right, a reason and a record (X2, decision 11)."""

import os
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from leaving.choices import DocumentType
from leaving.models import Graduate
from leaving.selectors.reach import reached_by
from portal.accounts.models import User
from portal.audit.services import record
from portal.crypto import blind_index, decrypt, encrypt
from portal.departments.choices import Right
from portal.errors import Refused

INDEX_PURPOSE = "identity"
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


@dataclass(frozen=True, slots=True)
class SealedIdentity:
    """What stands in the database for an identity number."""

    cipher: bytes
    index: bytes
    mask: str


def bound_to(uid: uuid.UUID | str) -> str:
    """What the ciphertext of a graduate's number is bound to."""
    return f"leaving_graduate.identity:{uid}"


def identity_index(document_type: str, number: str) -> bytes:
    """The keyed index of a number; numbers of different documents never meet."""
    return blind_index(f"{document_type}:{number}", purpose=INDEX_PURPOSE)


def mask(document_type: str, number: str) -> str:
    """`4201**********1234` for a resident number; of other documents only the last four characters stay."""
    if document_type == DocumentType.RESIDENT:
        return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    kept = min(4, len(number) // 2)
    return "*" * (len(number) - kept) + number[len(number) - kept :]


def new_uid() -> str:
    """A random uid (version 4) as text; a third of the time of `str(uuid.uuid4())`, which matters to an import."""
    digits = os.urandom(16).hex()
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"
    )


def sealed_hex(uid: str, number: str) -> str:
    """The ciphertext of a number for the graduate with that uid, as hexadecimal digits, for a bulk load."""
    return encrypt(number.encode(), bound_to=bound_to(uid)).hex()


def sealed_identity(*, uid: uuid.UUID, document_type: str, number: str) -> SealedIdentity:
    """Ciphertext, index and mask of `number`, already normalised (upper case, no spaces)."""
    return SealedIdentity(
        encrypt(number.encode(), bound_to=bound_to(uid)),
        identity_index(document_type, number),
        mask(document_type, number),
    )


@transaction.atomic
def reveal_identity(*, graduate: Graduate, actor: User, reason: str) -> str:
    """The plain number, after the right was checked and the reveal recorded (`identity.revealed`).

    Raises Refused without a reason, or without the right to reveal within reach of the graduate.
    """
    if not reason.strip():
        raise Refused("reason_missing", _("Say why you need the number. The reason is recorded."))
    if not Graduate.objects.filter(reached_by(actor, Right.REVEAL), pk=graduate.pk).exists():
        raise Refused("not_allowed", _("You have no right to reveal this number."))
    record("identity.revealed", actor=actor, target=graduate, reason=reason.strip())
    return decrypt(bytes(graduate.identity_cipher), bound_to=bound_to(graduate.uid)).decode()
