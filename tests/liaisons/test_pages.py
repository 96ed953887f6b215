"""The pages as their people see them, and the papers they print (L1, L3, L6)."""

import io
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from alumni.services.people import record_graduates
from leaving.choices import Level
from leaving.models import Graduate
from liaisons.choices import ClassmateField, NominationState, PublicField, Step
from liaisons.models import Appointment, Nomination
from liaisons.services.consents import consent_to_liaison, consent_to_publication
from portal.accounts.models import User
from portal.departments.choices import Right
from tests import builders
from tests.liaisons import stories

pytestmark = pytest.mark.django_db


def signed_in(user: User | None) -> Client:
    assert user is not None
    client = Client()
    client.force_login(user)
    return client


def text_of(pdf: bytes) -> str:
    """The words of a PDF, without the spaces that typesetting puts between Chinese and Latin."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))


def test_a_graduate_nominates_herself_on_the_page() -> None:
    stories.round_()
    zhang = stories.student("zhang", mobile="13700000000")
    page = signed_in(zhang.user)
    url = reverse("liaisons:nominate", args=[zhang.uid])
    assert 'value="13700000000"' in page.get(url).content.decode()
    answers = {
        "degree": "本科（学士）",
        "mobile": "13900000001",
        "biography": "热爱母校",
        "publish": ["name"],
    }
    assert page.post(url, answers).status_code == 200
    assert not Nomination.objects.exists()
    done = page.post(url, {**answers, "accepted": "on"})
    nomination = Nomination.objects.get()
    assert done.headers["Location"] == reverse("liaisons:nomination-detail", args=[nomination.uid])
    assert (nomination.mobile, nomination.publish, nomination.state) == ("13900000001", ["name"], "class")


def test_a_counsellor_approves_the_ticked_ones() -> None:
    ids = [stories.nominated(stories.student(name, name=name)).pk for name in ("zhang", "li", "wang")]
    page = signed_in(stories.counsellor())
    url = reverse("liaisons:review", args=["class"])
    page.post(url, {"item": ids[:2], "favourable": "1", "text": "同意推荐。"})
    assert list(Nomination.objects.order_by("pk").values_list("state", flat=True)) == [
        "college",
        "college",
        "class",
    ]
    page.post(url, {"all_matching": "1", "favourable": "0", "text": "名额已满。"})
    assert Nomination.objects.get(pk=ids[2]).state == NominationState.DECLINED


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("nominee", 200),
        ("counsellor", 200),
        ("dean", 200),
        ("director", 200),
        ("colleague", 403),
        ("stranger", 404),
    ],
)
def test_who_opens_a_nomination(role: str, status: int) -> None:
    nomination = stories.nominated(stories.student("zhang"))
    users: dict[str, Callable[[], User | None]] = {
        "nominee": lambda: nomination.graduate.user,
        "counsellor": stories.counsellor,
        "dean": stories.dean,
        "director": stories.director,
        "colleague": lambda: builders.clerk("colleague", Right.VIEW_GRADUATES, at=builders.college()),
        "stranger": lambda: builders.user("stranger"),
    }
    page = signed_in(users[role]())
    assert page.get(reverse("liaisons:nomination-detail", args=[nomination.uid])).status_code == status
    assert page.get(reverse("liaisons:nomination-form", args=[nomination.uid])).status_code == status


def test_the_recommendation_form_has_three_signatures_and_two_seals() -> None:
    nomination = stories.reviewed(stories.nominated(stories.student("zhang")), Step.COLLEGE)
    page = signed_in(nomination.graduate.user)
    text = text_of(page.get(reverse("liaisons:nomination-form", args=[nomination.uid])).content)
    for words in (
        "示范大学2026届校友联络员推荐表",
        "2003年5月",
        "2022级软件工程专业1班",
        "热爱母校，乐于为同学服务。",
    ):
        assert words in text
    assert (text.count("签字"), text.count("盖章")) == (3, 2)
    assert [text.count(name) for name in ("辅导员签字", "院长签字", "主任签字")] == [1, 1, 1]


def test_the_letter_is_bilingual_numbered_and_checks() -> None:
    zhang = stories.student("zhang", name_pinyin="Zhang San")
    (made,) = stories.appointed([zhang], stories.TERM_BEGINS)
    pdf = signed_in(zhang.user).get(reverse("liaisons:letter", args=[made.uid]))
    assert pdf["Content-Type"] == "application/pdf"
    text = text_of(pdf.content)
    for words in (
        "聘书",
        "LetterofAppointment",
        "2026-0001",
        "张三",
        "ZhangSan",
        "2022级软件工程专业1班",
        "Class1",
        "聘期三年",
        "threeyears",
        "2026年6月20日",
        "2029年6月19日",
        "19June2029",
        made.code,
    ):
        assert words in text, words


def facts(page: str) -> list[str]:
    found = re.search(r"<dl[^>]*data-letter.*?</dl>", page, re.DOTALL)
    assert found
    return [re.sub(r"\s+", " ", each).strip() for each in re.findall(r"<dd>(.*?)</dd>", found[0], re.DOTALL)]


def test_the_check_of_a_letter_tells_exactly_this() -> None:
    (made,) = stories.appointed([stories.student("zhang", mobile="13700000000")], stories.TERM_BEGINS)
    Appointment.objects.update(published=list(PublicField))
    page = (
        Client(headers={"accept-language": "en"})
        .get(reverse("liaisons:public-letter", args=[made.code]))
        .content.decode()
    )
    assert facts(page) == [
        "2026-0001",
        "张三",
        "Alumni liaison",
        "School of Computer Science",
        "Class 1, 软件工程, grade 2022",
        "20 June 2026",
        "19 June 2029",
    ]
    for secret in ("13900000001", "wx_zhang", "热爱母校", made.graduate.student_no):
        assert secret not in page
    wrong = Client().get(reverse("liaisons:public-letter", args=["0" * 32]))
    assert (wrong.status_code, "张三" in wrong.content.decode()) == (404, False)
    typed = Client().get(reverse("liaisons:public"), {"code": f" {made.code[:16].upper()} {made.code[16:]} "})
    assert typed.headers["Location"] == reverse("liaisons:public-letter", args=[made.code])


@pytest.mark.parametrize(
    "fields", [[], ["mobile"], ["name"], ["name", "class"], ["name", "wechat", "biography"]]
)
def test_the_list_shows_what_each_consented_to_and_no_more(fields: list[str]) -> None:
    zhang = stories.student("zhang")
    (made,) = stories.appointed([zhang])
    assert zhang.user
    consent_to_publication(
        appointment=made,
        actor=zhang.user,
        fields=fields,
        mobile="13900000001",
        wechat="wx_zhang",
        biography="爱写诗",
    )
    page = Client().get(reverse("liaisons:public")).content.decode()
    values = {"name": "张三", "class": "2022级软件工程专业1班", "mobile": "13900000001", "wechat": "wx_zhang"}
    values["biography"] = "爱写诗"
    shown = {field for field, value in values.items() if value in page}
    assert shown == (set(fields) if "name" in fields else set())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "张"}, True),
        ({"q": "软件"}, False),
        ({"cohort": "2026"}, True),
        ({"college": "06"}, False),
        ({"college": "08"}, True),
    ],
)
def test_only_what_is_published_is_searched(query: dict[str, str], found: bool) -> None:
    builders.college("06", "经济管理学院")
    stories.appointed([stories.student("zhang")], publish=["name"])
    assert ("张三" in Client().get(reverse("liaisons:public"), query).content.decode()) is found


def test_a_liaison_sees_the_own_class_and_only_what_each_lets_her_see() -> None:
    zhang = stories.student("zhang")
    (made,) = stories.appointed([zhang])
    open_ = stories.student("li", name="李四", mobile="13700000001")
    stories.student("wang", name="王五", mobile="13700000002")
    stories.student("zhao", stories.class_of_2022("软工2202班"), name="赵六")
    assert open_.user
    consent_to_liaison(graduate=open_, actor=open_.user, fields=[ClassmateField.MOBILE])
    url = reverse("liaisons:classmates", args=[made.uid])
    page = signed_in(zhang.user).get(url).content.decode()
    shown = {word for word in ("李四", "王五", "赵六", "13700000001", "13700000002") if word in page}
    assert shown == {"李四", "王五", "13700000001"}
    for other in (open_.user, stories.counsellor(), stories.director()):
        assert signed_in(other).get(url).status_code == 404
    consent_to_liaison(graduate=open_, actor=open_.user, fields=[])
    assert "13700000001" not in signed_in(zhang.user).get(url).content.decode()


def test_after_leaving_the_alumni_record_is_what_the_liaison_sees() -> None:
    zhang, li = (
        stories.student("zhang"),
        stories.student("li", name="李四", mobile="13700000001", employer="示范银行"),
    )
    (made,) = stories.appointed([zhang])
    assert li.user
    consent_to_liaison(graduate=li, actor=li.user, fields=[ClassmateField.MOBILE, ClassmateField.EMPLOYER])
    record_graduates(graduate_ids=[li.pk], actor=None)
    Graduate.objects.filter(pk=li.pk).update(mobile="13999999999")
    page = signed_in(zhang.user).get(reverse("liaisons:classmates", args=[made.uid])).content.decode()
    assert ("13700000001" in page, "示范银行" in page, "13999999999" in page) == (True, True, False)


def test_the_centre_appoints_from_its_list_and_notes_the_ceremony() -> None:
    nomination = stories.reviewed(stories.nominated(stories.student("zhang")))
    page = signed_in(stories.director())
    page.post(reverse("liaisons:ready"), {"item": [nomination.pk], "starts_on": str(timezone.localdate())})
    made = Appointment.objects.get()
    page.post(reverse("liaisons:attendance"), {"item": [made.pk], "event": "ceremony"})
    made.refresh_from_db()
    assert made.attended_ceremony is True


@pytest.mark.parametrize("page", ["public", "review", "classmates", "appointments", "classes", "majors"])
def test_lists_ask_the_same_however_long(page: str) -> None:
    """One row and three rows cost the same number of queries (the navigation's part grows with the portal)."""
    zhang = stories.student("liaison", stories.class_of_2022("软工2209班"), name="张三")
    (mine,) = stories.appointed([zhang])
    client, url = {
        "public": (Client(), reverse("liaisons:public")),
        "review": (signed_in(stories.counsellor()), reverse("liaisons:review", args=["class"])),
        "classmates": (signed_in(zhang.user), reverse("liaisons:classmates", args=[mine.uid])),
        "appointments": (signed_in(stories.director()), reverse("liaisons:appointments")),
        "classes": (signed_in(stories.dean()), reverse("liaisons:classes")),
        "majors": (signed_in(stories.dean()), reverse("liaisons:majors")),
    }[page]
    costs = []
    for number in range(3):
        graduate = stories.student(
            f"s{number}", stories.class_of_2022(f"软工220{number}班"), name=f"学生{number}"
        )
        if page in ("public", "appointments"):
            stories.appointed([graduate])
        else:
            stories.nominated(graduate)
        if page == "majors":
            builders.graduate(level=Level.MASTER, major=builders.major(name_zh=f"专业{number}"))
        mate = stories.student(f"m{number}", zhang.school_class, name=f"同学{number}", employer="示范银行")
        assert mate.user
        consent_to_liaison(graduate=mate, actor=mate.user, fields=list(ClassmateField))
        record_graduates(graduate_ids=[mate.pk], actor=None)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[2]
