"""Forms on paper: what stands there, and who may print it (C8)."""

import io
import re

import pytest
from django.test import Client
from pypdf import PdfReader

from leaving.choices import EmploymentKind, Training, Verb
from leaving.forms.plans import PLANS
from leaving.handin_documents import paper_data, paper_pdf
from leaving.services.clearance import decide
from leaving.services.handin import add_evidence, hand_in_form, save_form
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import item
from tests.leaving.handin import (
    APPRAISAL,
    CAREERS,
    CONTRACT,
    WAITING,
    WORK_GROUP,
    clerk,
    mei,
    student,
    upload,
)

pytestmark = pytest.mark.django_db
REGISTRATION = {
    "self_appraisal": APPRAISAL * 8 + "#strong[最后]",
    "posts_held": "学习委员",
    "practice": "在某公司实习",
    "awards": "",
    "resume": [{"since": "2019-09", "until": "2022-06", "place": "黄石市第二中学"}],
    "family": [{"relation": "父亲", "name": "梅先生", "phone": "13900000000"}],
}


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page, without the spaces that typesetting puts between Chinese and Latin."""
    return [re.sub(r"\s+", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def test_the_registration_form_has_all_that_was_said_and_room_for_three_appraisals() -> None:
    graduate = mei(origin="湖北黄石", political_status="共青团员", ethnicity="汉族", document_type="resident")
    form = hand_in_form(item=item(graduate, WORK_GROUP), data=REGISTRATION, actor=student(graduate))
    text = "".join(pages_of(paper_pdf(form)))
    for words in (
        "示范大学2026届毕业生登记表",
        "2003年5月",
        "湖北黄石",
        "汉族",
        "黄石市第二中学",
        "梅先生",
        "学习委员",
        "#strong[最后]",  # what people write is never markup
        "本人签名",
        "班级鉴定",
        "学院意见",
        "学校意见",
        "第1版",
        "已提交",
    ):
        assert words in text, words
    assert graduate.identity_mask not in text


def test_it_says_who_accepted_it_and_when() -> None:
    graduate = mei()
    form = hand_in_form(item=item(graduate, WORK_GROUP), data=REGISTRATION, actor=student(graduate))
    decide(items=[item(graduate, WORK_GROUP).pk], verb=Verb.PASS, actor=None)
    form.refresh_from_db()
    assert re.fullmatch(
        r"审核通过：计算机学院 · 学生工作组，\d{4}-\d\d-\d\d \d\d:\d\d", paper_data(form)["state"]
    )


@pytest.mark.parametrize("kind", EmploymentKind)
def test_every_kind_of_plan_has_its_own_entries(kind: EmploymentKind) -> None:
    graduate = mei(training=Training.ENTRUSTED)
    add_evidence(item=item(graduate, CAREERS), upload=upload(), actor=student(graduate))
    data = {"kind": kind.value, "mobile": "13900000000", "city": "武汉市"}
    said = paper_data(hand_in_form(item=item(graduate, CAREERS), data=data, actor=student(graduate)))
    assert said["title"] == "示范大学2026届毕业生就业方案"
    assert said["kind"] == str(kind.label)
    values = [value for _label, value in said["entries"]]
    assert values == (["武汉市", "13900000000"] if "city" in PLANS[kind]().fields else ["13900000000"])


def test_the_graduate_and_who_decides_it_print_it_and_nobody_else(client: Client) -> None:
    graduate = mei()
    form = hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    draft = save_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
    for person, status in (
        (student(graduate), 200),
        (clerk("careers"), 200),
        (clerk("library", "bob"), 404),
        (builders.clerk("dean", Right.VIEW_GRADUATES, Right.DECIDE, at=graduate.college), 403),
        (builders.user("stranger"), 404),
    ):
        client.force_login(person)
        answer = client.get(f"/forms/{form.uid}.pdf")
        assert (person.username, answer.status_code) == (person.username, status)
        assert client.get(f"/forms/{draft.uid}.pdf").status_code == 404
        if status == 200:
            assert answer.content.startswith(b"%PDF-")
            assert answer["Cache-Control"] == "private, no-store"
    assert list(AuditEntry.objects.filter(verb="form.printed").values_list("actor__username", flat=True)) == [
        "alice"
    ]
    client.force_login(student(graduate))
    assert f"/forms/{form.uid}.pdf" in client.get(f"/sheet/{graduate.uid}/items/{CAREERS}/").content.decode()


def test_a_contract_stands_there_in_words_on_one_page() -> None:
    graduate = mei()
    add_evidence(item=item(graduate, CAREERS), upload=upload(), actor=student(graduate))
    form = hand_in_form(item=item(graduate, CAREERS), data=CONTRACT, actor=student(graduate))
    pages = pages_of(paper_pdf(form))
    assert len(pages) == 1
    assert "示范科技有限公司" in pages[0]
    assert "private" not in pages[0]
