"""Importing a roster: who is created, what a second import changes, and what is refused."""

import uuid
from typing import Any

import pytest
from django.db import connection

from leaving.choices import CohortState, Level
from leaving.models import CollegeProfile, Graduate, Major, SchoolClass
from leaving.services.identity import bound_to, identity_index, new_uid
from leaving.services.responsibilities import set_published_responsibilities
from leaving.workbooks.graduates.messages import MESSAGES
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.crypto import decrypt
from portal.departments.choices import Right
from portal.departments.models import Department, UserGrant
from portal.errors import Refused
from portal.workbooks.runs import Fault, Outcome
from tests import builders
from tests.leaving.rosters import applied, day, faults_of, master, passed, resident_number, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def university() -> Department:
    """A college, its campus, an open cohort and the published responsibilities."""
    builders.cohort()
    builders.college()
    builders.campus()
    set_published_responsibilities(
        student_affairs=builders.office("student-affairs", "学生工作处", "Student Affairs Office"),
        graduate_school=builders.office("graduate-school", "研究生院", "Graduate School"),
        actor=None,
    )
    return builders.university()


@pytest.fixture
def registry(university: Department) -> User:
    """May import everybody."""
    return builders.clerk("registry", Right.IMPORT_GRADUATES, at=university)


def clerk_at(code: str) -> User:
    return builders.clerk(f"clerk-{code}", Right.IMPORT_GRADUATES, at=Department.objects.get(code=code))


def told(faults: list[Fault]) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in faults]


# --- what is written -------------------------------------------------------------------------------------------------


def test_an_undergraduate_arrives_with_major_class_and_sealed_number(registry: User) -> None:
    number = resident_number("20040318", "female")
    assert applied(registry, row(document_no=number, major_code="080902", mobile="13871234567")) == Outcome(
        1, 0, 0
    )
    made = Graduate.objects.select_related("major", "school_class", "campus", "college", "cohort").get()
    assert (made.name, made.sort_key, made.student_no, made.cohort.year) == (
        "张晓明",
        "zhang xiao ming",
        "20221001234",
        2026,
    )
    assert (made.college.code, made.major.name_zh, made.major.code) == ("08", "软件工程", "080902")
    assert (made.school_class and made.school_class.name, made.grade, made.campus.code) == (
        "软工2201班",
        2022,
        "NW",
    )
    assert (made.level, made.study_mode, made.certificates, made.dispatch) == (
        "undergraduate",
        "full_time",
        "both",
        True,
    )
    assert (made.sex, made.birth_date, made.mobile, made.training) == (
        "female",
        day("2004-03-18"),
        "13871234567",
        "open",
    )
    assert made.identity_mask == f"4201**********{number[-4:]}"
    assert bytes(made.identity_index) == identity_index("resident", number)
    assert decrypt(bytes(made.identity_cipher), bound_to=bound_to(made.uid)).decode() == number
    assert made.uid.version == 4
    assert made.user is None


def test_new_supervisors_wait_for_their_activation(registry: User) -> None:
    applied(registry, master("1"*8), master("2"*8, supervisor_name=None, second_supervisor_no="T1002"),
            master("3"*8, supervisor_no="T1002", supervisor_name="白导师"))  # fmt: skip
    assert [
        (u.username, u.name, u.has_usable_password()) for u in User.objects.filter(username__startswith="T")
    ] == [
        ("T1001", "黄导师", False),
        ("T1002", "白导师", False),
    ]
    second = Graduate.objects.get(student_no="2" * 8)
    assert (str(second.supervisor), str(second.second_supervisor)) == ("黄导师 (T1001)", "白导师 (T1002)")


def test_a_counsellor_becomes_that_of_the_class(registry: User) -> None:
    applied(registry, row())
    counsellor = builders.user("C1", name="辅导员")
    assert applied(registry, row(document_no=Document.of("20221001234"), counsellor_no="C1")) == Outcome(
        0, 0, 1
    )
    assert SchoolClass.objects.get().counsellor == counsellor


