"""Issuing certificates of leaving (C9). Called by the door that clears sheets, inside its transaction."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from leaving.models import Certificate, ClearanceSheet
from leaving.selectors.certificates import ALPHABET, CODE_LENGTH


def new_code() -> str:
    """128 random bits, in 26 characters that can be read over the telephone."""
    bits = int.from_bytes(secrets.token_bytes(16))
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def issue_certificates(*, sheets: Sequence[int]) -> int:
    """Makes a certificate for each of these cleared sheets (ids), numbered by a counter per cohort; returns how many.

    Three statements and one per cohort, however many. The door must be open.
    """
    rows: dict[int, list[ClearanceSheet]] = defaultdict(list)
    for sheet in (
        ClearanceSheet.objects.filter(pk__in=sheets)
        .select_related("cohort", "graduate__college", "graduate__major", "graduate__school_class")
        .order_by("pk")
    ):
        rows[sheet.cohort_id].append(sheet)
    made = []
    for cohort_id, of_cohort in sorted(rows.items()):
        number = _take_numbers(cohort_id, len(of_cohort))
        for sheet in of_cohort:
            made.append(
                Certificate(
                    sheet=sheet,
                    number=f"{sheet.cohort.code}-{number:06d}",
                    code=new_code(),
                    snapshot=snapshot_of(sheet),
                )
            )
            number += 1
    Certificate.objects.bulk_create(made, batch_size=2_000)
    return len(made)


def revoke_certificates(*, sheets: Iterable[int], reason: str) -> int:
    """Revokes what is in force of these sheets (ids); returns how many. The door must be open."""
    return Certificate.objects.filter(sheet__in=sheets, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_reason=reason
    )


def snapshot_of(sheet: ClearanceSheet) -> dict[str, Any]:
    """What the certificate says, for good: no identity number, no contacts."""
    graduate = sheet.graduate
    assert sheet.cleared_at is not None
    return {
        "university_zh": settings.PORTAL_UNIVERSITY_ZH,
        "university_en": settings.PORTAL_UNIVERSITY_EN,
        "name": graduate.name,
        "name_pinyin": graduate.name_pinyin,
        "student_no": graduate.student_no,
        "sex": graduate.sex,
        "level": graduate.level,
        "college_zh": graduate.college.name_zh,
        "college_en": graduate.college.name_en,
        "major_zh": graduate.major.name_zh,
        "major_en": graduate.major.name_en,
        "class": graduate.school_class.name if graduate.school_class else "",
        "cohort": sheet.cohort.year,
        "cleared_on": timezone.localdate(sheet.cleared_at).isoformat(),
    }


def _take_numbers(cohort_id: int, count: int) -> int:
    """Reserves `count` numbers of the cohort; returns the first. Holds the counter until the end, so that none is lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO leaving_certificatecounter AS c (cohort_id, last) VALUES (%s, %s)
            ON CONFLICT (cohort_id) DO UPDATE SET last = c.last + excluded.last RETURNING last
            """,
            [cohort_id, count],
        )
        return int(cursor.fetchone()[0]) - count + 1
