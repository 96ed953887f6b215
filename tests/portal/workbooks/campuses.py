"""A kind of workbook for the tests of the pipeline: campuses, a table of the house with a unique code."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import openpyxl
from django.db.models import Q

from portal.accounts.models import User
from portal.departments.models import Campus, Department
from portal.errors import Refused
from portal.workbooks import exports, runs
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row
from portal.workbooks.spec import CellKind, Choice, Column

COLUMNS = (
    Column("code", "代码", "Code", CellKind.IDENTIFIER, required=True, max_length=32),
    Column("name_zh", "名称", "Name", required=True, max_length=60),
    Column("name_en", "英文名称", "English name"),
    Column(
        "active",
        "启用",
        "In use",
        CellKind.CHOICE,
        choices=(Choice("yes", "是", "Yes"), Choice("no", "否", "No")),
    ),
)


class CampusRun(runs.Run):
    def __init__(self, batch: ImportBatch) -> None:
        code = batch.parameters.get("department", "dormitory")
        office = Department.objects.filter(code=code).first()
        if office is None:
            raise Refused("department_unknown", f"There is no department {code}.")
        self.office = office
        self.rows: dict[str, tuple[int, Sequence[Any]]] = {}
        self.double: list[Fault] = []

    def check(self, rows: Sequence[Row]) -> Iterator[Fault]:
        for number, values in rows:
            code, name = values[0], values[1]
            if name is not None and len(name) < 2:
                yield Fault(number, "name_zh", "too_short")
            if code in self.rows:
                self.double.append(Fault(number, "code", "double", code, {"first": self.rows[code][0]}))
            elif code is not None:
                self.rows[code] = (number, values)

    def finish(self) -> Iterable[Fault]:
        return self.double

    def apply(self) -> Outcome:
        created = updated = unchanged = 0
        known = {campus.code: campus for campus in Campus.objects.select_for_update().order_by("pk")}
        for code, (_, (_, name_zh, name_en, active)) in self.rows.items():
            wanted = {"name_zh": name_zh, "name_en": name_en or "", "is_active": active != "no"}
            campus = known.get(code)
            if campus is None:
                Campus.objects.create(code=code, dormitory_office=self.office, **wanted)
                created += 1
            elif any(getattr(campus, field) != value for field, value in wanted.items()):
                Campus.objects.filter(pk=campus.pk).update(**wanted)
                updated += 1
            else:
                unchanged += 1
        return Outcome(created, updated, unchanged)


class CampusWorkbook(runs.Workbook):
    kind = "campuses"
    title = "校区"
    columns = COLUMNS
    parameters = ("department",)
    messages: Mapping[str, tuple[str, str]] = {
        "too_short": ("The name “%(value)s” is too short.", "Write the full name."),
        "double": ("The code %(value)s stands in row %(first)s already.", "Delete one of the rows."),
    }

    def may_hand_in(self, user: User) -> bool:
        return user.is_superuser or user.username.startswith("clerk")

    def run(self, batch: ImportBatch) -> CampusRun:
        return CampusRun(batch)

    def overseen_by(self, user: User) -> Q:
        return Q() if user.username == "clerk-head" else Q(pk__in=[])


class CampusExport(exports.ExportKind):
    kind = "campuses"
    title = "校区"
    columns = COLUMNS[:3]

    def may_export(self, user: User) -> bool:
        return user.is_superuser or user.username.startswith("clerk")

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        return Campus.objects.order_by("code").values_list(*columns).iterator(chunk_size=100)

    def count(self, user: User, parameters: Mapping[str, Any]) -> int:
        return Campus.objects.count()


def sheet(*rows: Sequence[Any], header: Sequence[str] = ("代码", "名称", "英文名称", "启用")) -> BytesIO:
    """A workbook of one sheet, as a file."""
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(list(row))
    out = BytesIO()
    book.save(out)
    out.seek(0)
    return out
