"""The demo's earlier alumni, 2019 to 2025, and one of them with an account. Those of the demo's cohort come by being cleared."""

import datetime
import random
from collections.abc import Sequence

from django.db import transaction

from alumni.choices import ContactKind, Source
from alumni.models import Degree, Person
from alumni.services.values import ToldContact, ToldEmployment, write_contacts, write_employments
from leaving.choices import Level, Sex, StudyMode
from portal.demo import DemoAccount, Step, register_step
from portal.departments.demo import demo_user
from portal.departments.models import Department
from portal.pinyin import sort_key

ALUMNI = 200
YEARS = range(2019, 2026)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕单解仇查"
GIVEN = (
    *"伟芳娜敏静磊洋艳勇杰涛明超霞平刚",
    *("桂英", "文博", "子涵", "雨桐", "浩然", "欣怡", "梓萱", "思远", "晓明", "建国", "国栋", "海燕"),
    *("志强", "秀兰", "佳琪", "天宇", "嘉豪", "雪梅", "立新", "卫东", "一诺", "若曦", "景行", "知远"),
)
# What each college teaches, by the codes of the demo's departments
MAJORS = {
    "01": ("地质学", "地球化学"),
    "02": ("资源勘查工程", "石油工程"),
    "03": ("材料科学与工程", "应用化学"),
    "04": ("宝石及材料工艺学",),
    "06": ("工程管理", "会计学", "国际经济与贸易"),
    "07": ("英语",),
    "08": ("计算机科学与技术", "软件工程", "网络工程"),
    "11": ("环境设计",),
    "13": ("工程造价", "计算机应用技术"),
}
EMPLOYERS = (
    "示范地质勘查院", "示范软件有限公司", "示范珠宝检测中心", "示范市第一中学", "示范建设集团", "示范银行武汉分行",
    "示范市自然资源局", "示范新材料研究院", "示范设计事务所", "示范大学",
)  # fmt: skip
POSTS = ("工程师", "项目经理", "教师", "研究员", "会计", "设计师", "科员", "软件工程师", "")
ACCOUNTS = (
    DemoAccount("alumnus", "校友（2020届，计算机学院）", "Alumnus (class of 2020, Computer Science)"),
)


@transaction.atomic
def play(_graduates: int) -> None:
    """Makes the earlier alumni once. Idempotent."""
    if Degree.objects.filter(graduate=None).exists():
        return
    chance = random.Random(2026)  # noqa: S311  the same people on every laptop
    people = [_person(chance) for _ in range(ALUMNI)]
    people[0] = _named("罗晓鸥", Sex.MALE)
    people[0].user = demo_user("alumnus", "罗晓鸥")
    people[1] = _named("阿不都拉·买买提", Sex.MALE)
    people[2] = _named("PAL ANAND MOHAN", Sex.MALE)
    Person.objects.bulk_create(people)
    Degree.objects.bulk_create(_degrees(people, chance))
    contacts = [contact for person in people for contact in _contacts(person, chance)]
    write_contacts(contacts, source=Source.WORKBOOK)
    write_employments(
        [
            ToldEmployment(person.pk, chance.choice(EMPLOYERS), chance.choice(POSTS))
            for person in people
            if person.user or chance.random() < 0.8
        ],
        source=Source.WORKBOOK,
    )


def _named(name: str, sex: Sex) -> Person:
    return Person(name=name, sort_key=sort_key(name), sex=sex)


def _person(chance: random.Random) -> Person:
    return _named(chance.choice(SURNAMES) + chance.choice(GIVEN), chance.choice(list(Sex)))


def _degrees(people: Sequence[Person], chance: random.Random) -> list[Degree]:
    colleges = {college.code: college for college in Department.objects.filter(code__in=MAJORS)}
    degrees = [
        _degree(person, colleges[chance.choice(list(MAJORS))], chance.choice(YEARS), chance)
        for person in people
    ]
    degrees[0] = _degree(people[0], colleges["08"], 2020, chance)
    degrees[0].major = "网络工程"
    # a few came back for a master's degree
    back = [
        degree for degree in degrees if degree.level == Level.UNDERGRADUATE and degree.cohort_year <= 2022
    ][3::9]
    for bachelor in back:
        master = _degree(bachelor.person, bachelor.college, bachelor.cohort_year + 3, chance)
        master.level, master.grade, master.major = Level.MASTER, bachelor.cohort_year, bachelor.major
        degrees.append(master)
    return degrees


def _degree(person: Person, college: Department, year: int, chance: random.Random) -> Degree:
    level = Level.JUNIOR_COLLEGE if college.code == "13" else Level.UNDERGRADUATE
    return Degree(
        person=person,
        cohort_year=year,
        college=college,
        major=chance.choice(MAJORS[college.code]),
        grade=year - (3 if level == Level.JUNIOR_COLLEGE else 4),
        level=level,
        study_mode=StudyMode.FULL_TIME,
        graduated_on=datetime.date(year, 6, 25),
    )


def _contacts(person: Person, chance: random.Random) -> list[ToldContact]:
    number = f"139{chance.randrange(10**8):08d}"
    contacts = [ToldContact(person.pk, ContactKind.MOBILE, number)]
    if chance.random() < 0.7:
        contacts.append(ToldContact(person.pk, ContactKind.WECHAT, f"wx_{number[-6:]}"))
    if person.user or chance.random() < 0.6:
        address = f"{person.sort_key.replace(' ', '.')}{number[-3:]}@alumni.example"
        contacts.append(ToldContact(person.pk, ContactKind.EMAIL, address))
    return contacts


register_step(Step(40, "alumni", play, ACCOUNTS))
