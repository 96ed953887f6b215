"""Graduates that look real and are not: for the demo and for the benchmarks. The same seed tells the same people.

The first rows do not depend on how many follow, so that a bigger demo only adds to a smaller one.
"""

import datetime
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leaving.workbooks.graduates.columns import COLUMNS
from leaving.workbooks.graduates.identity import with_check_character
from portal.pinyin import sort_key

Cells = dict[str, Any]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤单解仇翟"
)
GIVEN_FEMALE = "婷雅静雨欣怡佳慧敏思琪梦洁雪玲丽娜芳燕颖璐莹倩悦晨瑶涵诗语晴岚薇楠"
GIVEN_MALE = "伟强磊洋勇军杰涛超明浩宇轩博文俊凯鹏飞志远建国子豪泽天翔昊晖嘉林峰航睿"
MINORITY = ("阿不都拉·买买提", "古丽娜尔·艾合买提", "扎西次仁", "阿依古丽·吐尔逊", "巴特尔", "娜仁托娅")
FOREIGN = (
    ("PAL ANAND MOHAN", "印度"),
    ("NGUYEN VAN MINH", "越南"),
    ("AHMED HASSAN ALI", "埃及"),
    ("MARIA PETROVA", "俄罗斯"),
    ("KIM MIN JUN", "韩国"),
    ("OKAFOR CHINEDU", "尼日利亚"),
    ("SITI NURHALIZA", "印度尼西亚"),
    ("AIBEK TOKTOGULOV", "吉尔吉斯斯坦"),
)
AREAS = (
    ("420106", "湖北省武汉市武昌区", "中北路"),
    ("420111", "湖北省武汉市洪山区", "鲁磨路"),
    ("420502", "湖北省宜昌市西陵区", "东山大道"),
    ("421002", "湖北省荆州市沙市区", "北京路"),
    ("430102", "湖南省长沙市芙蓉区", "五一大道"),
    ("410105", "河南省郑州市金水区", "花园路"),
    ("340104", "安徽省合肥市蜀山区", "长江西路"),
    ("360102", "江西省南昌市东湖区", "八一大道"),
    ("370102", "山东省济南市历下区", "泉城路"),
    ("440106", "广东省广州市天河区", "体育东路"),
    ("510107", "四川省成都市武侯区", "人民南路"),
    ("610113", "陕西省西安市雁塔区", "小寨路"),
    ("130102", "河北省石家庄市长安区", "中山东路"),
    ("330106", "浙江省杭州市西湖区", "文三路"),
    ("650102", "新疆维吾尔自治区乌鲁木齐市天山区", "解放路"),
    ("450103", "广西壮族自治区南宁市青秀区", "民族大道"),
)
EMPLOYERS = (
    "中国地质调查局武汉地质调查中心",
    "长江勘测规划设计研究有限责任公司",
    "中铁第四勘察设计院集团有限公司",
    "武汉华星光电技术有限公司",
    "烽火通信科技股份有限公司",
    "湖北省地质局第一地质大队",
    "中国石油勘探开发研究院",
    "华为技术有限公司",
    "武汉市第三中学",
    "紫金矿业集团股份有限公司",
)
POSTS = ("助理工程师", "工程师", "教师", "科员", "软件开发工程师", "地质技术员", "管理培训生")
# college → majors of undergraduates, majors of postgraduates, each with its code; the campus
COLLEGES: dict[str, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], str]] = {
    "01": (
        (("地质学", "070901"), ("地球化学", "070902")),
        (("矿物学、岩石学、矿床学", "070901Z"), ("古生物学与地层学", "070903Z")),
        "未来城校区",
    ),
    "02": (
        (("资源勘查工程", "081403"), ("石油工程", "081502")),
        (("矿产普查与勘探", "081801"), ("石油与天然气工程", "085706")),
        "南望山校区",
    ),
    "03": (
        (("材料科学与工程", "080401"), ("应用化学", "070302")),
        (("材料学", "080502"), ("化学", "070300")),
        "未来城校区",
    ),
    "04": ((("宝石及材料工艺学", "080410"), ("产品设计", "130504")), (("宝石学", "0709Z1"),), "南望山校区"),
    "05": ((), (("地球生物学", "0709Z2"), ("构造地质学", "070904")), "未来城校区"),
    "06": (
        (("工程管理", "120103"), ("会计学", "120203"), ("经济学", "020101")),
        (("工商管理", "125100"), ("管理科学与工程", "120100")),
        "南望山校区",
    ),
    "07": ((("英语", "050201"), ("翻译", "050261")), (("翻译硕士", "055100"),), "南望山校区"),
    "08": (
        (("软件工程", "080902"), ("计算机科学与技术", "080901"), ("网络工程", "080903")),
        (("计算机技术", "085404"), ("软件工程硕士", "083500")),
        "未来城校区",
    ),
    "09": ((("思想政治教育", "030503"),), (("马克思主义理论", "030500"),), "南望山校区"),
    "10": ((("社会体育指导与管理", "040203"),), (("体育教学", "045201"),), "南望山校区"),
    "11": ((("视觉传达设计", "130502"), ("广播电视学", "050302")), (("设计学", "130500"),), "南望山校区"),
    "12": ((("国际经济与贸易", "020401"),), (("汉语国际教育", "045300"),), "南望山校区"),
    "13": ((("工程造价", "440501"), ("宝玉石鉴定与加工", "420108")), (), "南望山校区"),
}
_TURN = (
    "08",
    "01",
    "06",
    "02",
    "03",
    "08",
    "07",
    "01",
    "11",
    "04",
    "06",
    "13",
    "09",
    "02",
    "10",
    "05",
    "12",
    "08",
    "03",
    "06",
)
CLASSMATES = 12  # the first rows are the class of the demo's student


