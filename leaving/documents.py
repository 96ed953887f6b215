"""What stands on the certificate of leaving, in both languages (C9)."""

import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from leaving.choices import Level
from leaving.models import Certificate
from leaving.selectors.certificates import grouped_code
from portal.documents.typst import qr_svg, render_pdf


def certificate_pdf(certificate: Certificate) -> bytes:
    """The certificate as PDF/A, one page, with a QR code that leads to the public confirmation."""
    return render_pdf("leaving/documents/certificate.typ", certificate_data(certificate))


def certificate_data(certificate: Certificate) -> dict[str, Any]:
    """The words of the certificate, for the PDF and for the page alike."""
    said = certificate.snapshot
    cleared = datetime.date.fromisoformat(said["cleared_on"])
    issued = timezone.localdate(certificate.issued_at)
    link = public_link(certificate)
    return {
        **said,
        "college_en": said["college_en"] or said["college_zh"],
        "major_en": said["major_en"] or said["major_zh"],
        "name_en": said["name_pinyin"] or said["name"],
        "level_zh": _in("zh-hans", said["level"]),
        "level_en": _in("en", said["level"]),
        "number": certificate.number,
        "cleared_zh": f"{cleared.year}年{cleared.month}月{cleared.day}日",
        "cleared_en": _english(cleared),
        "issued_zh": f"{issued.year}年{issued.month}月{issued.day}日",
        "issued_en": _english(issued),
        "link": link,
        "code": grouped_code(certificate.code),
        "qr": qr_svg(link),
    }


def public_link(certificate: Certificate) -> str:
    """Where anybody can check the certificate."""
    return f"{settings.PUBLIC_URL}{reverse('leaving:certificate-confirm', args=[certificate.code])}"


def _in(language: str, level: str) -> str:
    with translation.override(language):
        return str(Level(level).label)


def _english(day: datetime.date) -> str:
    months = (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    )  # fmt: skip
    return f"{day.day} {months[day.month - 1]} {day.year}"
