"""The demo's university: departments, campuses, staff and their rights (design, “The demo's departments and accounts”)."""

from django.contrib.auth.models import Permission

from portal.accounts.models import User
from portal.demo import DemoAccount
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department
from portal.departments.services import grant

PASSWORD = "demo-2026"  # noqa: S105  printed on purpose: the demo refuses to be played on a production database

COLLEGES = (
    ("01", "地球科学学院", "地学院", "School of Earth Sciences"),
    ("02", "资源学院", "资源学院", "School of Earth Resources"),
    ("03", "材料与化学学院", "材化学院", "School of Materials and Chemistry"),
    ("04", "珠宝学院", "珠宝学院", "Gemmological Institute"),
    ("05", "国家重点实验室", "重点实验室", "State Key Laboratory"),
    ("06", "经济管理学院", "经管学院", "School of Economics and Management"),
    ("07", "外国语学院", "外语学院", "School of Foreign Languages"),
    ("08", "计算机学院", "计算机学院", "School of Computer Science"),
    ("09", "马克思主义学院", "马院", "School of Marxism"),
    ("10", "体育学院", "体育学院", "School of Physical Education"),
    ("11", "艺术与传媒学院", "艺术传媒学院", "School of Arts and Communication"),
    ("12", "国际教育学院", "国教院", "International Education College"),
    ("13", "高等职业技术学院", "高职学院", "Higher Vocational College"),
)
NODES = (
    ("work", DepartmentKind.WORK_GROUP, "学生工作组", "Student Work Group"),
    ("secretary", DepartmentKind.SECRETARY, "研究生秘书", "Postgraduate Secretary"),
    ("roll", DepartmentKind.ROLL, "学籍老师", "Registrar Teacher"),
)
# code, Chinese, English, belongs to (empty: the university), telephone, place in both languages
OFFICES = (
    (
        "student-affairs",
        "学生工作处",
        "Student Affairs Office",
        "",
        "027-6788 4101",
        "学生事务大厅",
        "Student Services Hall",
    ),
    (
        "graduate-school",
        "研究生院",
        "Graduate School",
        "",
        "027-6788 4102",
        "东区行政楼",
        "Administration Building, East",
    ),
    (
        "registrar",
        "教务处",
        "Registrar's Office",
        "",
        "027-6788 4103",
        "东区教学综合楼",
        "Teaching Building, East",
    ),
    (
        "international",
        "国际合作与交流处",
        "Office of International Cooperation",
        "",
        "027-6788 4104",
        "国际教育大厦",
        "International Building",
    ),
    (
        "alumni",
        "校友联络与服务中心",
        "Alumni Liaison and Service Centre",
        "",
        "027-6788 4105",
        "行政楼 406 室",
        "Administration Building 406",
    ),
    (
        "network",
        "网络与信息中心",
        "Network and Information Centre",
        "",
        "027-6788 5173",
        "信息楼",
        "Information Building",
    ),
    ("library", "图书馆", "Library", "", "027-6788 4106", "图书馆一楼总服务台", "Library, ground floor desk"),
    (
        "equipment",
        "实验室与设备管理处设备科",
        "Equipment Section, Laboratories and Equipment",
        "",
        "027-6788 4107",
        "东区实验楼 203",
        "Laboratory Building East 203",
    ),
    ("hospital", "校医院", "University Hospital", "", "027-6788 4108", "校医院收费处", "Hospital cashier"),
    ("finance", "财务处", "Finance Office", "", "027-6788 4109", "财务大厅", "Finance Hall"),
    (
        "careers",
        "学生就业创业指导处",
        "Careers Office",
        "",
        "027-6788 4110",
        "大学生活动中心三楼",
        "Student Centre, second floor",
    ),
    ("logistics", "后勤保障处", "Logistics Office", "", "027-6788 4111", "后勤楼", "Logistics Building"),
    (
        "assets",
        "资产管理科",
        "Assets Section",
        "logistics",
        "027-6788 4112",
        "后勤楼 105",
        "Logistics Building 105",
    ),
    (
        "dormitory",
        "学生住宿服务中心",
        "Student Housing Centre",
        "logistics",
        "027-6788 4113",
        "西区学生公寓 56 栋后",
        "Behind Residence 56, West",
    ),
    (
        "future-city",
        "未来城校区管理办公室",
        "Future City Campus Office",
        "",
        "027-6788 4114",
        "教学服务中心 329",
        "Teaching Service Centre 329",
    ),
    (
        "organisation",
        "党委组织部",
        "Organisation Department",
        "",
        "027-6788 4115",
        "行政楼 210",
        "Administration Building 210",
    ),
)
CAMPUSES = (
    ("nanwangshan", "南望山校区", "Nanwangshan Campus", "dormitory"),
    ("future-city", "未来城校区", "Future City Campus", "future-city"),
)

