"""What alumni data can be taken out: the published form, what that form changed, and chosen columns (A2, A4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Case, F, FilteredRelation, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from alumni.choices import ContactKind
from alumni.models import Degree
from alumni.selectors.people import TAKE_OUT, cohort_years, degrees_exportable_by, reaches_alumni
from alumni.workbooks import published
from leaving.choices import Level, StudyMode
from leaving.selectors.cohorts import cohort_for
from portal.accounts.models import User
from portal.departments.models import Department
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from portal.workbooks.spec import CellKind, Column

ALL_COHORTS = 0
CHUNK = 2_000
# Undergraduates before junior college, as published; then those the published form does not speak of.
LEVELS = (Level.UNDERGRADUATE, Level.JUNIOR_COLLEGE, Level.MASTER, Level.DOCTOR)
LEVEL_ORDER = Case(
    *(When(level=level, then=Value(place)) for place, level in enumerate(LEVELS)), output_field=IntegerField()
)
LEVEL_NAMES = {"junior": "专科", "undergraduate": "本科", "master": "硕士", "doctor": "博士"}
STUDY_MODES = {StudyMode.FULL_TIME: "全日制", StudyMode.PART_TIME: "非全日制", StudyMode.ON_THE_JOB: "在职"}


def _relations() -> dict[str, FilteredRelation]:
    """What counts now of a person's contacts and employers. Made anew for each query: Django writes into them."""
    current = {
        f"current_{kind.value}": FilteredRelation(
            "person__contacts", condition=Q(person__contacts__kind=kind, person__contacts__is_current=True)
        )
        for kind in ContactKind
    }
    work = FilteredRelation("person__employments", condition=Q(person__employments__is_current=True))
    return {**current, "current_work": work}


# Where each value is read from; the relations are joined only where a column asks for them.
PATHS = {
    **{kind.value: f"current_{kind.value}__value" for kind in ContactKind},
    "employer": "current_work__employer",
    "post": "current_work__post",
    "name": "person__name",
    "name_pinyin": "person__name_pinyin",
    "sex": "person__sex",
    "birth_date": "person__birth_date",
    "nationality": "person__nationality",
    "identity_mask": "person__identity_mask",
    "student_no": "student_no",
    "cohort": "cohort_year",
    "college": "college__name_zh",
    "class": "school_class__name",
    "grade": "grade",
    "major": "major",
    "level": "level",
    "study_mode": "study_mode",
    "graduated_on": "graduated_on",
}
LABELS: Mapping[str, Callable[[Any], Any]] = {
    "sex": lambda value: published.SEX.get(value, ""),
    "level": lambda value: LEVEL_NAMES.get(value, ""),
    "study_mode": lambda value: STUDY_MODES.get(value, ""),
}