class Document:
    """The number of a graduate who is there already."""

    @staticmethod
    def of(student_no: str) -> str:
        made = Graduate.objects.get(student_no=student_no)
        return decrypt(bytes(made.identity_cipher), bound_to=bound_to(made.uid)).decode()


def versions() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ctid::text, xmin::text, identity_cipher FROM leaving_graduate ORDER BY student_no"
        )
        return [(*row[:2], bytes(row[2])) for row in cursor.fetchall()]


def test_the_same_roster_again_writes_nothing(registry: User) -> None:
    roster = [
        row(),
        master(),
        master("1202310002", certificates="one", sex="male", document_no=resident_number(sex="male")),
    ]
    assert applied(registry, *roster) == Outcome(3, 0, 0)
    before = versions()
    assert applied(registry, *roster) == Outcome(0, 0, 3)
    assert versions() == before
    assert (
        Major.objects.count(),
        SchoolClass.objects.count(),
        User.objects.filter(username="T1001").count(),
    ) == (1, 1, 1)


def test_only_a_changed_number_is_encrypted_anew(registry: User) -> None:
    first, second = row("20220001"), row("20220002")
    applied(registry, first, second)
    before = dict(Graduate.objects.values_list("student_no", "identity_cipher"))
    uids = dict(Graduate.objects.values_list("student_no", "uid"))
    number = resident_number()
    assert applied(
        registry, {**first, "mobile": "13900000000"}, {**second, "document_no": number}
    ) == Outcome(0, 2, 0)
    after = dict(Graduate.objects.values_list("student_no", "identity_cipher"))
    assert bytes(after["20220001"]) == bytes(before["20220001"])
    assert bytes(after["20220002"]) != bytes(before["20220002"])
    assert dict(Graduate.objects.values_list("student_no", "uid")) == uids
    assert Document.of("20220002") == number


def test_an_empty_cell_leaves_what_is_known(registry: User) -> None:
    roster = row(
        mobile="13871234567",
        employer="长江水利委员会",
        name_pinyin="Zhang Xiaoming",
        enrolled_on=day("2022-09-01"),
    )
    applied(registry, roster)
    assert applied(registry, row(document_no=roster["document_no"], employer="武汉地铁")) == Outcome(0, 1, 0)
    made = Graduate.objects.get()
    assert (made.mobile, made.employer, made.name_pinyin, made.sort_key) == (
        "13871234567", "武汉地铁", "Zhang Xiaoming", "zhang xiaoming",
    )  # fmt: skip
    assert made.enrolled_on == day("2022-09-01")


def test_the_only_campus_of_a_college_need_not_be_written(registry: User) -> None:
    assert told(faults_of(registry, row(campus=None))) == [(2, "campus", "campus_missing")]
    CollegeProfile.objects.create(college=builders.college(), campus=builders.campus())
    assert applied(registry, row(campus=None)) == Outcome(1, 0, 0)


def test_a_bachelor_comes_back_as_a_master_in_a_later_cohort(registry: User) -> None:
    number = resident_number()
    builders.graduate(
        "20180001",
        cohort=builders.cohort(2022, CohortState.CLOSED),
        identity=number,
        document_type="resident",
        level=Level.UNDERGRADUATE,
    )
    assert applied(registry, master(document_no=number)) == Outcome(1, 0, 0)


def test_an_import_is_one_entry_in_the_audit_trail_without_numbers(registry: User) -> None:
    applied(registry, row(), master())
    entry = AuditEntry.objects.get(verb="graduates.imported")
    assert entry.actor == registry
    assert entry.details == {
        "cohort": 2026, "created": 2, "updated": 0, "unchanged": 0,
        "accounts": 1, "majors": 1, "classes": 1, "counsellors": 0,
    }  # fmt: skip


# --- what is refused -------------------------------------------------------------------------------------------------

