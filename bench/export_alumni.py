"""The alumni database in the published form, from PostgreSQL into an .xlsx file."""

import tempfile
import time
import zipfile
from typing import IO, Any

from django.db import connection, transaction
from import_export import fields
from import_export.resources import ModelResource

from alumni.models import Degree
from alumni.workbooks.exports import AlumniExport
from bench.framework import Benchmark, Measured, apart, register, settled
from portal.accounts.models import User
from portal.departments import demo
from portal.departments.models import Department
from portal.workbooks.services.sheets import write_sheet

ROWS = 100_000
PEER_ROWS = 20_000
COHORT = 1901  # nobody's: the benchmark may run beside real alumni

PEOPLE = """
    WITH made AS (
        INSERT INTO alumni_person (
            uid, name, name_pinyin, sort_key, sex, nationality, document_type, identity_mask, created_at
        )
        SELECT gen_random_uuid(), '张测试' || n, '', 'zhang ce shi ' || n, 'female', '', '', '', now()
        FROM generate_series(1, %(rows)s) AS n
        RETURNING id
    ), degrees AS (
        INSERT INTO alumni_degree (
            uid, person_id, cohort_year, college_id, major, grade, level, study_mode, student_no, created_at
        )
        SELECT gen_random_uuid(), id, %(cohort)s, %(college)s, '工程管理', 1897,
            CASE WHEN id %% 5 = 0 THEN 'junior' ELSE 'undergraduate' END, 'full_time', '1897' || id, now()
        FROM made
    ), contacts AS (
        INSERT INTO alumni_contactpoint (person_id, kind, value, source, is_current, recorded_at)
        SELECT id, told.kind, told.value, 'graduate', true, now()
        FROM made CROSS JOIN LATERAL (VALUES
            ('mobile', '139' || lpad(id::text, 8, '0')), ('wechat', 'wx_' || id), ('email', 'a.' || id || '@mail.example'),
            ('identity_address', '湖北省武汉市洪山区鲁磨路' || id || '号')
        ) AS told (kind, value)
    )
    INSERT INTO alumni_employment (person_id, employer, post, source, is_current, recorded_at)
    SELECT id, '示范建设集团（武汉）有限公司', '工程师', 'graduate', true, now() FROM made
"""
ROW_XML = """
    COPY (
        SELECT '<row>' || concat(
            cell(row_number() OVER ()::text), cell(name), cell(CASE sex WHEN 'male' THEN '男' ELSE '女' END),
            cell(grade || '级' || major), cell(mobile), cell(wechat), cell(email), cell(employer), cell(post),
            cell(address)
        ) || '</row>'
        FROM (
            SELECT p.name, p.sex, d.grade, d.major, m.value AS mobile, w.value AS wechat, e.value AS email,
                j.employer, j.post, a.value AS address
            FROM alumni_degree d
            JOIN alumni_person p ON p.id = d.person_id
            LEFT JOIN alumni_contactpoint m ON m.person_id = p.id AND m.kind = 'mobile' AND m.is_current
            LEFT JOIN alumni_contactpoint w ON w.person_id = p.id AND w.kind = 'wechat' AND w.is_current
            LEFT JOIN alumni_contactpoint e ON e.person_id = p.id AND e.kind = 'email' AND e.is_current
            LEFT JOIN alumni_contactpoint a
                ON a.person_id = p.id AND a.kind = 'identity_address' AND a.is_current
            LEFT JOIN alumni_employment j ON j.person_id = p.id AND j.is_current
            WHERE d.cohort_year = 1901
            ORDER BY d.level DESC, d.college_id, d.grade, d.major, d.student_no
        ) AS alumni
    ) TO STDOUT
"""
CELL = """
    CREATE FUNCTION pg_temp.cell(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT '<c t="inlineStr"><is><t>'
            || replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') || '</t></is></c>'
    $$
"""