_UNIVERSITY_USE = (Right.VIEW_GRADUATES, Right.EXPORT, Right.STATISTICS)
_COLLEGE_WORK = (
    Right.IMPORT_GRADUATES,
    Right.VIEW_GRADUATES,
    Right.DECIDE,
    Right.EXPORT,
    Right.STATISTICS,
    Right.RESET_ACCOUNTS,
    Right.MANAGE_LIAISONS,
    Right.MANAGE_ALUMNI,
)
# username → name, may enter the administration, {department code: rights}; "U" is the university
STAFF: dict[str, tuple[str, bool, dict[str, tuple[Right, ...]]]] = {
    "studentaffairs": (
        "孙学工",
        True,
        {
            "student-affairs": (Right.IMPORT_GRADUATES,),
            "U": (
                *_UNIVERSITY_USE,
                Right.OPEN_COHORT,
                Right.REVEAL,
                Right.RESET_ACCOUNTS,
                Right.MANAGE_STAFF,
            ),
        },
    ),
    "graduateschool": (
        "顾研究",
        True,
        {"graduate-school": (Right.IMPORT_GRADUATES,), "U": (*_UNIVERSITY_USE, Right.OPEN_COHORT)},
    ),
    "registrar": (
        "贾教务",
        True,
        {"registrar": (Right.VERIFY,), "U": (*_UNIVERSITY_USE, Right.VERIFY, Right.REVEAL)},
    ),
    "international": ("国际处小郭", False, {"U": _UNIVERSITY_USE}),
    "alumnioffice": (
        "肖校友",
        True,
        {
            "alumni": (Right.MANAGE_ALUMNI, Right.MANAGE_LIAISONS),
            "U": (*_UNIVERSITY_USE, Right.MANAGE_ALUMNI, Right.MANAGE_LIAISONS),
        },
    ),
    "library": ("涂书馆", False, {"library": (Right.DECIDE, Right.STATISTICS)}),
    "equipment": ("佘设备", False, {"equipment": (Right.DECIDE, Right.STATISTICS)}),
    "hospital": ("易医院", False, {"hospital": (Right.DECIDE, Right.STATISTICS)}),
    "finance": ("蔡财务", False, {"finance": (Right.DECIDE, Right.STATISTICS)}),
    "careers": ("焦就业", False, {"careers": (Right.DECIDE, Right.STATISTICS)}),
    "assets": ("资产科小江", False, {"assets": (Right.DECIDE, Right.STATISTICS)}),
    "dormitory": ("苏宿管", False, {"dormitory": (Right.DECIDE, Right.STATISTICS)}),
    "futurecity": ("魏来城", False, {"future-city": (Right.DECIDE, Right.STATISTICS)}),
    "organisation": ("党组织部小唐", False, {"organisation": (Right.DECIDE, Right.STATISTICS)}),
    "keylab": ("重点实验室小钟", False, {"05": (Right.DECIDE, Right.STATISTICS)}),
    "college": (
        "计算机学院小计",
        False,
        {"08": (*_COLLEGE_WORK, Right.MANAGE_STAFF), "08-work": (Right.DECIDE,)},
    ),
    "earthcollege": ("地学院小狄", False, {"01": _COLLEGE_WORK, "01-work": (Right.DECIDE,)}),
    "secretary": (
        "地学院秘书小米",
        False,
        {"01-secretary": (Right.DECIDE, Right.VIEW_GRADUATES, Right.STATISTICS, Right.RESET_ACCOUNTS)},
    ),
    "roll": (
        "计算机学院学籍老师",
        False,
        {"08-roll": (Right.VERIFY, Right.VIEW_GRADUATES, Right.RESET_ACCOUNTS)},
    ),
}
ACCOUNTS = (
    DemoAccount("studentaffairs", "学生工作处", "Student Affairs Office"),
    DemoAccount("graduateschool", "研究生院", "Graduate School"),
    DemoAccount("registrar", "教务处", "Registrar's Office"),
    DemoAccount("international", "国际合作与交流处", "Office of International Cooperation"),
    DemoAccount("alumnioffice", "校友联络与服务中心", "Alumni centre"),
    DemoAccount("library", "图书馆", "Library"),
    DemoAccount("equipment", "设备科", "Equipment section"),
    DemoAccount("hospital", "校医院", "University hospital"),
    DemoAccount("finance", "财务处", "Finance office"),
    DemoAccount("careers", "学生就业创业指导处", "Careers office"),
    DemoAccount("assets", "资产管理科", "Assets section"),
    DemoAccount("dormitory", "学生住宿服务中心（南望山校区）", "Student housing, Nanwangshan Campus"),
    DemoAccount("futurecity", "未来城校区管理办公室", "Future City Campus office"),
    DemoAccount("organisation", "党委组织部", "Organisation department"),
    DemoAccount("keylab", "国家重点实验室", "State key laboratory"),
    DemoAccount("college", "计算机学院学生工作组", "Student work group, Computer Science"),
    DemoAccount("earthcollege", "地球科学学院学生工作组", "Student work group, Earth Sciences"),
    DemoAccount("secretary", "地球科学学院研究生秘书", "Postgraduate secretary, Earth Sciences"),
    DemoAccount("roll", "计算机学院学籍老师", "Registrar teacher, Computer Science"),
    DemoAccount("auditor", "审计员（查看审计记录）", "Auditor (reads the audit trail)"),
    DemoAccount("admin", "管理员", "Administrator"),
)


