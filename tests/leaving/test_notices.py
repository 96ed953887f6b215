"""Notices reach their audience, in both languages, with their files, and nobody else (C11)."""

import datetime
import io
import re
import zipfile
from time import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leaving.choices import Audience
from leaving.models import Notice, NoticeAttachment, NoticeReading
from leaving.selectors.notices import notices_for
from leaving.services.notices import attach_file, remove_file, save_notice
from portal import files
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from portal.markdown import as_html
from tests import builders as make

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 a plan of the dormitories"


@pytest.fixture
def editor() -> User:
    return make.clerk("affairs", Right.OPEN_COHORT, at=make.university(), starts_on=None)


def notice(editor: User, title: str = "退宿通知", *audiences: Audience, **fields: Any) -> Notice:
    values = {"body_zh": "请到楼栋值班室办理。", "published_from": timezone.now(), **fields}
    return save_notice(
        notice=Notice(title_zh=title, audiences=list(audiences or (Audience.GRADUATES,)), **values),
        actor=editor,
    )


def signed_in(user: User, language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


def titles(user: User) -> list[str]:
    return list(notices_for(user).values_list("title_zh", flat=True))


def pdf(name: str = "宿舍平面图.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def office_file(*parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for part in parts:
            package.writestr(part, "<x/>")
    return out.getvalue()


def test_each_audience_reads_its_own_and_only_of_its_cohort(editor: User) -> None:
    this, last = make.cohort(2026), make.cohort(2025)
    mei, wang, li = make.user("mei"), make.user("wang"), make.user("li")
    make.graduate(user=mei, supervisor=wang, cohort=this, school_class=make.school_class(counsellor=li))
    for cohort in (None, this, last):
        for audience in Audience:
            notice(editor, f"{audience} {cohort.year if cohort else 'all'}", audience, cohort=cohort)
    public = {f"public {which}" for which in ("all", 2026, 2025)}
    assert set(titles(mei)) == public | {"graduates all", "graduates 2026"}
    assert set(titles(wang)) == public | {"supervisors all", "supervisors 2026"}
    clerks = public | {f"operators {which}" for which in ("all", 2026, 2025)}
    assert set(titles(li)) == clerks
    assert set(titles(make.clerk("library", Right.DECIDE, at=make.office()))) == clerks
    assert set(titles(make.user("stranger"))) == public
    answer = Client().get(reverse("leaving:notice-list")).content.decode()
    assert ("public 2026" in answer, "graduates 2026" in answer) == (True, False)


def test_a_notice_is_shown_from_its_time_to_the_end_of_its_last_day(editor: User) -> None:
    now, today = timezone.now(), timezone.localdate()
    day = datetime.timedelta(days=1)
    mei = make.user("mei")
    make.graduate(user=mei)
    notice(editor, "draft", published_from=None)
    notice(editor, "to come", published_from=now + day)
    notice(editor, "over", published_from=now - 3 * day, published_until=today - day)
    notice(editor, "last day", published_from=now - 2 * day, published_until=today)
    notice(editor, "on top", published_from=now - 3 * day, pinned=True)
    notice(editor, "newest", published_from=now)
    assert titles(mei) == ["on top", "newest", "last day"]


def test_drafts_are_for_editors(editor: User) -> None:
    mei = make.user("mei")
    make.graduate(user=mei)
    draft = notice(editor, "草稿", published_from=None)
    assert signed_in(mei).get(draft.get_absolute_url()).status_code == 404
    page = signed_in(editor).get(draft.get_absolute_url()).content.decode()
    assert "此通知为草稿" in page


def test_the_reader_s_language_and_chinese_where_there_is_no_english(editor: User) -> None:
    mei = make.user("mei")
    make.graduate(user=mei)
    both = notice(editor, "退宿", title_en="Checking out", body_en="Ask the **porter**.")
    chinese = notice(editor, "领取证书")
    english = signed_in(mei, "en")
    page = english.get(both.get_absolute_url()).content.decode()
    assert ("Checking out" in page, "<strong>porter</strong>" in page, "退宿" in page) == (True, True, False)
    assert "请到楼栋值班室办理。" in english.get(chinese.get_absolute_url()).content.decode()


def test_a_text_cannot_bring_scripts_pictures_or_headings_of_the_page() -> None:
    html = as_html(
        "# 标题\n<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://elsewhere/p.png)\n\n一\n二 <b>c</b>"
    )
    assert "<script" not in html
    assert "<b>" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html
    assert "<h2>标题</h2>" in html
    assert "一<br>\n二" in html.replace("<br />", "<br>")


def test_a_file_comes_whole_and_only_to_the_audience(editor: User) -> None:
    mei, stranger = make.user("mei"), make.user("stranger")
    make.graduate(user=mei)
    made = attach_file(notice=notice(editor), upload=pdf(), actor=editor)
    url = reverse("leaving:notice-attachment", args=[made.uid])
    answer = signed_in(mei).get(url)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["Content-Length"] == str(len(PDF))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert signed_in(stranger).get(url).status_code == 404
    assert Client().get(url).status_code == 404
    assert made.name in signed_in(mei).get(made.notice.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("name", "content", "fine"),
    [
        ("plan.pdf", PDF, True),
        ("plan.PDF", PDF, True),
        ("plan.pdf", b"MZ\x90", False),
        ("plan.exe", PDF, False),
        ("plan.html", b"<script>", False),
        ("plan.svg", b"<svg/>", False),
        ("photo.png", b"\x89PNG\r\n\x1a\n....", True),
        ("form.docx", office_file("[Content_Types].xml", "word/document.xml"), True),
        ("form.docx", office_file("word/document.xml", "word/vbaProject.bin"), False),
        ("list.xlsx", office_file("word/document.xml"), False),
        ("form.docx", b"PK\x03\x04 torn", False),
    ],
)
def test_a_file_is_what_its_name_says(editor: User, name: str, content: bytes, fine: bool) -> None:
    one = notice(editor)
    if fine:
        attach_file(notice=one, upload=pdf(name, content), actor=editor)
    else:
        with pytest.raises(Refused) as refused:
            attach_file(notice=one, upload=pdf(name, content), actor=editor)
        assert refused.value.code == "file_type"
    assert NoticeAttachment.objects.exists() == fine


def test_a_file_that_was_taken_off_goes_with_the_sweep(editor: User) -> None:
    kept = attach_file(notice=notice(editor), upload=pdf(), actor=editor)
    gone = attach_file(notice=notice(editor), upload=pdf(), actor=editor)
    gone_uid = gone.file_uid
    remove_file(attachment=gone, actor=editor)
    files.sweep_orphans(older_than=-1)
    assert b"".join(files.chunks(kept.file_uid)) == PDF
    with pytest.raises(files.FileMissing):
        b"".join(files.chunks(gone_uid))


def test_only_editors_write_and_it_is_recorded(editor: User) -> None:
    with pytest.raises(Refused):
        notice(make.clerk("college", Right.OPEN_COHORT, at=make.college()))
    attach_file(notice=notice(editor, "通知"), upload=pdf(), actor=editor)
    recorded = AuditEntry.objects.filter(verb__startswith="notice.").order_by("id")
    assert [(entry.verb, entry.actor_id) for entry in recorded] == [
        ("notice.saved", editor.pk),
        ("notice.file_attached", editor.pk),
    ]


def test_notices_are_written_in_the_administration(editor: User) -> None:
    editor.is_staff = True
    editor.save()
    client = signed_in(editor, "en")
    form = {
        "title_zh": "领取证书",
        "title_en": "",
        "body_zh": "请到学院领取。",
        "body_en": "",
        "audiences": ["graduates", "operators"],
        "cohort": str(make.cohort().pk),
        "published_from_0": "2026-06-05",
        "published_from_1": "08:00:00",
        "published_until": "2026-06-01",
        "attachments-TOTAL_FORMS": "1",
        "attachments-INITIAL_FORMS": "0",
        "attachments-0-upload": pdf(),
    }
    add = reverse("admin:leaving_notice_add")
    assert "The last day lies before the first." in client.post(add, form).content.decode()
    wrong = {**form, "published_until": "", "attachments-0-upload": pdf("a.pdf", b"no")}
    assert "Only PDF, PNG" in client.post(add, wrong).content.decode()
    assert not Notice.objects.exists()
    answer = client.post(add, {**form, "published_until": "2026-06-30", "attachments-0-upload": pdf()})
    assert answer.status_code == 302, answer.content.decode()
    made = Notice.objects.get()
    assert (made.audiences, made.created_by) == (["graduates", "operators"], editor)
    attached = made.attachments.get()
    change = reverse("admin:leaving_notice_change", args=[made.pk])
    assert attached.name in client.get(change).content.decode()
    again = {
        **form,
        "published_until": "2026-06-30",
        "attachments-TOTAL_FORMS": "1",
        "attachments-INITIAL_FORMS": "1",
        "attachments-0-id": str(attached.pk),
        "attachments-0-notice": str(made.pk),
        "attachments-0-DELETE": "on",
    }
    del again["attachments-0-upload"]
    answer = client.post(change, again)
    assert answer.status_code == 302, answer.content.decode()
    assert not made.attachments.exists()
    assert client.get(reverse("admin:leaving_notice_changelist")).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_list_page_and_start_take_the_same_queries_however_many_there_are(editor: User, number: int) -> None:
    """Counted are those about notices; what the navigation asks is its own."""
    mei = make.user("mei")
    make.graduate(user=mei, cohort=make.cohort())
    for place in range(number):
        made = notice(editor, f"通知 {place}", cohort=make.cohort())
        for _file in range(number):
            attach_file(notice=made, upload=pdf(), actor=editor)
    client = signed_in(mei)

    def asked(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return sum("leaving_notice" in one["sql"] for one in queries)

    assert asked(reverse("leaving:notice-list")) == 2  # with the mark in the navigation
    assert asked(made.get_absolute_url()) == 5  # with taking the mark off
    assert asked(reverse("start")) == 2
    assert asked(reverse("leaving:sheet-own")) == 0


def test_the_start_page_shows_the_latest_three(editor: User) -> None:
    mei = make.user("mei")
    make.graduate(user=mei)
    now = timezone.now()
    for age in range(4):
        notice(editor, f"notice {age}", published_from=now - datetime.timedelta(hours=age))
    page = signed_in(mei).get(reverse("start")).content.decode()
    assert [f"notice {age}" in page for age in range(4)] == [True, True, True, False]


# --- what is unread ----------------------------------------------------------------------------------------------------
def marks(client: Client, url: str = "/") -> tuple[int, int]:
    """How many notices a page marks as unread, and the number in its navigation."""
    page = client.get(url).content.decode()
    number = re.search(r'<span class="count">(\d+)<span class="visually-hidden"> 条未读', page)
    return page.count("</svg>未读</span>"), int(number[1]) if number else 0


def test_a_notice_is_marked_until_its_reader_opens_it(editor: User) -> None:
    mei, lan = make.user("mei"), make.user("lan")
    for person in (mei, lan):
        make.graduate(user=person)
    first, second = notice(editor, "一"), notice(editor, "二")
    client, other = signed_in(mei), signed_in(lan)
    assert marks(client) == (2, 2)
    client.head(first.get_absolute_url())  # looked up, not opened
    assert marks(client, "/notices/") == (2, 2)
    assert marks(client, first.get_absolute_url()) == (0, 1)
    client.get(first.get_absolute_url())
    assert (marks(client), marks(other)) == ((1, 1), (2, 2))
    assert client.get(second.get_absolute_url()).status_code == 200
    assert marks(client) == (0, 0)
    assert marks(Client(), "/notices/") == (0, 0)
    assert NoticeReading.objects.count() == 2


def test_all_marks_go_at_once_but_not_those_of_what_is_to_come(editor: User) -> None:
    mei = make.user("mei")
    make.graduate(user=mei)
    notice(editor, "一")
    later = notice(editor, "以后", published_from=timezone.now() + datetime.timedelta(days=1))
    client = signed_in(mei)
    assert "全部标为已读" in client.get("/notices/").content.decode()
    assert client.post("/notices/read/", follow=True).status_code == 200
    assert "全部标为已读" not in client.get("/notices/").content.decode()
    Notice.objects.filter(pk=later.pk).update(published_from=timezone.now())
    assert marks(client) == (1, 1)


def test_elsewhere_the_number_is_counted_every_ten_minutes(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    mei = make.user("mei")
    make.graduate(user=mei)
    client = signed_in(mei)
    notice(editor)
    assert marks(client, "/messages/")[1] == 0
    assert marks(client)[1] == 1
    notice(editor, "又一")
    now = time()
    for minutes, expected in ((1, 1), (9, 1), (11, 2), (12, 2)):
        monkeypatch.setattr("leaving.notice_pages.time", lambda passed=minutes: now + 60 * passed)
        assert marks(client, "/messages/")[1] == expected


def test_an_editor_who_looks_at_a_draft_has_not_read_the_notice(editor: User) -> None:
    draft = notice(editor, "草稿", Audience.OPERATORS, published_from=None)
    client = signed_in(editor)
    client.get(draft.get_absolute_url())
    Notice.objects.update(published_from=timezone.now())
    assert marks(client) == (1, 1)