OVERSEAS = {"document_type": "passport", "document_no": "E12345678", "nationality": "印度", "dispatch": "no"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, []),
        ({"student_no": "2022"}, []),
        ({"student_no": "22"}, [("student_no", "student_no_shape")]),
        ({"name": "阿不都拉·买买提"}, []),
        ({"name": "PAL ANAND MOHAN"}, []),
        ({"name": "张三2"}, [("name", "name_shape")]),
        ({"name": "张三（转专业）"}, [("name", "name_shape")]),
        ({"name_pinyin": "张晓明"}, [("name_pinyin", "pinyin_shape")]),
        ({"sex": "male"}, [("sex", "sex_differs")]),
        ({"birth_date": day("2004-03-18")}, []),
        ({"birth_date": day("2004-03-19")}, [("birth_date", "birth_date_differs")]),
        ({"document_no": "42010620040318123"}, [("document_no", "identity_length")]),
        ({"document_no": "42010620040318123A"}, [("document_no", "identity_shape")]),
        ({"document_no": "420106200402301235"}, [("document_no", "identity_date")]),
        ({"document_no": "420106200403181249"}, [("document_no", "identity_check")]),
        ({"document_no": resident_number("20200101")}, [("document_no", "birth_date_implausible")]),
        (OVERSEAS, [("birth_date", "birth_date_missing")]),
        ({**OVERSEAS, "birth_date": day("2001-01-05")}, []),
        ({**OVERSEAS, "birth_date": day("2001-01-05"), "document_no": "E1"}, [("document_no", "document_shape")]),
        ({"document_type": "hk_mo", "document_no": "H12345678", "birth_date": day("2001-01-05")}, []),
        ({"college": "08"}, []),
        ({"college": "school of computer science"}, []),
        ({"college": "文学院"}, [("college", "college_unknown")]),
        ({"campus": "东校区"}, [("campus", "campus_unknown")]),
        ({"school_class": None}, [("school_class", "class_missing")]),
        ({"grade": "22级"}, [("grade", "grade_shape")]),
        ({"grade": "2022级"}, []),
        ({"grade": "2027"}, [("grade", "grade_implausible")]),
        ({"dispatch": None}, [("dispatch", "dispatch_missing")]),
        ({"study_mode": "part_time", "dispatch": None}, []),
        ({"level": "master"}, [("certificates", "certificates_missing"), ("supervisor_no", "supervisor_missing")]),
        ({"supervisor_no": "T9"}, [("supervisor_no", "supervisor_unknown")]),
        ({"supervisor_name": "黄导师"}, [("supervisor_no", "supervisor_number_missing")]),
        ({"counsellor_no": "C9"}, [("counsellor_no", "counsellor_unknown")]),
        ({"length_of_study": "四年"}, []),
        ({"length_of_study": "很久"}, [("length_of_study", "length_of_study_shape")]),
        ({"enrolled_on": day("2022-09-01"), "expected_on": day("2022-06-30")},
         [("expected_on", "expected_before_enrolled"), ("expected_on", "date_implausible")]),
        ({"enrolled_on": day("2026-09-01"), "graduated_on": day("2026-06-30")}, [("graduated_on", "graduated_before_enrolled")]),
        ({"enrolled_on": day("1999-09-01")}, [("enrolled_on", "date_implausible")]),
        ({"mobile": "+86-13871234567"}, []),
        ({"mobile": "1387123456"}, [("mobile", "mobile_shape")]),
        ({"mobile": "+91-9812345678"}, []),
        ({"wechat": "z"}, [("wechat", "wechat_shape")]),
        ({"qq": "0123"}, [("qq", "qq_shape")]),
        ({"email": "zhang@example"}, [("email", "email_shape")]),
        ({"email": "zhang.san+1@mail.example.com"}, []),
        ({"name": "张三2", "mobile": "1", "dispatch": None},
         [("name", "name_shape"), ("dispatch", "dispatch_missing"), ("mobile", "mobile_shape")]),
    ],
)  # fmt: skip
def test_each_rule_of_one_row(registry: User, cells: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(fault.column, fault.code) for fault in faults_of(registry, row(**cells))] == expected
    assert Graduate.objects.count() == 0


