"""What stands on the printed recommendation form and on the letter of appointment (L1, L3)."""

import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from leaving.choices import Sex
from leaving.titles import class_title_en, major_title_en
from liaisons.choices import Origin
from liaisons.models import Appointment, Nomination
from portal.documents.typst import qr_svg, render_pdf

_NUMERALS = "〇一二三四五六七八九十"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def recommendation_form(nomination: Nomination) -> bytes:
    """The published form (推荐表) as PDF, with the opinions given so far and room for three signatures and two seals."""
    return render_pdf("liaisons/documents/recommendation.typ", recommendation_data(nomination))


def recommendation_data(nomination: Nomination) -> dict[str, Any]:
    """The words of the form. It is a form of the university and therefore in Chinese, whoever reads it."""
    born = nomination.birth_date
    return {
        "title": f"{settings.PORTAL_UNIVERSITY_ZH}{nomination.round.cohort.year}届校友联络员推荐表",
        "university": settings.PORTAL_UNIVERSITY_ZH,
        "name": nomination.name,
        "birth": f"{born.year}年{born.month}月" if born else "",
        "sex": "男" if nomination.sex == Sex.MALE else "女",
        "political_status": nomination.political_status,
        "degree": nomination.degree,
        "mobile": nomination.mobile,
        "class_title": f"{nomination.college.name_zh} {nomination.class_title}",
        "wechat": nomination.wechat,
        "student_office": nomination.student_office,
        "biography": nomination.biography,
        "origin": "个人自荐" if nomination.origin == Origin.SELF else "班级推荐",
        "reference": str(nomination.uid),
        "opinions": {
            opinion.step: {
                "text": opinion.text or ("同意推荐。" if opinion.favourable else "不同意推荐。"),
                "signer": opinion.signer,
                "day": day_zh(timezone.localdate(opinion.given_at)),
            }
            for opinion in nomination.opinions.all()
        },
    }


def letter(appointment: Appointment) -> bytes:
    """The letter of appointment (聘书) as PDF: bilingual, numbered, with a code that anybody can check."""
    return render_pdf("liaisons/documents/letter.typ", letter_data(appointment))


def letter_data(appointment: Appointment) -> dict[str, Any]:
    """The words of the letter in both languages."""
    graduate, college = appointment.graduate, appointment.college
    office, years = appointment.nomination.round.office, appointment.until.year - appointment.starts_on.year
    if (appointment.until + datetime.timedelta(days=1)).year > appointment.until.year:
        years += 1  # from 1 January to 31 December
    link = public_link(appointment)
    return {
        "title": f"聘书 Letter of Appointment {appointment.number}",
        "number": appointment.number,
        "name": appointment.name,
        "name_en": graduate.name_pinyin or appointment.name,
        "university_zh": settings.PORTAL_UNIVERSITY_ZH,
        "university_en": settings.PORTAL_UNIVERSITY_EN,
        "college_zh": college.name_zh,
        "college_en": college.name_en or college.name_zh,
        "class_zh": appointment.class_title,
        "class_en": class_in_english(appointment),
        "years_zh": _NUMERALS[years],
        "years_en": _WORDS[years],
        "starts_zh": day_zh(appointment.starts_on),
        "starts_en": day_en(appointment.starts_on),
        "until_zh": day_zh(appointment.until),
        "until_en": day_en(appointment.until),
        "issued_zh": day_zh(appointment.starts_on),
        "issued_en": day_en(appointment.starts_on),
        "centre_zh": office.name_zh if office else "",
        "centre_en": office.name_en if office else "",
        "link": link,
        "qr": qr_svg(link),
    }


def class_in_english(appointment: Appointment) -> str:
    """“Class 1, Software Engineering, grade 2022”."""
    if appointment.school_class:
        return class_title_en(appointment.school_class)
    return major_title_en(appointment.major, appointment.graduate.grade)


def public_link(appointment: Appointment) -> str:
    """Where anybody can check the letter."""
    return f"{settings.PUBLIC_URL}{reverse('liaisons:public-letter', args=[appointment.code])}"


def day_zh(day: datetime.date) -> str:
    """2026年6月20日"""
    return f"{day.year}年{day.month}月{day.day}日"


def day_en(day: datetime.date) -> str:
    """20 June 2026"""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
