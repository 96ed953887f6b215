"""The main job, end to end, as people do it: in the browser, with a real worker.

A roster comes in, the cohort is opened, Mei activates her account and sees what stands in her way, the offices decide, her
certificate opens and can be checked by anyone; she is an alumna, becomes her class's liaison, and her letter checks.
Lan still has a library book: the library's system says so at night, and the next night it is back. Then she is deferred, is
gone from every list, and comes back as she was.
"""

import datetime
import json
import re
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from leaving.models import CollegeProfile, Graduate, SchoolClass
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.responsibilities import set_published_approvals, set_published_responsibilities
from liaisons.models import Appointment, LiaisonRound
from portal.accounts.models import User
from portal.departments import demo
from portal.departments.models import Campus, Department
from tests import builders as make
from tests.browser import Visitor, settled, visitor
from tests.leaving.deferrals import defer_in_browser, undo_in_browser
from tests.leaving.obligations import by_data
from tests.leaving.rosters import resident_number
from tests.processes import ROOT, Process, environment

pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

HEADINGS = ("学号", "姓名", "性别", "证件号码", "学院", "专业", "班级", "年级", "校区", "层次", "学习形式", "证书类型", "派遣",
            "导师工号", "导师姓名", "政治面貌", "手机号", "微信号")  # fmt: skip


def roster(folder: Path, *, one_certificate: bool = False) -> Path:
    """Two undergraduates of a computing class, one of economics, two masters; or a master with one certificate."""

    def line(number: str, name: str, college: str, major: str, level: str, **more: str) -> dict[str, str]:
        plain = {"学号": number, "姓名": name, "性别": "女", "证件号码": resident_number(), "学院": college, "专业": major,
                 "年级": "2022", "校区": "南望山校区", "层次": level, "学习形式": "全日制", "派遣": "是", "政治面貌": "中共党员",
                 "手机号": "13800001111", "微信号": "mei2026"}  # fmt: skip
        return plain | more

    supervised = {"导师工号": "T0001", "导师姓名": "黄导师", "年级": "2023"}
    lines = [
        line("20221001", "梅花", "计算机学院", "软件工程", "本科", 班级="软工2201班"),
        line("20221002", "兰草", "计算机学院", "软件工程", "本科", 班级="软工2201班"),
        line("20221003", "竹青", "经济管理学院", "会计学", "本科", 班级="会计2201班"),
        line("20231004", "菊香", "地球科学学院", "地质学", "硕士", 证书类型="双证", **supervised),
        line("20231005", "松柏", "外国语学院", "英语", "硕士", 证书类型="双证", **supervised),
    ]
    if one_certificate:  # the graduate school's, not student affairs' (G2)
        lines = [line("20231006", "石竹", "地球科学学院", "地质学", "硕士", 证书类型="单证", **supervised)]
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(HEADINGS)
    for cells in lines:
        sheet.append([cells.get(heading) for heading in HEADINGS])
    file = folder / f"roster-{len(lines)}.xlsx"
    book.save(file)
    return file


@pytest.fixture
def campus_life(transactional_db: None) -> None:
    """The university of the demo with its staff, an open cohort and its rules, and nobody in it yet."""
    demo.play(0)
    cohort = make.cohort(2026)
    for college in Department.objects.filter(kind="college"):
        CollegeProfile.objects.get_or_create(college=college, campus=Campus.objects.get(code="nanwangshan"))
    set_published_responsibilities(
        student_affairs=Department.objects.get(code="student-affairs"),
        graduate_school=Department.objects.get(code="graduate-school"),
        actor=None,
    )
    set_published_approvals(
        registrar=Department.objects.get(code="registrar"),
        graduate_school=Department.objects.get(code="graduate-school"),
        actor=None,
    )
    apply_published_checkpoints(cohort=cohort, actor=None)
    LiaisonRound.objects.get_or_create(cohort=cohort)


