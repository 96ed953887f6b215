"""The columns of the `graduates` workbook, as published (design, “The workbooks”)."""

from django.utils.translation import gettext_lazy as _

from leaving.choices import Certificates, DocumentType, Housing, Level, Sex, StudyMode, Training
from portal.workbooks.spec import CellKind, Choice, Column

SEXES = (
    Choice(Sex.MALE, "男", "Male", ("男性", "M")),
    Choice(Sex.FEMALE, "女", "Female", ("女性", "F")),
)
DOCUMENT_TYPES = (
    Choice(
        DocumentType.RESIDENT,
        "居民身份证",
        "Resident identity card",
        ("身份证", "中华人民共和国居民身份证", "二代身份证", "ID card"),
    ),
    Choice(DocumentType.PASSPORT, "护照", "Passport", ("外国护照", "普通护照")),
    Choice(
        DocumentType.HONG_KONG_MACAO,
        "港澳居民来往内地通行证",
        "Mainland travel permit for Hong Kong and Macao residents",
        ("港澳通行证", "回乡证", "港澳居民通行证"),
    ),
    Choice(
        DocumentType.TAIWAN,
        "台湾居民来往大陆通行证",
        "Mainland travel permit for Taiwan residents",
        ("台胞证", "台湾居民通行证"),
    ),
    Choice(
        DocumentType.RESIDENCE_PERMIT,
        "港澳台居民居住证",
        "Residence permit for Hong Kong, Macao and Taiwan residents",
        ("港澳台居民居留证",),
    ),
    Choice(
        DocumentType.FOREIGN_PERMANENT,
        "外国人永久居留身份证",
        "Foreign permanent resident identity card",
        ("外国人永久居留证",),
    ),
)
LEVELS = (
    Choice(Level.JUNIOR_COLLEGE, "专科", "Junior college", ("高职", "高职高专", "大专", "专科生")),
    Choice(
        Level.UNDERGRADUATE,
        "本科",
        "Undergraduate",
        ("本科生", "普通本科", "专升本", "第二学士学位", "第二学士", "Bachelor"),
    ),
    Choice(Level.MASTER, "硕士", "Master", ("硕士研究生", "硕士生", "专业硕士", "学术硕士")),
    Choice(Level.DOCTOR, "博士", "Doctor", ("博士研究生", "博士生", "PhD")),
)
STUDY_MODES = (
    Choice(StudyMode.FULL_TIME, "全日制", "Full-time", ("普通全日制", "Full time")),
    Choice(StudyMode.PART_TIME, "非全日制", "Part-time", ("Part time",)),
    Choice(StudyMode.ON_THE_JOB, "在职", "On the job", ("在职人员", "On-the-job")),
)
CERTIFICATES = (
    Choice(Certificates.BOTH, "双证", "Degree and diploma", ("Both", "Both certificates")),
    Choice(Certificates.ONE, "单证", "One certificate", ("One",)),
)
YES_NO = (
    Choice("yes", "是", "Yes", ("有", "Y", "√")),
    Choice("no", "否", "No", ("无", "N", "×")),
)
TRAININGS = (
    Choice(Training.OPEN, "非定向", "Non-directed", ("非定向就业", "统招")),
    Choice(Training.DIRECTED, "定向", "Directed", ("定向就业", "定向培养")),
    Choice(Training.ENTRUSTED, "委培", "Entrusted", ("委托培养",)),
    Choice(
        Training.MINORITY, "少数民族委培", "Entrusted, ethnic minority", ("少数民族骨干", "少数民族骨干计划")
    ),
    Choice(Training.STAFF, "在职校内职工", "University staff, on the job", ("校内职工",)),
)
HOUSINGS = (
    Choice(Housing.ON_CAMPUS, "住校", "On campus", ("在校住宿", "Lives on campus")),
    Choice(
        Housing.OFF_CAMPUS, "未住校", "Off campus", ("不住校", "走读", "校外住宿", "Does not live on campus")
    ),
)

TEXT, IDENTIFIER, DATE, CHOICE = CellKind.TEXT, CellKind.IDENTIFIER, CellKind.DATE, CellKind.CHOICE


def _text(
    key: str, zh: str, en: str, length: int, example: str = "", example_en: str = "", **more: object
) -> Column:
    return Column(key, zh, en, TEXT, max_length=length, example_zh=example, example_en=example_en, **more)  # type: ignore[arg-type]


def _number(key: str, zh: str, en: str, length: int, example: str = "", **more: object) -> Column:
    return Column(key, zh, en, IDENTIFIER, max_length=length, example_zh=example, **more)  # type: ignore[arg-type]


def _date(key: str, zh: str, en: str, example: str, **more: object) -> Column:
    return Column(key, zh, en, DATE, example_zh=example, **more)  # type: ignore[arg-type]