def demo_user(username: str, name: str, **fields: object) -> User:
    """An activated account of the demo; made once, then left as it is."""
    found = User.objects.filter(username=username).first()
    return found or User.objects.create_user(username, PASSWORD, name=name, **fields)


def play(_graduates: int) -> None:
    """Makes departments, campuses, staff and grants. Idempotent."""
    university, _ = Department.objects.get_or_create(
        kind=DepartmentKind.UNIVERSITY,
        defaults={"code": "U", "name_zh": "示范大学", "name_en": "Demonstration University"},
    )
    _offices(university)
    _colleges(university)
    for code, name_zh, name_en, dormitory in CAMPUSES:
        Campus.objects.get_or_create(
            code=code,
            defaults={
                "name_zh": name_zh,
                "name_en": name_en,
                "dormitory_office": Department.objects.get(code=dormitory),
            },
        )
    _staff()


def _offices(university: Department) -> None:
    for order, (code, name_zh, name_en, parent, phone, place_zh, place_en) in enumerate(OFFICES, start=100):
        Department.objects.get_or_create(
            code=code,
            defaults={
                "kind": DepartmentKind.OFFICE,
                "parent": Department.objects.get(code=parent) if parent else university,
                "name_zh": name_zh,
                "name_en": name_en,
                "order": order,
                "phone": phone,
                "place_zh": place_zh,
                "place_en": place_en,
                "hours_zh": "工作日 8:30–11:30，14:30–17:00",
                "hours_en": "Working days 8:30–11:30, 14:30–17:00",
            },
        )


def _colleges(university: Department) -> None:
    for order, (code, name_zh, short_zh, name_en) in enumerate(COLLEGES, start=1):
        college, _ = Department.objects.get_or_create(
            code=code,
            defaults={
                "kind": DepartmentKind.COLLEGE,
                "parent": university,
                "name_zh": name_zh,
                "short_zh": short_zh,
                "name_en": name_en,
                "order": order,
                "phone": f"027-6788 42{code}",
                "place_zh": f"{short_zh}办公楼",
                "place_en": f"{name_en}, main office",
                "hours_zh": "工作日 8:30–11:30，14:30–17:00",
                "hours_en": "Working days 8:30–11:30, 14:30–17:00",
            },
        )
        for place, (suffix, kind, node_zh, node_en) in enumerate(NODES, start=1):
            Department.objects.get_or_create(
                code=f"{code}-{suffix}",
                defaults={
                    "kind": kind,
                    "parent": college,
                    "name_zh": node_zh,
                    "name_en": node_en,
                    "order": order,
                    "phone": f"027-6788 4{place + 2}{code}",
                    "place_zh": f"{short_zh}办公楼",
                    "place_en": f"{name_en}, main office",
                },
            )


def _staff() -> None:
    for username, (name, is_staff, rights_by_code) in STAFF.items():
        if User.objects.filter(username=username).exists():
            continue
        user = demo_user(username, name, is_staff=is_staff)
        for code, rights in rights_by_code.items():
            department = Department.objects.get(code=code)
            for right in rights:
                grant(right=right, department=department, to=user, actor=None)
    auditor = demo_user("auditor", "沈计", is_staff=True)
    grant(right=Right.VIEW_AUDIT, department=Department.objects.get(code="U"), to=auditor, actor=None)
    auditor.user_permissions.set(
        Permission.objects.filter(content_type__app_label="audit", codename__startswith="view_")
    )
    demo_user("admin", "管理员", is_staff=True, is_superuser=True)