def make_alumni(rows: int) -> None:
    """`rows` people with one degree, four contacts and an employer each."""
    college = Department.objects.filter(kind="college").order_by("pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"rows": rows, "cohort": COHORT, "college": college})


def exported(out: IO[bytes], user: User) -> int:
    """What the pipeline does for `export_workbook alumni`; `user` is a superuser."""
    export = AlumniExport()
    keys = [column.key for column in export.columns]
    with transaction.atomic():
        return write_sheet(
            out,
            file_format="xlsx",
            title="alumni",
            columns=export.columns,
            language="zh-hans",
            rows=export.rows(user, {"cohort": COHORT}, keys),
            progress=lambda done: None,
        )


def bare(out: IO[bytes]) -> int:
    """No checks, no Python per row: what PostgreSQL and deflate need for the sheet's XML."""
    with connection.cursor() as cursor:
        cursor.execute(CELL)
        with (
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
        ):
            cursor.copy_expert(ROW_XML.replace("cell(", "pg_temp.cell("), sheet)
        return int(cursor.rowcount)


class PeerResource(ModelResource):  # type: ignore[misc]
    """The same ten columns the way the library is used: a resource with methods for what is not a field."""

    name = fields.Field(attribute="person__name", column_name="姓名")
    sex = fields.Field(attribute="person__sex", column_name="性别")
    studies = fields.Field(attribute="grade_and_major", column_name="年级专业")
    mobile = fields.Field(column_name="手机号")
    wechat = fields.Field(column_name="微信号")
    email = fields.Field(column_name="邮箱")
    employer = fields.Field(column_name="工作单位")
    post = fields.Field(column_name="职务")
    identity_address = fields.Field(column_name="身份证住址")

    class Meta:
        model = Degree
        fields = [
            "id", "name", "sex", "studies", "mobile", "wechat", "email", "employer", "post", "identity_address",
        ]  # fmt: skip

    def _contact(self, degree: Degree, kind: str) -> str:
        return next((c.value for c in degree.person.contacts.all() if c.kind == kind and c.is_current), "")

    def _work(self, degree: Degree) -> Any:
        return next((work for work in degree.person.employments.all() if work.is_current), None)

    def dehydrate_mobile(self, degree: Degree) -> str:
        return self._contact(degree, "mobile")

    def dehydrate_wechat(self, degree: Degree) -> str:
        return self._contact(degree, "wechat")

    def dehydrate_email(self, degree: Degree) -> str:
        return self._contact(degree, "email")

    def dehydrate_identity_address(self, degree: Degree) -> str:
        return self._contact(degree, "identity_address")

    def dehydrate_employer(self, degree: Degree) -> str:
        work = self._work(degree)
        return work.employer if work else ""

    def dehydrate_post(self, degree: Degree) -> str:
        work = self._work(degree)
        return work.post if work else ""


def by_import_export(out: IO[bytes], rows: int = PEER_ROWS) -> int:
    """django-import-export, with the prefetching a careful user would add."""
    degrees = (
        Degree.objects.filter(cohort_year=COHORT)
        .select_related("person")
        .prefetch_related("person__contacts", "person__employments")
        .order_by("-level", "college", "grade", "major", "student_no")[:rows]
    )
    data = PeerResource().export(queryset=degrees)
    out.write(data.export("xlsx"))
    return len(data)


def in_a_file(which: str) -> int:
    """Runs one of the three into a temporary file, in the process that is measured."""
    with tempfile.TemporaryFile() as out:
        if which == "ours":
            return exported(out, User.objects.get(username="admin"))
        return bare(out) if which == "limit" else by_import_export(out)


def idle() -> int:
    """What the process takes without exporting: a query, and long enough to be seen."""
    time.sleep(0.2)
    return User.objects.count()


@register
class ExportAlumni(Benchmark):
    name = "export-alumni"
    rows = ROWS
    limit = "rows as XML built in SQL, COPY, deflate 1"
    peer = f"django-import-export's xlsx at {PEER_ROWS:,} rows, scaled by rows"

    def prepare(self) -> None:
        demo.play(0)
        make_alumni(ROWS)
        settled()
        self.idle_mb = apart(idle).peak_mb

    def ours(self) -> Measured:
        measured = apart(in_a_file, "ours")
        assert measured.answer == ROWS
        print(f"{self.name}: {measured.peak_mb or 0:.0f} MB at the most, {self.idle_mb or 0:.0f} MB idle")
        return measured

    def limit_run(self) -> Measured:
        measured = apart(in_a_file, "limit")
        assert measured.answer == ROWS
        return measured

    def peer_run(self) -> Measured:
        return apart(in_a_file, "peer").scaled(ROWS, PEER_ROWS)
