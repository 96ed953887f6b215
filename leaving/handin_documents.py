"""The forms that graduates handed in, on paper: for their signature, for the office's, and for the archive (C8).

They are papers of the university and therefore in Chinese, whoever reads them.
"""

import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from leaving.choices import AsksFor, DocumentType, ItemState, Level, Sex
from leaving.forms import papers
from leaving.models import Graduate, ItemForm
from leaving.selectors.handin import Version, handed_in_on
from leaving.selectors.history import decisions_on
from leaving.selectors.sheets import who_decided
from portal.documents.typst import render_pdf

REGISTRATION = "leaving/documents/registration.typ"
PLAN = "leaving/documents/plan.typ"


def paper_pdf(form: ItemForm) -> bytes:
    """The form as PDF: the registration form (毕业生登记表) with room for appraisals and seals, or the employment plan."""
    with translation.override("zh-hans"):
        return render_pdf(REGISTRATION if form.kind == AsksFor.REGISTRATION else PLAN, paper_data(form))


def paper_data(form: ItemForm) -> dict[str, Any]:
    """The words of the form, in the language that is active."""
    graduate = form.item.sheet.graduate
    cohort = form.item.sheet.cohort
    shown = papers.shown(form)
    assert form.handed_in_at is not None
    return {
        "university": settings.PORTAL_UNIVERSITY_ZH,
        "title": f"{settings.PORTAL_UNIVERSITY_ZH}{cohort.year}届毕业生{_TITLES[form.kind]}",
        "person": _person(graduate),
        "kind": shown.kind,
        "said": {key: value for key, value in form.data.items() if isinstance(value, str)},
        "entries": [[str(label), value] for label, value in shown.entries],
        "tables": {
            table.key: [
                [line.get(key, "") for key in table.line().fields] for line in form.data.get(table.key, [])
            ]
            for table in papers.TABLES
        },
        "version": form.version,
        "handed_in": _moment(form.handed_in_at),
        "state": _state(form),
        "reference": str(form.uid),
    }


_TITLES = {AsksFor.REGISTRATION.value: "登记表", AsksFor.EMPLOYMENT.value: "就业方案"}


def _person(graduate: Graduate) -> dict[str, str]:
    """What the record says; no number of an identity document, which the form does not ask for."""
    leaves = graduate.graduated_on or graduate.expected_on
    foreign = graduate.document_type in (DocumentType.PASSPORT, DocumentType.FOREIGN_PERMANENT)
    return {
        "name": graduate.name,
        "pinyin": graduate.name_pinyin,
        "sex": "男" if graduate.sex == Sex.MALE else "女",
        "born": _month(graduate.birth_date),
        "people_label": "国籍" if foreign and graduate.nationality else "民族",
        "people": graduate.nationality if foreign and graduate.nationality else graduate.ethnicity,
        "political_status": graduate.political_status,
        "origin": graduate.origin,
        "student_no": graduate.student_no,
        "college": graduate.college.name_zh,
        "major": graduate.major.name_zh,
        "class": graduate.school_class.name if graduate.school_class else "",
        "level": str(Level(graduate.level).label),
        "length": graduate.length_of_study,
        "years": "至".join(filter(None, (_month(graduate.enrolled_on), _month(leaves)))),
        "leaves": _month(leaves),
        "mobile": graduate.mobile,
    }


def _state(form: ItemForm) -> str:
    """What has become of this version, with who decided it and when."""
    handed = handed_in_on([form.item], decisions_on([form.item]))[form.item_id]
    version = next(one for one in handed.versions if one.form.pk == form.pk)
    said = str(version.state.label)
    if form.item.state not in (*ItemState.done(), ItemState.FAILED) or not _decided(version):
        return said
    assert form.item.decided_at is not None
    return _("%(state)s: %(who)s, %(at)s") % {
        "state": said,
        "who": who_decided(form.item),
        "at": _moment(form.item.decided_at),
    }


def _decided(version: Version) -> bool:
    return version.state in ("accepted", "returned", "waived")


def _month(day: datetime.date | None) -> str:
    return f"{day.year}年{day.month}月" if day else ""


def _moment(at: datetime.datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