class DegreesExport(ExportKind):
    """What all alumni exports share: whom they are about, in which order, from one query and a cursor on the server."""

    language = "zh-hans"
    parameters = ("cohort", "department")

    def may_export(self, user: User) -> bool:
        return reaches_alumni(user, *TAKE_OUT)

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        return self.degrees(user, parameters).count()

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        degrees = degrees_exportable_by(user).order_by()
        if parameter == "cohort":
            years = [(str(year), str(year)) for year in cohort_years(degrees)]
            return [*years, (str(ALL_COHORTS), str(_("All cohorts")))]
        if parameter == "department":
            return [(d.code, str(d)) for d in Department.objects.filter(pk__in=degrees.values("college"))]
        return ()

    def degrees(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[Degree]:
        """The degrees asked for, as far as `user` may take them out; without a cohort those of the open one."""
        degrees = degrees_exportable_by(user)
        cohort = parameters.get("cohort")
        year = cohort_for(None).year if cohort in (None, "") else int(cohort)
        if year != ALL_COHORTS:
            degrees = degrees.filter(cohort_year=year)
        if code := parameters.get("department"):
            if not Department.objects.filter(
                code=code, pk__in=degrees_exportable_by(user).values("college")
            ).exists():
                raise Refused(
                    "department_unknown", _("There is no college %(code)s with alumni.") % {"code": code}
                )
            degrees = degrees.filter(college__code=code)
        return degrees

    def values(
        self, user: User, parameters: Mapping[str, Any], keys: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """`keys` of each degree, raw, in the published order; one query, fetched from the server bit by bit."""
        paths = [PATHS[key] for key in keys]
        joined = {
            name: relation
            for name, relation in _relations().items()
            if any(path.startswith(f"{name}__") for path in paths)
        }
        return (
            self.degrees(user, parameters)
            .annotate(level_order=LEVEL_ORDER, **joined)
            .order_by(
                "level_order",
                "college__order",
                "college__code",
                "grade",
                "major",
                F("school_class__name").asc(nulls_last=True),
                "student_no",
                "person__sort_key",
                "pk",
            )
            .values_list(*paths)
            .iterator(chunk_size=CHUNK)
        )


class AlumniExport(DegreesExport):
    """The alumni database in exactly the published columns (A2)."""

    kind = "alumni"
    title = _("Alumni database (published form)")
    description = _(
        "The ten published columns, undergraduates first. Spaces inside names and punctuation are taken out; "
        "“What the published form changed” lists each change."
    )
    columns = published.COLUMNS
    fixed_columns = True

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        places = [[column.key for column in self.columns].index(key) for key in columns]
        whole = places == list(range(len(self.columns)))
        for number, row in enumerate(published_rows(self.values(user, parameters, SOURCE)), start=1):
            row[0] = number
            yield row if whole else [row[place] for place in places]


# What the published form is made of, in this order.
SOURCE = (
    "name",
    "sex",
    "grade",
    "major",
    "mobile",
    "wechat",
    "email",
    "employer",
    "post",
    "identity_address",
)
TEXTS = ("mobile", "wechat", "email", "employer", "post", "identity_address")


def published_rows(values: Iterator[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The ten cells of each row, the first one still empty."""
    clean = published.published
    seen: dict[tuple[int, str], str] = {}
    for name, sex, grade, major, *texts in values:
        studies = seen.get((grade, major))
        if studies is None:
            studies = seen[grade, major] = published.studies(grade, major)
        cells = [clean(key, text) if text else "" for key, text in zip(TEXTS, texts, strict=True)]
        yield [None, clean("name", name), published.SEX.get(sex, ""), studies, *cells]


class AlumniChanges(DegreesExport):
    """What the published form had to change, value by value: the published workbook has room for one worksheet only."""

    kind = "alumni-changes"
    title = _("What the published form changed")
    description = _(
        "Each value of the alumni database that the published form shows differently, before and after."
    )
    columns = (
        Column("number", "序号", "No.", CellKind.NUMBER),
        Column("name", "姓名", "Name"),
        Column("studies", "年级专业", "Grade and major"),
        Column("column", "栏目", "Column"),
        Column("recorded", "校友库中的内容", "In the alumni record"),
        Column("exported", "导出后的内容", "In the published form"),
    )
    fixed_columns = True

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        return None

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        headers = {column.key: column.header_zh for column in published.COLUMNS}
        for number, row in enumerate(self.values(user, parameters, SOURCE), start=1):
            name, _sex, grade, major, *texts = row
            told = {"name": name, "studies": f"{grade}级{major}", **dict(zip(TEXTS, texts, strict=True))}
            for key, value in told.items():
                shown = published.published(key, value or "")
                if shown != (value or ""):
                    yield [number, name, told["studies"], headers[key], value, shown]


class AlumniList(DegreesExport):
    """Alumni with chosen columns, as recorded."""

    kind = "alumni-list"
    title = _("Alumni, chosen columns")
    description = _(
        "The columns you tick, with the values as they are recorded. Identity numbers stay masked."
    )
    columns = (
        Column("name", "姓名", "Name"),
        Column("name_pinyin", "姓名拼音", "Name in pinyin"),
        Column("sex", "性别", "Sex"),
        Column("birth_date", "出生日期", "Date of birth", CellKind.DATE),
        Column("nationality", "国籍", "Nationality"),
        Column("identity_mask", "证件号码（隐去）", "Identity number (masked)", CellKind.IDENTIFIER),
        Column("student_no", "学号", "Student number", CellKind.IDENTIFIER),
        Column("cohort", "届", "Cohort", CellKind.NUMBER),
        Column("college", "学院", "College"),
        Column("grade", "年级", "Grade", CellKind.NUMBER),
        Column("major", "专业", "Major"),
        Column("class", "班级", "Class"),
        Column("level", "层次", "Level"),
        Column("study_mode", "学习形式", "Study mode"),
        Column("graduated_on", "毕业日期", "Graduated", CellKind.DATE),
        Column("mobile", "手机号", "Mobile", CellKind.IDENTIFIER),
        Column("wechat", "微信号", "WeChat", CellKind.IDENTIFIER),
        Column("qq", "QQ", "QQ", CellKind.IDENTIFIER),
        Column("email", "邮箱", "E-mail"),
        Column("address", "通讯地址", "Postal address"),
        Column("employer", "工作单位", "Employer"),
        Column("post", "职务", "Post"),
        Column("identity_address", "身份证住址", "Address on the identity card"),
    )

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        labels = [(place, LABELS[key]) for place, key in enumerate(columns) if key in LABELS]
        for row in self.values(user, parameters, columns):
            cells = ["" if value is None else value for value in row]
            for place, label in labels:
                cells[place] = label(cells[place])
            yield cells
