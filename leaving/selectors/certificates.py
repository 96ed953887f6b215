"""What the public may know of a certificate of leaving (C9): that it stands, and just enough to compare it with the paper."""

import datetime
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language

from leaving.models import Certificate

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that reads like something else
CODE_LENGTH = 26


@dataclass(frozen=True, slots=True)
class PublicCertificate:
    """Everything the public page shows, and nothing else."""

    number: str
    name: str
    university: str
    cohort: int
    issued_on: datetime.date
    in_force: bool


def public_certificate(code: str) -> PublicCertificate | None:
    """What stands behind a code; None when nothing does."""
    certificate = Certificate.objects.filter(code=code).first()
    if certificate is None:
        return None
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    said = certificate.snapshot
    return PublicCertificate(
        number=certificate.number,
        name=masked_name(said["name"]),
        university=said[f"university_{language}"],
        cohort=said["cohort"],
        issued_on=timezone.localdate(certificate.issued_at),
        in_force=certificate.revoked_at is None,
    )


def masked_name(name: str) -> str:
    """First and last character; of two, only the first: enough to compare with a paper, too little to learn a name from.

    欧阳小明 → 欧**明, 李明 → 李*, PAL ANAND MOHAN → P*************N.
    """
    if len(name) < 3:
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def normalised_code(typed: str) -> str:
    """A code as it stands in the database, from what somebody typed: any case, spaces, dashes, O for 0, I or L for 1."""
    lower = "".join(typed.split()).replace("-", "").lower()
    return lower.translate(str.maketrans("oil", "011"))


def grouped_code(code: str) -> str:
    """The code in groups of four or five that the eye can follow."""
    return " ".join(code[start : start + 5] for start in range(0, len(code), 5))
