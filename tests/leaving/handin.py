"""What the stories about handing in have in common: people, pictures, and what they fill in."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from leaving.choices import Verb
from leaving.models import ClearanceItem, Graduate
from leaving.selectors.handin import HandedIn, handed_in_on
from leaving.selectors.history import decisions_on
from leaving.services.clearance import decide
from leaving.services.handin import Upload
from portal.accounts.models import User
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item, opened, published

CAREERS, WORK_GROUP, CHECK_OUT, LIBRARY = 9, 10, 12, 2
CONTRACT: dict[str, Any] = {
    "kind": "contract",
    "mobile": "13900000000",
    "email": "mei@example.com",
    "employer": "示范科技有限公司",
    "nature": "private",
    "post": "软件工程师",
    "city": "武汉",
    "contract": "tripartite",
    "signed_on": "2026-05-20",
    "contact": "王经理",
    "contact_phone": "027-87654321",
}
WAITING: dict[str, Any] = {
    "kind": "waiting",
    "mobile": "13900000000",
    "origin": "湖北黄石",
    "intention": "work",
}
APPRAISAL = "四年来我遵守学校的各项规章制度，学习刻苦，积极参加社会实践，乐于帮助同学。" * 3


def mei(**fields: Any) -> Graduate:
    """An undergraduate with an account and an open sheet."""
    published()
    graduate = builders.graduate(user=builders.user("mei"), name="梅同学", **fields)
    opened()
    return graduate


def clerk(code: str, name: str = "alice") -> User:
    return builders.clerk(name, Right.DECIDE, at=builders.office(code))


def student(graduate: Graduate) -> User:
    assert graduate.user is not None
    return graduate.user


def picture(name: str = "agreement.jpg") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def upload(name: str = "agreement.jpg") -> Upload:
    return Upload(picture(name), name)  # type: ignore[arg-type]


def failed(graduate: Graduate, number: int, reason: str = "尚有 1 册图书未归还") -> ClearanceItem:
    decide(items=[item(graduate, number).pk], verb=Verb.FAIL, actor=None, reason=reason)
    return item(graduate, number)


def handed(graduate: Graduate, number: int) -> HandedIn:
    found = ClearanceItem.objects.select_related("checkpoint", "sheet__cohort", "sheet__graduate", "owner")
    one = found.get(pk=item(graduate, number).pk)
    return handed_in_on([one], decisions_on([one]))[one.pk]
