"""A walk through the portal's main pages, each as the person who uses it, on a stage set by the demo.

Used by the test that looks at every page (`test_browser_pages.py`) and by the pictures of README (`pictures.py`).
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import openpyxl
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from playwright.sync_api import Browser, Page

from alumni.models import Person
from leaving.choices import SheetState
from leaving.models import Certificate, ClearanceSheet, Graduate, Notice, Questionnaire, SchoolClass
from leaving.selectors.cohorts import cohort_for
from leaving.workbooks.graduates.columns import COLUMNS
from liaisons.models import Appointment, Nomination
from portal.accounts.models import User
from portal.workbooks import runs
from portal.workbooks.choices import BatchState, ExportState
from portal.workbooks.models import ExportJob, ImportBatch
from portal.workbooks.services.exports import process as write_export
from portal.workbooks.services.exports import request_export
from portal.workbooks.services.imports import carry_out_now, receive_workbook
from tests.leaving.rosters import row

FAULTY = "计算机学院2026届毕业生.xlsx"
CORRECT = "计算机学院2026届毕业生-补充.xlsx"
PURPOSE = "2026届校友返校日邀请"


@dataclass(frozen=True)
class Stop:
    """A page, who looks at it (nobody: a visitor without an account), and the status it answers with."""

    name: str
    path: str
    persona: str = ""
    status: int = 200


def set_the_stage() -> None:
    """After the demo: an import with faults, one that waits for its confirmation, and a finished export. May be run again."""
    affairs = User.objects.get(username="studentaffairs")
    for name, rows in ((FAULTY, _faulty_rows()), (CORRECT, _correct_rows())):
        if not ImportBatch.objects.filter(file_name=name).exists():
            _hand_in(affairs, name, rows)
    office = User.objects.get(username="alumnioffice")
    if not ExportJob.objects.filter(purpose=PURPOSE).exists():
        job = request_export(
            kind="alumni", actor=office, purpose=PURPOSE, columns=[], file_format="xlsx", parameters={}
        )
        write_export(job.uid)


def _faulty_rows() -> list[dict[str, Any]]:
    """What a clerk's first try looks like: one fault of each usual kind, and one that runs through the column."""
    good = [
        row(f"202210011{number:02d}", name=name)
        for number, name in enumerate(("张雨桐", "王子轩", "李思琪", "赵一鸣"))
    ]
    mistyped = row("20221001120", name="陈晓东", document_no="420106200403181234")
    unknown = row("20221001121", name="刘若曦", college="计算机系")
    undated = row("20221001122", name="黄志强", expected_on="2026.6")
    undispatched = [
        row(f"202210011{number}", name=name, dispatch="")
        for number, name in ((31, "周静"), (32, "吴昊"), (33, "孙悦"))
    ]
    twice = row("20221001100", name="张雨桐")
    return [
        *good,
        mistyped,
        unknown,
        undated,
        *undispatched,
        twice,
        row("20221001140", name="马超", mobile="1387123000"),
    ]


def _correct_rows() -> list[dict[str, Any]]:
    names = ("何雨晴", "高飞", "林小满", "罗天一", "梁佳怡")
    return [row(f"202210012{number:02d}", name=name) for number, name in enumerate(names)]