def _choice(
    key: str, zh: str, en: str, choices: tuple[Choice, ...], place: int = 0, **more: object
) -> Column:
    example = choices[place]
    return Column(
        key,
        zh,
        en,
        CHOICE,
        choices=choices,
        example_zh=example.zh,
        example_en=example.en,
        **more,  # type: ignore[arg-type]
    )


COLUMNS: tuple[Column, ...] = (
    _number("student_no", "学号", "Student number", 32, "20221001234", required=True),
    _number("exam_no", "考生号", "Examination number", 32, "22420101150123"),
    _text("name", "姓名", "Name", 100, "张晓明", required=True, help=_("As on the identity document.")),
    _text("name_pinyin", "姓名拼音", "Name in pinyin", 160, "Zhang Xiaoming"),
    _choice("sex", "性别", "Sex", SEXES, required=True),
    _date("birth_date", "出生日期", "Date of birth", "2004-03-18",
          help=_("Needed only without a resident identity number, which holds it.")),
    _choice("document_type", "证件类型", "Type of document", DOCUMENT_TYPES,
            help=_("Empty: resident identity card.")),
    _number("document_no", "证件号码", "Number of document", 32, "420106200403181239", required=True),
    _text("ethnicity", "民族", "Ethnicity", 40, "汉族", "Han"),
    _text("political_status", "政治面貌", "Political status", 40, "共青团员", "League member"),
    _text("nationality", "国籍", "Nationality", 60, "中国", "China"),
    _text("college", "学院", "College", 160, "计算机学院", "School of Computer Science", required=True,
          help=_("Full name, short name or code.")),
    _text("major", "专业", "Major", 80, "软件工程", "Software Engineering", required=True),
    _number("major_code", "专业代码", "Major code", 20, "080902"),
    _text("school_class", "班级", "Class", 80, "软工2201班", "Software 2201",
          help=_("Needed for undergraduates and junior-college students.")),
    _text("grade", "年级", "Grade", 6, "2022", required=True, help=_("The year of enrolment.")),
    _text("campus", "校区", "Campus", 100, "南望山校区", "Nanwangshan Campus",
          help=_("May be empty where the college has one campus.")),
    _choice("level", "层次", "Level", LEVELS, 1, required=True),
    _choice("study_mode", "学习形式", "Study mode", STUDY_MODES, required=True),
    _choice("certificates", "证书类型", "Certificates", CERTIFICATES, help=_("Needed for masters and doctors.")),
    _text("length_of_study", "学制", "Length of study", 10, "4", help=_("In years.")),
    _date("enrolled_on", "入学日期", "Enrolled on", "2022-09-01"),
    _date("expected_on", "预计毕业日期", "Expected to graduate on", "2026-06-30"),
    _date("graduated_on", "毕业日期", "Graduated on", ""),
    _text("conclusion", "毕结业结论", "Conclusion", 20, "毕业", "Graduated"),
    _number("certificate_no", "证书编号", "Diploma number", 40),
    _choice("dispatch", "派遣", "Dispatch card", YES_NO, help=_("Needed for full-time students.")),
    _choice("training", "培养方式", "Training", TRAININGS, help=_("Empty: non-directed.")),
    _text("entrusting_unit", "定向委培单位", "Entrusting unit", 120),
    _number("supervisor_no", "导师工号", "Supervisor's staff number", 64,
            help=_("Needed for masters and doctors. A number that is not known yet needs the name as well.")),
    _text("supervisor_name", "导师姓名", "Supervisor's name", 100),
    _number("second_supervisor_no", "第二导师工号", "Second supervisor's staff number", 64),
    _number("counsellor_no", "辅导员工号", "Counsellor's staff number", 64, help=_("Becomes the counsellor of the class.")),
    _choice("housing", "住宿情况", "Housing", HOUSINGS),
    _number("mobile", "手机号", "Mobile", 32, "13871234567"),
    _number("wechat", "微信号", "WeChat", 64, "zhangxm_2022"),
    _number("qq", "QQ", "QQ", 20, "123456789"),
    _number("email", "邮箱", "E-mail", 254, "zhangxm@example.com"),
    _text("address", "通讯地址", "Postal address", 200, "湖北省武汉市洪山区鲁磨路388号"),
    _text("employer", "工作单位", "Employer", 120),
    _text("post", "职务", "Post", 80),
    _text("identity_address", "身份证住址", "Address on identity card", 200, "湖北省武汉市武昌区中北路1号"),
    _text("origin", "生源地", "Place of origin", 80, "湖北省武汉市"),
)  # fmt: skip
KEYS: tuple[str, ...] = tuple(column.key for column in COLUMNS)