def manage(*arguments: str) -> str:
    """A command as an administrator types it."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def decide(person: Visitor, student_no: str, path: str = "/clearance/") -> None:
    """Looks the student up in the own queue, ticks everything there and passes it."""
    page = person.go(f"{path}?q={student_no}")
    page.check("[data-tick-all]")
    page.click("button[name=verb][value=pass]")
    settled(page, ".messages", 15)


def nightly(address: str, key: str, taken_at: datetime.datetime, *books: tuple[str, str]) -> None:
    """The library's own system sends its complete list of what is on loan: student numbers and titles."""
    rows = [{"student_no": student_no, "title": title} for student_no, title in books]
    body = {
        "kind": "snapshot",
        "taken_at": taken_at.isoformat(),
        "cohort": 2026,
        "checkpoint": 2,
        "rows": rows,
    }
    sent = urllib.request.Request(  # noqa: S310  our own server
        f"{address}/api/v1/obligations/deliveries/{uuid.uuid4()}/",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(sent) as answered:  # noqa: S310
        assert json.load(answered)["state"] == "applied"


def items(page: Page) -> dict[int, str]:
    """Published number → state of everything on a sheet."""
    found = page.locator("[data-checkpoint]").all()
    return {
        int(row.get_attribute("data-checkpoint") or 0): row.get_attribute("data-state") or "" for row in found
    }


def test_from_the_roster_to_the_letter_of_appointment(
    campus_life: None, worker: Process, live_server: Any, chromium: Browser, tmp_path: Path
) -> None:
    address = live_server.url

    # Student affairs hand the roster in, see what it would do, and confirm.
    with visitor(chromium, address) as affairs:
        affairs.sign_in("studentaffairs")
        page = affairs.go("/imports/new/graduates/")
        page.set_input_files("input[type=file]", roster(tmp_path))
        page.click("main form button.primary")
        settled(page, "form[action$='/confirm/'] button").click()
        settled(page, ".tone-success")
    assert Graduate.objects.count() == 5
    manage(
        "import_workbook", "graduates", str(roster(tmp_path, one_certificate=True)), "--as", "graduateschool"
    )
    assert "6" in manage("open_cohort", "2026", "--as", "studentaffairs")

    # Her counsellor hands Mei a code; she chooses a password and sees nine items.
    li = make.user("li", name="李老师")
    SchoolClass.objects.update(counsellor=li)
    with visitor(chromium, address) as counsellor:
        counsellor.sign_in("li")
        page = counsellor.go("/activation/")
        page.locator("tr", has_text="软工2201班").locator("button").click()
        row = page.locator("tr", has_text="20221001")
        code = row.locator("code").inner_text()
    with visitor(chromium, address, width=360) as mei:
        page = mei.go("/accounts/activate/")
        page.fill("#id_username", "20221001")
        page.fill("#id_code", code)
        page.click("main form button.primary")
        page.fill("#id_password", "leaving in June")
        page.fill("#id_again", "leaving in June")
        page.click("main form button.primary")
        page = mei.go("/sheet/")
        assert items(page) == dict.fromkeys((2, 3, 4, 6, 7, 8, 9, 10, 12), "pending")

        # The offices pass her one after the other.
        for username in (
            "library",
            "equipment",
            "hospital",
            "finance",
            "assets",
            "careers",
            "college",
            "dormitory",
        ):
            with visitor(chromium, address) as clerk:
                clerk.sign_in(username)
                decide(clerk, "20221001")
        page = mei.go("/sheet/")
        assert items(page) == dict.fromkeys((2, 3, 4, 6, 7, 8, 9, 10, 12), "passed")
        page.click("a[href$='/certificate/']")
        number = page.locator(".code").first.inner_text()
        check = page.locator("a", has_text=re.compile("/certificates/")).get_attribute("href") or ""

    # Anyone can check it, and sees no more than it must.
    with visitor(chromium, address) as anyone:
        page = anyone.go("/certificates/" + check.split("/certificates/")[1])
        shown = page.locator("[data-certificate]").inner_text()
        assert "示范大学" in shown or "Demonstration University" in shown
        assert "梅花" not in page.content()
        assert "20221001" not in page.content()
    assert number

    # The others' sheets have the published numbers of items.
    sheets = {"20221003": 8, "20231004": 12, "20231005": 11, "20231006": 6}
    with visitor(chromium, address) as affairs:
        affairs.sign_in("studentaffairs")
        for student_no, needed in sheets.items():
            page = affairs.go(f"/sheet/{Graduate.objects.get(student_no=student_no).uid}/")
            assert sum(state != "exempt" for state in items(page).values()) == needed, student_no
        page = affairs.go(f"/sheet/{Graduate.objects.get(student_no='20221003').uid}/")
        exempt = page.locator("[data-checkpoint='3'][data-state=exempt]")
        assert exempt.locator("p").inner_text()

    # The supervisor's review comes before everything else.
    supervisor = User.objects.get(username="T0001")
    supervisor.set_password("demo-2026")
    supervisor.save()
    with visitor(chromium, address) as huang:
        huang.sign_in("T0001")
        decide(huang, "20231004", "/clearance/students/")
    with visitor(chromium, address) as affairs:
        affairs.sign_in("studentaffairs")
        page = affairs.go(f"/sheet/{Graduate.objects.get(student_no='20231004').uid}/")
        assert set(items(page).values()) == {"passed", "pending"}
        page = affairs.go(f"/sheet/{Graduate.objects.get(student_no='20231006').uid}/")
        assert items(page)[1] == "pending"
        assert items(page)[2] == "waiting"

    # Mei is an alumna now; the export in the published form has her row.
    manage(
        "export_workbook",
        "alumni",
        "--as",
        "alumnioffice",
        "--purpose",
        "Test",
        "--out",
        str(tmp_path / "a.xlsx"),
    )
    exported = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    rows = [tuple(cell or "" for cell in row) for row in exported.iter_rows(values_only=True)]
    assert rows[0] == (
        "序号",
        "姓名",
        "性别",
        "年级专业",
        "手机号",
        "微信号",
        "邮箱",
        "工作单位",
        "职务",
        "身份证住址",
    )
    assert [str(value) for value in rows[1]][1:6] == [
        "梅花",
        "女",
        "2022级软件工程",
        "13800001111",
        "mei2026",
    ]
    assert len(rows) == 2

    # She puts herself forward as liaison; class, college and centre agree; she is appointed and published.
    with visitor(chromium, address, width=360) as mei:
        mei.sign_in("20221001", "leaving in June")
        page = mei.go("/liaisons/")
        page.click("a[href*='/liaisons/nominate/']")
        page.fill("#id_degree", "本科（学士）")
        page.fill("#id_biography", "班长三年。")
        for box in page.locator("input[name=publish]").all():
            if box.get_attribute("value") in {"name", "basic"} or "name" in (
                box.get_attribute("value") or ""
            ):
                box.check()
        page.check("#id_accepted")
        page.click("main form button.primary")
    for username, step in (("li", "class"), ("college", "college"), ("alumnioffice", "centre")):
        with visitor(chromium, address) as reviewer:
            reviewer.sign_in(username)
            page = reviewer.go(f"/liaisons/review/{step}/")
            page.check("[data-tick-all]")
            page.click("button[name=favourable][value='1']")
            settled(page, ".messages", 15)
    with visitor(chromium, address) as office:
        office.sign_in("alumnioffice")
        page = office.go("/liaisons/ready/")
        page.check("[data-tick-all]")
        page.click("main form[data-ticks] button.primary")
        settled(page, ".messages", 15)
    with visitor(chromium, address) as anyone:
        page = anyone.go("/public/liaisons/")
        assert page.locator("main", has_text="梅花").count() == 1
        page = anyone.go(f"/public/liaisons/{Appointment.objects.get().code}/")
        assert page.locator(".tone-success").count() == 1

    # Lan has a book on loan: the library's data fail her, and pass her when it is back.
    by_data(2)
    key = manage("issue_api_key", "library", "--name", "library system", "--as", "library").split()[-1]
    last_night = timezone.localtime() - datetime.timedelta(hours=26)
    lan = Graduate.objects.get(student_no="20221002")
    others = (("20221003", "《会计学原理》"), ("20231005", "《英国文学史》"))
    nightly(address, key, last_night, (lan.student_no, "《普通地质学》"), *others)
    with visitor(chromium, address) as affairs:
        affairs.sign_in("studentaffairs")
        page = affairs.go(f"/sheet/{lan.uid}/")
        book = page.locator("[data-checkpoint='2']")
        assert book.get_attribute("data-state") == "failed"
        assert "《普通地质学》" in book.inner_text()
        nightly(address, key, last_night + datetime.timedelta(hours=24), *others)
        page = affairs.go(f"/sheet/{lan.uid}/")
        book = page.locator("[data-checkpoint='2']")
        assert book.get_attribute("data-state") == "passed"
        assert f"{last_night + datetime.timedelta(hours=24):%Y-%m-%d %H:%M}" in book.inner_text()
        as_she_was = items(page)

    # She has to stay another year: no list has her any more; when that is undone, all of them have her as before.
    def seen(person: Visitor) -> bool:
        return person.go("/clearance/?state=any&q=20221002").locator("tbody tr").count() > 0

    with visitor(chromium, address) as registrar, visitor(chromium, address) as careers:
        registrar.sign_in("registrar")
        careers.sign_in("careers")
        assert seen(careers)
        defer_in_browser(registrar, "20221002")
        assert not seen(careers)
        undo_in_browser(registrar, "20221002")
        assert seen(careers)
    with visitor(chromium, address) as affairs:
        affairs.sign_in("studentaffairs")
        assert items(affairs.go(f"/sheet/{lan.uid}/")) == as_she_was