def _hand_in(actor: User, name: str, rows: list[dict[str, Any]]) -> None:
    """Hands a workbook in and has it checked at once."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    keys = ["student_no", "name", "sex", "document_no", "college", "major", "school_class", "grade", "campus", "level",
            "study_mode", "dispatch", "expected_on", "mobile"]  # fmt: skip
    columns = {column.key: column for column in COLUMNS}
    sheet.append([columns[key].header_zh for key in keys])
    for cells in rows:
        sheet.append([_in_chinese(columns[key], cells.get(key)) for key in keys])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    year = cohort_for(None).code
    batch = receive_workbook(
        kind="graduates", file=file, file_name=name, actor=actor, parameters={"cohort": year}, foreground=True
    )
    carry_out_now(batch, commit=False)


def _in_chinese(column: Any, value: Any) -> Any:
    """The word that a clerk writes for a choice."""
    return next((choice.zh for choice in column.choices if choice.value == value), value)


def stops() -> Iterator[Stop]:
    """Every main page once, with the persona who uses it."""
    yield from _of_visitors()
    yield from _of_graduates()
    yield from _of_clerks()
    yield from _of_statistics()
    yield from _of_workbooks()
    yield from _of_alumni()
    yield from _of_liaisons()
    yield from _of_notices()
    yield from _of_manuals()
    yield from _of_administrators()


def _of_visitors() -> Iterator[Stop]:
    certificate = Certificate.objects.order_by("pk")[0]
    letter = Appointment.objects.order_by("pk")[0]
    yield Stop("start", reverse("start"))
    yield Stop("sign-in", reverse("accounts:login"))
    yield Stop("activate", reverse("accounts:activate"))
    yield Stop("certificate-check", reverse("leaving:certificate-check"))
    yield Stop("certificate-confirm", reverse("leaving:certificate-confirm", args=[certificate.code]))
    yield Stop("liaisons-public", reverse("liaisons:public"))
    yield Stop("liaisons-letter", reverse("liaisons:public-letter", args=[letter.code]))
    yield Stop("not-found", "/nothing-here/", status=404)


def _of_graduates() -> Iterator[Stop]:
    for persona in ("student", "postgraduate", "overseas"):
        yield Stop(f"start-{persona}", reverse("start"), persona)
        yield Stop(f"sheet-{persona}", reverse("leaving:sheet-own"), persona)
    survey = Questionnaire.objects.get(anonymous=False)
    yield Stop("questionnaire", reverse("leaving:questionnaire-fill", args=[survey.uid]), "overseas")
    yield Stop("questionnaires", reverse("leaving:questionnaire-list"), "studentaffairs")
    for name, found in (("named", survey), ("anonymous", Questionnaire.objects.get(anonymous=True))):
        path = reverse("leaving:questionnaire-results", args=[found.uid])
        yield Stop(f"questionnaire-{name}", path, "studentaffairs")
    yield Stop("questionnaire-preview", reverse("leaving:questionnaire-preview", args=[survey.uid]), "admin")
    own = Graduate.objects.get(user__username="student").uid
    yield Stop("item-own", reverse("leaving:sheet-item", args=[own, 9]), "student")
    yield Stop("item-plan", f"{reverse('leaving:sheet-item-form', args=[own, 9])}?kind=contract", "student")
    yield Stop("item-registration", reverse("leaving:sheet-item-form", args=[own, 10]), "student")
    yield Stop("item-careers", reverse("leaving:clearance-item", args=[own, 9]), "careers")
    yield Stop("item-college", reverse("leaving:clearance-item", args=[own, 10]), "college")
    cleared = ClearanceSheet.objects.filter(state=SheetState.CLEARED).order_by("pk")[0].graduate
    yield Stop("sheet-cleared", reverse("leaving:sheet-detail", args=[cleared.uid]), "studentaffairs")
    yield Stop("certificate", reverse("leaving:certificate-detail", args=[cleared.uid]), "studentaffairs")
    yield Stop("password", reverse("accounts:set-password"), "student")


def _of_clerks() -> Iterator[Stop]:
    for persona in (
        "library",
        "college",
        "secretary",
        "supervisor",
        "counsellor",
        "studentaffairs",
        "registrar",
    ):
        yield Stop(f"start-{persona}", reverse("start"), persona)
    queue = reverse("leaving:clearance-queue")
    yield Stop("queue", queue, "library")
    yield Stop("queue-passed", f"{queue}?state=passed", "library")
    yield Stop("queue-empty", f"{queue}?q=nobody", "library")
    yield Stop("queue-college", queue, "college")
    yield Stop("queue-again", f"{queue}?again=1", "careers")
    for name, route, persona in (
        ("counter", "clearance-counter", "library"),
        ("decisions", "decision-list", "library"),
        ("data", "data-overview", "library"),
        ("data-keys", "data-keys", "library"),
        ("debts", "data-debts", "library"),
        ("delegations", "delegation-list", "secretary"),
        ("supervisors", "supervisor-list", "secretary"),
        ("deferrals", "deferral-list", "registrar"),
        ("additions", "addition-list", "registrar"),
    ):
        yield Stop(name, reverse(f"leaving:{route}"), persona)
    yield Stop("rules", reverse("leaving:rules-show", args=[cohort_for(None).code]), "studentaffairs")
    yield Stop("students", reverse("leaving:clearance-students"), "supervisor")
    school_class = SchoolClass.objects.filter(counsellor__username="counsellor").order_by("pk")[0]
    graduate = Graduate.objects.filter(school_class=school_class).order_by("pk")[0]
    yield Stop("graduates", reverse("leaving:graduate-list"), "studentaffairs")
    yield Stop("graduate", reverse("leaving:graduate-detail", args=[graduate.uid]), "studentaffairs")
    yield Stop("completeness", reverse("leaving:graduate-completeness"), "studentaffairs")
    yield Stop("activation", reverse("leaving:activation-classes"), "counsellor")
    yield Stop("activation-reset", reverse("leaving:activation-reset", args=[graduate.uid]), "counsellor")


def _of_statistics() -> Iterator[Stop]:
    figures = reverse("leaving:statistics")
    yield Stop("statistics", figures, "studentaffairs")
    for persona in ("college", "secretary", "library", "counsellor"):
        yield Stop(f"statistics-{persona}", figures, persona)
    yield Stop("statistics-names", reverse("leaving:statistics-names"), "college")
    yield Stop("remind", reverse("leaving:reminder-new"), "counsellor")
    yield Stop("messages", reverse("notify:inbox"), "student")


def _of_workbooks() -> Iterator[Stop]:
    affairs, office = "studentaffairs", "alumnioffice"
    faulty = ImportBatch.objects.get(file_name=FAULTY, state=BatchState.REFUSED)
    correct = ImportBatch.objects.get(file_name=CORRECT, state=BatchState.CHECKED)
    export = ExportJob.objects.get(purpose=PURPOSE, state=ExportState.READY)
    yield Stop("imports", reverse("workbooks:import-list"), affairs)
    yield Stop("imports-empty", reverse("workbooks:import-list"), "graduateschool")
    yield Stop("import-choose", reverse("workbooks:import-choose"), affairs)
    yield Stop("import-new", reverse("workbooks:import-new", args=["graduates"]), affairs)
    yield Stop("import-faults", reverse("workbooks:import-detail", args=[faulty.uid]), affairs)
    yield Stop("import-faults-all", reverse("workbooks:import-faults", args=[faulty.uid]), affairs)
    yield Stop("import-checked", reverse("workbooks:import-detail", args=[correct.uid]), affairs)
    yield Stop("exports", reverse("workbooks:export-list"), office)
    yield Stop("export-choose", reverse("workbooks:export-choose"), office)
    yield Stop("export-new", reverse("workbooks:export-new", args=["alumni"]), office)
    yield Stop("export-ready", reverse("workbooks:export-detail", args=[export.uid]), office)


def _of_alumni() -> Iterator[Stop]:
    person = Person.objects.order_by("pk")[0]
    listing = reverse("alumni:person-list")
    yield Stop("start-alumnioffice", reverse("start"), "alumnioffice")
    yield Stop("alumni", listing, "alumnioffice")
    yield Stop("alumni-empty", f"{listing}?q=nobody", "alumnioffice")
    yield Stop("alumnus", reverse("alumni:person-detail", args=[person.uid]), "alumnioffice")
    yield Stop("alumnus-edit", reverse("alumni:person-edit", args=[person.uid]), "alumnioffice")
    yield Stop("start-alumnus", reverse("start"), "alumnus")
    yield Stop("alumnus-own", reverse("alumni:own-record"), "alumnus")


def _of_liaisons() -> Iterator[Stop]:
    letter = Appointment.objects.get(graduate__user__username="liaison")
    waiting = Nomination.objects.filter(state="college").order_by("pk")[0]
    student = Graduate.objects.get(user__username="student")
    yield Stop("start-liaison", reverse("start"), "liaison")
    for persona in ("liaison", "student", "counsellor", "alumnioffice"):
        yield Stop(f"liaisons-{persona}", reverse("liaisons:home"), persona)
    yield Stop("liaison-nominate", reverse("liaisons:nominate", args=[student.uid]), "student")
    yield Stop("liaison-consent", reverse("liaisons:consent", args=[student.uid]), "student")
    yield Stop("liaison-classes", reverse("liaisons:classes"), "counsellor")
    if waiting.graduate.school_class is not None:
        uid = waiting.graduate.school_class.uid
        yield Stop("liaison-class", reverse("liaisons:class-members", args=[uid]), "counsellor")
    yield Stop("liaison-review", reverse("liaisons:review", args=["college"]), "college")
    yield Stop("liaison-nomination", reverse("liaisons:nomination-detail", args=[waiting.uid]), "college")
    yield Stop("liaison-ready", reverse("liaisons:ready"), "alumnioffice")
    yield Stop("liaison-appointments", reverse("liaisons:appointments"), "alumnioffice")
    yield Stop(
        "liaison-appointment", reverse("liaisons:appointment-detail", args=[letter.uid]), "alumnioffice"
    )
    yield Stop("liaison-publication", reverse("liaisons:publication", args=[letter.uid]), "liaison")
    yield Stop("liaison-classmates", reverse("liaisons:classmates", args=[letter.uid]), "liaison")


def _of_notices() -> Iterator[Stop]:
    notice = Notice.objects.filter(pinned=True)[0]
    yield Stop("notices", reverse("leaving:notice-list"))
    yield Stop("notices-student", reverse("leaving:notice-list"), "student")
    yield Stop("notice", reverse("leaving:notice-detail", args=[notice.uid]))
    yield Stop("manual-graduate", reverse("manual", args=["graduate"]))
    yield Stop("manual-operator", reverse("manual", args=["operator"]), "library")
    yield Stop("admin-notice", reverse("admin:leaving_notice_change", args=[notice.pk]), "studentaffairs")


def _of_manuals() -> Iterator[Stop]:
    """What only the manuals' pictures show: as each feature arrives, its page is looked at."""
    student = Graduate.objects.get(user__username="student")
    careers = 9  # its item asks for the employment plan
    for name, route, arguments, query, persona in (
        ("manual-questionnaire", "leaving:questionnaire-own", (), "", "overseas"),
        ("manual-evidence", "leaving:sheet-item", (student.uid, careers), "", "student"),
        ("manual-counter", "leaving:clearance-counter", (), f"?q={student.student_no}", "careers"),
        ("manual-obligations", "leaving:data-overview", (), "", "library"),
        ("manual-statistics", "leaving:statistics", (), "", "studentaffairs"),
    ):
        with suppress(NoReverseMatch):
            yield Stop(name, reverse(route, args=arguments) + query, persona)
    for kind, persona in (("decisions", "library"), ("staff", "studentaffairs")):
        if kind in runs.kinds():
            yield Stop(f"manual-{kind}", reverse("workbooks:import-new", args=[kind]), persona)


def _of_administrators() -> Iterator[Stop]:
    yield Stop("start-admin", reverse("start"), "admin")
    yield Stop("admin", reverse("admin:index"), "admin")
    yield Stop("admin-graduates", reverse("admin:leaving_graduate_changelist"), "admin")
    yield Stop("admin-users", reverse("admin:accounts_user_changelist"), "admin")


def session_of(user: User) -> str:
    """The key of a new session in which this person is signed in."""
    session: SessionBase = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@dataclass
class Window:
    """A browser window of a language and a width in which each stop is looked at as its persona."""

    page: Page
    address: str
    sessions: Mapping[str, str]

    def look(self, stop: Stop) -> Page:
        context = self.page.context
        context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        if stop.persona:
            value = self.sessions[stop.persona]
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}])
        answer = self.page.goto(self.address + stop.path)
        assert answer is not None
        assert answer.status == stop.status, f"{stop.name}: {answer.status}"
        return self.page


@contextmanager
def window(
    browser: Browser, address: str, sessions: Mapping[str, str], *, language: str, width: int, **options: Any
) -> Iterator[Window]:
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
    context.set_default_timeout(15_000)
    yield Window(context.new_page(), address, sessions)
    context.close()
