"""Small builders for tests: every call makes one thing with plain defaults, and says only what the story needs."""

import datetime
import itertools
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group

from leaving.choices import Certificates, CohortState, Level, Sex, StudyMode
from leaving.models import Cohort, Graduate, Major, SchoolClass
from leaving.services.identity import sealed_identity
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Campus, Department
from portal.departments.services import grant

_numbers = itertools.count(1)


def university() -> Department:
    return Department.objects.get_or_create(
        kind=DepartmentKind.UNIVERSITY,
        defaults={"code": "U", "name_zh": "示范大学", "name_en": "Demonstration University"},
    )[0]


def offices(*wanted: tuple[str, str, str]) -> list[Department]:
    """Offices by code and both names; returns those that had to be made."""
    return _departments(DepartmentKind.OFFICE, wanted)


def office(code: str = "library", name_zh: str = "图书馆", name_en: str = "Library") -> Department:
    return Department.objects.filter(code=code).first() or offices((code, name_zh, name_en))[0]


def colleges(*wanted: tuple[str, str, str]) -> list[Department]:
    """Colleges with their three nodes (`<code>-work`, `<code>-secretary`, `<code>-roll`); returns those that had to be made."""
    made = _departments(DepartmentKind.COLLEGE, wanted)
    Department.objects.bulk_create(
        Department(code=f"{of.code}-{suffix}", kind=kind, parent=of, name_zh=name)
        for of in made
        for suffix, kind, name in (
            ("work", DepartmentKind.WORK_GROUP, "学生工作组"),
            ("secretary", DepartmentKind.SECRETARY, "研究生秘书"),
            ("roll", DepartmentKind.ROLL, "学籍老师"),
        )
    )
    return made


def college(
    code: str = "08", name_zh: str = "计算机学院", name_en: str = "School of Computer Science"
) -> Department:
    return Department.objects.filter(code=code).first() or colleges((code, name_zh, name_en))[0]


def _departments(kind: DepartmentKind, wanted: Iterable[tuple[str, str, str]]) -> list[Department]:
    known = set(Department.objects.values_list("code", flat=True))
    root = university()
    return Department.objects.bulk_create(
        Department(code=code, kind=kind, parent=root, name_zh=name_zh, name_en=name_en)
        for code, name_zh, name_en in wanted
        if code not in known
    )


def node(of: Department, suffix: str) -> Department:
    """A college's node: `work`, `secretary` or `roll`."""
    return Department.objects.get(code=f"{of.code}-{suffix}")


def campus(code: str = "NW") -> Campus:
    return Campus.objects.get_or_create(
        code=code,
        defaults={"name_zh": "南望山校区", "dormitory_office": office("dormitory", "学生住宿服务中心")},
    )[0]


def user(username: str | None = None, **fields: Any) -> User:
    """An activated account with the password `demo-2026`."""
    username = username or f"u{next(_numbers)}"
    return User.objects.create_user(username, "demo-2026", **{"name": username.title(), **fields})


def clerk(username: str, *rights: Right, at: Department, **dates: datetime.date | None) -> User:
    """A member of staff with rights on exactly one department."""
    made = user(username)
    for right in rights:
        grant(right=right, department=at, to=made, actor=None, **dates)
    return made


def group(name: str, *members: User) -> Group:
    made = Group.objects.create(name=name)
    made.user_set.add(*members)
    return made


def cohort(year: int = 2026, state: CohortState = CohortState.OPEN) -> Cohort:
    return Cohort.objects.get_or_create(year=year, defaults={"state": state})[0]


def major(of: Department | None = None, name_zh: str = "软件工程") -> Major:
    return Major.objects.get_or_create(college=of or college(), name_zh=name_zh)[0]


def school_class(
    of: Department | None = None, name: str = "软工2201班", grade: int = 2022, **fields: Any
) -> SchoolClass:
    of = of or college()
    return SchoolClass.objects.get_or_create(
        college=of, grade=grade, name=name, defaults={"major": major(of), **fields}
    )[0]


def graduate(student_no: str | None = None, **fields: Any) -> Graduate:
    """A full-time undergraduate of 计算机学院 with a passport, unless told otherwise."""
    number = next(_numbers)
    of = fields.pop("college", None) or college()
    identity = fields.pop("identity", f"E{number:08d}")
    document_type = fields.get("document_type", "passport")
    values: dict[str, Any] = {
        "student_no": student_no or f"2022{number:06d}",
        "name": f"毕业生{number}",
        "cohort": fields.get("cohort") or cohort(),
        "college": of,
        "major": fields.get("major") or major(of),
        "grade": 2022,
        "campus": fields.get("campus") or campus(),
        "sex": Sex.FEMALE,
        "birth_date": datetime.date(2003, 5, 1),
        "document_type": document_type,
        "level": Level.UNDERGRADUATE,
        "study_mode": StudyMode.FULL_TIME,
        "certificates": Certificates.BOTH,
        "dispatch": True,
        **fields,
    }
    made = Graduate(**values)
    sealed = sealed_identity(uid=made.uid, document_type=document_type, number=identity)
    made.identity_cipher, made.identity_index, made.identity_mask = sealed.cipher, sealed.index, sealed.mask
    made.save()
    return made
