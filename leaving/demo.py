"""The demo's graduates: an open cohort, its classes, the accounts of students and of those who look after them."""

import datetime

from django.db import transaction

from leaving.choices import CohortState
from leaving.models import Cohort, CollegeProfile, Graduate, ImportResponsibility, SchoolClass
from leaving.models.cohorts import REGULAR_MONTH
from leaving.sample_roster import COLLEGES, Cells, SampleRoster
from leaving.services.responsibilities import set_published_responsibilities
from leaving.workbooks.graduates import GraduatesWorkbook
from leaving.workbooks.graduates.columns import KEYS
from leaving.workbooks.graduates.identity import with_check_character
from portal.accounts.models import User
from portal.demo import DemoAccount
from portal.departments.demo import demo_user
from portal.departments.models import Campus, Department
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch

YEAR = 2026
BLOCK = 2_000
ACCOUNTS = (
    DemoAccount("student", "本科毕业生（计算机学院）", "Undergraduate (Computer Science)"),
    DemoAccount(
        "postgraduate", "双证研究生（地球科学学院）", "Postgraduate with both certificates (Earth Sciences)"
    ),
    DemoAccount(
        "onecertificate",
        "单证研究生（经济管理学院）",
        "Postgraduate with one certificate (Economics and Management)",
    ),
    DemoAccount(
        "overseas", "来华留学生（国际教育学院）", "Overseas student (International Education College)"
    ),
    DemoAccount("supervisor", "导师（地球科学学院）", "Supervisor (Earth Sciences)"),
    DemoAccount("counsellor", "辅导员（计算机学院）", "Counsellor (Computer Science)"),
)
CLASS = "软件工程1班"
_COMMON: Cells = {
    "study_mode": "full_time",
    "dispatch": "yes",
    "training": "open",
    "housing": "on_campus",
    "nationality": "中国",
    "ethnicity": "汉族",
    "document_type": "resident",
    "campus": "未来城校区",
    "expected_on": datetime.date(YEAR, 6, 30),
}
# Who signs in as a graduate → what the roster says of them.
STUDENTS: dict[str, Cells] = {
    "student": _COMMON
    | {
        "student_no": "20221900001",
        "name": "林晓雨",
        "sex": "female",
        "college": "08",
        "major": "软件工程",
        "school_class": CLASS,
        "grade": "2022",
        "level": "undergraduate",
        "political_status": "共青团员",
        "mobile": "13871230001",
        "email": "linxiaoyu@example.com",
        "document_no": with_check_character("42011120040612402"),
        "counsellor_no": "counsellor",
    },
    "postgraduate": _COMMON
    | {
        "student_no": "1220231900002",
        "name": "周启明",
        "sex": "male",
        "college": "01",
        "major": "矿物学、岩石学、矿床学",
        "school_class": "矿物学、岩石学、矿床学1班",
        "grade": "2023",
        "level": "master",
        "certificates": "both",
        "political_status": "中共党员",
        "mobile": "13871230002",
        "email": "zhouqiming@example.com",
        "document_no": with_check_character("42050220010909401"),
        "supervisor_no": "supervisor",
        "supervisor_name": "黄定岩",
    },
    "onecertificate": _COMMON
    | {
        "student_no": "1220231900003",
        "name": "郑国安",
        "sex": "male",
        "college": "06",
        "major": "工商管理",
        "school_class": "工商管理1班",
        "grade": "2023",
        "level": "master",
        "certificates": "one",
        "study_mode": "on_the_job",
        "dispatch": None,
        "training": "staff",
        "campus": "南望山校区",
        "housing": "off_campus",
        "political_status": "群众",
        "mobile": "13871230003",
        "email": "zhengguoan@example.com",
        "document_no": with_check_character("42010619860314401"),
        "supervisor_no": "supervisor",
        "supervisor_name": "黄定岩",
    },
    "overseas": _COMMON
    | {
        "student_no": "20221900004",
        "name": "PAL ANAND MOHAN",
        "sex": "male",
        "college": "12",
        "major": "国际经济与贸易",
        "school_class": "国际经济与贸易1班",
        "grade": "2022",
        "level": "undergraduate",
        "dispatch": "no",
        "campus": "南望山校区",
        "nationality": "印度",
        "ethnicity": None,
        "document_type": "passport",
        "document_no": "P9000001",
        "birth_date": datetime.date(2003, 1, 15),
        "mobile": "13871230004",
        "email": "anand.pal@example.com",
    },
}


def play(graduates: int) -> None:
    """Makes the cohort, the responsibilities, and through the import's own run the graduates that are not there yet."""
    with transaction.atomic():
        _set_up()
        known = set(Graduate.objects.values_list("student_no", flat=True))
        roster = (*STUDENTS.values(), *SampleRoster(YEAR).rows(graduates))
        if new := [cells for cells in roster if cells["student_no"] not in known]:
            _enrol(new)
        _give_accounts()


def _set_up() -> None:
    Cohort.objects.get_or_create(year=YEAR, month=REGULAR_MONTH, defaults={"state": CohortState.OPEN})
    campuses = {campus.name_zh: campus for campus in Campus.objects.all()}
    for code, (_undergraduate, _postgraduate, campus) in COLLEGES.items():
        college = Department.objects.get(code=code)
        CollegeProfile.objects.get_or_create(college=college, defaults={"campus": campuses[campus]})
    if not ImportResponsibility.objects.exists():
        set_published_responsibilities(
            student_affairs=Department.objects.get(code="student-affairs"),
            graduate_school=Department.objects.get(code="graduate-school"),
            actor=None,
        )
    demo_user("supervisor", "黄定岩")
    demo_user("counsellor", "方小苇")


def _enrol(rows: list[Cells]) -> None:
    """Imports the rows; the batch stands in the list of imports like any other."""
    batch = ImportBatch.objects.create(
        kind="graduates",
        state=BatchState.APPLIED,
        actor=User.objects.get(username="admin"),
        file_name=f"{YEAR}-demo.xlsx",
        parameters={"cohort": YEAR},
        rows=len(rows),
    )
    run = GraduatesWorkbook().run(batch)
    located = [(number, tuple(cells.get(key) for key in KEYS)) for number, cells in enumerate(rows, start=2)]
    faults = [
        fault
        for start in range(0, len(located), BLOCK)
        for fault in run.check(located[start : start + BLOCK])
    ]
    faults += run.finish()
    if faults:
        raise AssertionError(f"The demo's roster has faults: {faults[:5]}")
    batch.created = run.apply().created
    batch.save(update_fields=["created"])


def _give_accounts() -> None:
    """The students of the demo are activated; every class of 计算机学院 has a counsellor."""
    for username, cells in STUDENTS.items():
        user = demo_user(
            username,
            cells["name"],
            email=cells["email"],
            language="en" if username == "overseas" else "zh-hans",
        )
        Graduate.objects.filter(student_no=cells["student_no"], user=None).update(user=user)
    counsellor = User.objects.get(username="counsellor")
    SchoolClass.objects.filter(college__code="08", counsellor=None).update(counsellor=counsellor)