def test_every_fault_has_a_message_in_which_nothing_is_missing(registry: User) -> None:
    for fault in faults_of(
        registry, row(college="文学院", campus="东校区", grade="2030", document_no="420106200403181249")
    ):
        wrong, remedy = MESSAGES[fault.code]
        words = {"value": fault.value, "column": fault.column, **fault.params}
        assert "%(" not in str(wrong) % words + str(remedy) % words


def test_a_wrong_number_is_quoted_by_its_mask(registry: User) -> None:
    (fault,) = faults_of(registry, row(document_no="420106200403181249"))
    assert fault.value == "4201**********1249"


@pytest.mark.parametrize("blocks", [1, 2])
def test_doubles_in_the_file_name_the_first_row(registry: User, blocks: int) -> None:
    number = resident_number()
    faults = faults_of(
        registry,
        row("20220001", document_no=number),
        row("20220001"),
        row("20220003", document_no=number),
        blocks=blocks,
    )
    assert told(faults) == [(3, "student_no", "student_no_twice"), (4, "document_no", "identity_twice")]
    assert [fault.params for fault in faults] == [{"first": 2}, {"first": 2}]


def test_one_document_at_two_levels_is_no_double(registry: User) -> None:
    number = resident_number()
    assert (
        faults_of(registry, row(document_no=number), master(document_no=number, study_mode="on_the_job"))
        == []
    )


def test_a_document_known_in_the_cohort_under_another_number_is_refused(registry: User) -> None:
    roster = row("20220001")
    applied(registry, roster)
    (fault,) = faults_of(registry, {**roster, "student_no": "20220002"})
    assert (fault.row, fault.code, fault.params) == (2, "identity_known", {"student_no": "20220001"})


def test_two_graduates_may_swap_their_documents(registry: User) -> None:
    first, second = row("20220001"), row("20220002")
    applied(registry, first, second)
    swapped = (
        {**first, "document_no": second["document_no"]},
        {**second, "document_no": first["document_no"]},
    )
    assert applied(registry, *swapped) == Outcome(0, 2, 0)
    assert Document.of("20220001") == second["document_no"]


def test_a_student_number_stays_in_its_cohort_and_with_its_person(registry: User) -> None:
    builders.graduate("20210001", cohort=builders.cohort(2025, CohortState.CLOSED))
    builders.graduate("20220001", name="李四")
    assert told(faults_of(registry, row("20210001"), row("20220001"))) == [
        (2, "student_no", "other_cohort"),
        (3, "student_no", "another_person"),
    ]


def test_a_name_may_be_corrected_when_the_document_stays(registry: User) -> None:
    roster = row(name="张小明")
    applied(registry, roster)
    assert applied(registry, {**roster, "name": "张晓明"}) == Outcome(0, 1, 0)


def test_a_class_belongs_to_one_major_and_has_one_counsellor(registry: User) -> None:
    builders.user("C1")
    builders.user("C2")
    faults = faults_of(
        registry,
        row("20220001", counsellor_no="C1"),
        row("20220002", major="网络工程"),
        row("20220003", counsellor_no="C2"),
        row("20220004", major="软件工程", school_class="软工2202班", major_code="1"),
        row("20220005", major="网络工程", school_class="网工2201班", major_code="2"),
        row("20220006", major="网络工程", school_class="网工2201班", major_code="3"),
    )
    assert told(faults) == [
        (3, "school_class", "class_of_other_major"),
        (4, "counsellor_no", "counsellor_differs"),
        (7, "major_code", "major_code_differs"),
    ]