@dataclass(slots=True)
class _Level:
    key: str
    years: int
    age: int


_JUNIOR, _UNDERGRADUATE = _Level("junior", 3, 18), _Level("undergraduate", 4, 18)
_MASTER, _DOCTOR = _Level("master", 3, 22), _Level("doctor", 4, 25)


class SampleRoster:
    """Tells graduates of one cohort, one after the other."""

    def __init__(self, year: int, *, seed: int = 2026, classes_of: int = 30) -> None:
        self._year = year
        self._random = random.Random(seed)  # noqa: S311  not for secrets: the same people each time
        self._classes_of = classes_of
        self._in_class: Counter[tuple[str, str, int]] = Counter()
        self._numbers: set[str] = set()
        self._told = 0

    def rows(self, count: int) -> Iterator[Cells]:
        """`count` graduates, each with the cells that a roster has for them, normalised."""
        for _ in range(count):
            self._told += 1
            yield self._graduate(self._told)

    def _graduate(self, serial: int) -> Cells:
        chance = self._random
        code = "08" if serial <= CLASSMATES else _TURN[serial % len(_TURN)]
        level = _UNDERGRADUATE if serial <= CLASSMATES else self._level(code)
        overseas = code == "12" or (serial > CLASSMATES and chance.random() < 0.015)
        postgraduate = level in (_MASTER, _DOCTOR)
        grade = self._year - level.years
        undergraduates, postgraduates, campus = COLLEGES[code]
        majors = postgraduates if postgraduate else undergraduates
        major, major_code = majors[0 if serial <= CLASSMATES else chance.randrange(len(majors))]
        mode = self._mode(postgraduate, overseas)
        certificates = "one" if mode == "on_the_job" and chance.random() < 0.8 else "both"
        cells = self._person(serial, grade - level.age, overseas)
        prefix = {"junior": "3", "undergraduate": "", "master": "12", "doctor": "11"}[level.key]
        cells |= {
            "student_no": f"{prefix}{grade}1{serial:06d}",
            "exam_no": f"{grade % 100:02d}4201{serial:08d}",
            "college": code,
            "major": major,
            "major_code": major_code,
            "school_class": self._class(code, major, grade),
            "grade": str(grade),
            "campus": campus,
            "level": level.key,
            "study_mode": mode,
            "certificates": certificates if postgraduate else None,
            "length_of_study": str(level.years),
            "enrolled_on": datetime.date(grade, 9, 1),
            "expected_on": datetime.date(self._year, 6, 30),
            "graduated_on": datetime.date(self._year, 6, 30),
            "conclusion": "毕业",
            "certificate_no": f"10491{self._year}{'02' if postgraduate else '05'}{serial:06d}",
            "dispatch": None if mode != "full_time" else "no" if overseas or chance.random() < 0.2 else "yes",
            "training": "staff"
            if mode == "on_the_job"
            else chance.choice(("open",) * 18 + ("directed", "minority")),
            "housing": "off_campus" if mode != "full_time" or chance.random() < 0.06 else "on_campus",
        }
        if cells["training"] != "open":
            cells["entrusting_unit"] = chance.choice(EMPLOYERS)
        if postgraduate:
            number = chance.randrange(1, 13)
            cells["supervisor_no"] = f"T{code}{number:02d}"
            cells["supervisor_name"] = supervisor_name(code, number)
        return cells

    def _level(self, code: str) -> _Level:
        undergraduate, postgraduate, _campus = COLLEGES[code]
        if not postgraduate:
            return _JUNIOR
        if undergraduate and self._random.random() < 0.62:
            return _UNDERGRADUATE
        return _DOCTOR if self._random.random() < 0.18 else _MASTER

    def _mode(self, postgraduate: bool, overseas: bool) -> str:
        if not postgraduate or overseas:
            return "full_time"
        return self._random.choice(("full_time",) * 8 + ("part_time", "on_the_job"))

    def _class(self, code: str, major: str, grade: int) -> str:
        number = self._in_class[code, major, grade] // self._classes_of + 1
        self._in_class[code, major, grade] += 1
        return f"{major}{number}班"

    def _person(self, serial: int, born_in: int, overseas: bool) -> Cells:
        chance = self._random
        male = chance.random() < 0.5
        born = datetime.date(born_in, 1, 1) + datetime.timedelta(chance.randrange(365))
        area, place, road = chance.choice(AREAS)
        name = self._name(male)
        nationality = "中国"
        document = {"document_no": self._resident_number(area, born, male)}
        if overseas:
            name, nationality = chance.choice(FOREIGN)
            document = {"document_type": "passport", "document_no": f"P{serial:08d}"}
        elif chance.random() < 0.02:
            name = chance.choice(MINORITY)
        pinyin = sort_key(name).title()
        return {
            "name": name,
            "name_pinyin": pinyin,
            "sex": "male" if male else "female",
            "birth_date": born,
            "document_type": "resident",
            **document,
            "ethnicity": None if overseas else chance.choice(("汉族",) * 10 + ("土家族", "回族", "壮族")),
            "political_status": None
            if overseas
            else chance.choice(("共青团员", "共青团员", "群众", "中共党员", "中共预备党员")),
            "nationality": nationality,
            "mobile": f"1{chance.choice('3578')}{chance.randrange(10**8, 10**9)}",
            "wechat": f"{pinyin.replace(' ', '').lower()[:12]}_{serial}",
            "qq": str(chance.randrange(10**8, 4 * 10**9)),
            "email": f"{pinyin.replace(' ', '.').lower()[:24]}{serial}@example.com",
            "address": f"{place}{road}{chance.randrange(1, 800)}号",
            "employer": chance.choice(EMPLOYERS),
            "post": chance.choice(POSTS),
            "identity_address": f"{place}{road}{chance.randrange(1, 800)}号{chance.randrange(1, 30)}栋",
            "origin": place,
        }

    def _name(self, male: bool) -> str:
        chance = self._random
        given = GIVEN_MALE if male else GIVEN_FEMALE
        return chance.choice(SURNAMES) + "".join(
            chance.choice(given) for _ in range(chance.choice((1, 2, 2, 2)))
        )

    def _resident_number(self, area: str, born: datetime.date, male: bool) -> str:
        while True:
            serial = self._random.randrange(500) * 2 + male
            number = with_check_character(f"{area}{born:%Y%m%d}{serial:03d}")
            if number not in self._numbers:
                self._numbers.add(number)
                return number


def supervisor_name(code: str, number: int) -> str:
    """The same name each time for a supervisor of a college."""
    place = int(code) * 13 + number * 7
    return (
        SURNAMES[place % len(SURNAMES)]
        + GIVEN_MALE[place % len(GIVEN_MALE)]
        + GIVEN_FEMALE[number % len(GIVEN_FEMALE)]
    )


def as_written(cells: Cells) -> list[Any]:
    """The cells of a row as a person writes them into the Chinese template, in the order of its columns."""
    return [
        _WORDS[column.key].get(value, value) if (value := cells.get(column.key)) else None
        for column in COLUMNS
    ]


_WORDS = {column.key: {choice.value: choice.zh for choice in column.choices} for column in COLUMNS}