def test_a_supervisor_is_who_the_number_says(registry: User) -> None:
    builders.user("T1", name="黄导师")
    faults = faults_of(
        registry,
        master("10000001", supervisor_no="T1", supervisor_name="白导师"),
        master("10000002", supervisor_no="T2", supervisor_name="钱导师"),
        master("10000003", supervisor_no="T2", supervisor_name="孙导师"),
        master("10000004", supervisor_no="T1", supervisor_name=None, second_supervisor_no="T1"),
    )
    assert told(faults) == [
        (2, "supervisor_name", "supervisor_name_differs"),
        (4, "supervisor_name", "supervisor_name_differs"),
        (5, "second_supervisor_no", "supervisors_equal"),
    ]


# --- whose task it is (G2) -------------------------------------------------------------------------------------------

WITH_CARD = row("20220001")
WITHOUT_CARD = row("20220002", dispatch="no")
OVERSEAS_ROW = row("20220003", **{**OVERSEAS, "birth_date": day("2001-01-05")})
JUNIOR = row("20230004", level="junior", grade="2023")
ON_THE_JOB = master("12023005", study_mode="on_the_job", dispatch=None)
ONE_CERTIFICATE = master("12023006", certificates="one")
MASTER_WITH_CARD = master("12023007")
MASTER_WITHOUT = master("12023008", dispatch="no")


@pytest.mark.parametrize(
    ("code", "theirs"),
    [
        ("student-affairs", [WITH_CARD, JUNIOR, MASTER_WITH_CARD]),
        ("graduate-school", [ON_THE_JOB, ONE_CERTIFICATE]),
        ("08", [WITHOUT_CARD, OVERSEAS_ROW, MASTER_WITHOUT]),
        ("08-work", [WITHOUT_CARD, OVERSEAS_ROW, MASTER_WITHOUT]),
        ("08-secretary", [MASTER_WITHOUT]),
        ("U", [WITH_CARD, WITHOUT_CARD, OVERSEAS_ROW, JUNIOR, ON_THE_JOB, ONE_CERTIFICATE, MASTER_WITH_CARD, MASTER_WITHOUT]),
    ],
)  # fmt: skip
def test_each_imports_what_is_theirs(code: str, theirs: list[dict[str, Any]]) -> None:
    everybody = [
        WITH_CARD,
        WITHOUT_CARD,
        OVERSEAS_ROW,
        JUNIOR,
        ON_THE_JOB,
        ONE_CERTIFICATE,
        MASTER_WITH_CARD,
        MASTER_WITHOUT,
    ]
    refused = {fault.row - 2 for fault in faults_of(clerk_at(code), *everybody)}
    assert [each for place, each in enumerate(everybody) if place not in refused] == theirs


def test_a_refused_row_says_whose_it_is() -> None:
    (fault,) = faults_of(clerk_at("08"), WITH_CARD)
    assert (fault.column, fault.code) == ("college", "not_responsible")
    assert fault.params == {"responsible_zh": "学生工作处", "responsible_en": "Student Affairs Office"}


def test_another_college_cannot_take_a_graduate_over() -> None:
    builders.college("01", "地球科学学院", "School of Earth Sciences")
    ours = row("20220001", dispatch="no")
    applied(clerk_at("08"), ours)
    assert told(faults_of(clerk_at("01"), {**ours, "college": "地球科学学院"})) == [
        (2, "student_no", "belongs_to_others")
    ]


def test_rights_are_asked_again_when_the_rows_are_written() -> None:
    clerk = clerk_at("08")
    faults, run = passed(clerk, [WITHOUT_CARD])
    assert faults == []
    UserGrant.objects.filter(user=clerk).delete()
    with pytest.raises(Refused) as refused:
        run.apply()
    assert refused.value.code == "not_responsible"
    assert Graduate.objects.count() == 0


def test_uids_are_random_uuids() -> None:
    made = {new_uid() for _ in range(1000)}
    assert len(made) == 1000
    assert {uuid.UUID(each).version for each in made} == {4}
    assert {uuid.UUID(each).variant for each in made} == {uuid.RFC_4122}
