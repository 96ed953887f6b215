"""Who misses what, and who may collect certificates, as workbooks (C9, C10)."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from leaving.choices import ItemState, Level, OwnerKind, SheetState
from leaving.models import Certificate, ClearanceItem, Cohort, Graduate
from leaving.selectors.cohorts import cohort_choices, cohort_for
from leaving.selectors.reach import reached_by
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import colleges, departments_where, holds_anywhere
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from portal.workbooks.spec import CellKind, Column

CHUNK = 2_000
RIGHTS = (Right.EXPORT, Right.STATISTICS)
STUDENT_NO = Column("student_no", "学号", "Student number", kind=CellKind.IDENTIFIER)
NAME = Column("name", "姓名", "Name")
SCHOOL_CLASS = Column("class", "班级", "Class")


def _language() -> str:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


class OfCohort(ExportKind):
    """Of one cohort, perhaps of one college of it, within reach of the right to export or to see statistics."""

    parameters: tuple[str, ...] = ("cohort", "department")

    def may_export(self, user: User) -> bool:
        return holds_anywhere(user, *RIGHTS)

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        return self.found(user, parameters).count()

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        if parameter == "cohort":
            return cohort_choices()
        if parameter == "department":
            return [(college.code, str(college)) for college in colleges()]
        return ()

    @abstractmethod
    def found(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[Any]:
        """What was asked for, as far as it lies within reach. Raises Refused for an unknown cohort or college."""


def asked_for(parameters: Mapping[str, Any]) -> tuple[Cohort, Q]:
    """The cohort, and a condition on Graduate for the college."""
    year, code = parameters.get("cohort"), parameters.get("department")
    try:
        cohort = cohort_for(int(year) if year else None)
    except ValueError:
        raise Refused("cohort_unknown", _("Say which cohort is meant (its year).")) from None
    if not code:
        return cohort, Q()
    college = colleges().filter(code=code).first()
    if college is None:
        raise Refused("department_unknown", _("There is no college %(code)s.") % {"code": code})
    return cohort, Q(college=college)


class ClearanceExport(OfCohort):
    """A row for every item that still stands between a graduate and leaving; an office gets its own checkpoints'."""

    kind = "clearance"
    title = _("Who misses what")
    description = _("Every checkpoint that has not been passed yet, graduate by graduate.")
    columns = (
        STUDENT_NO,
        NAME,
        Column("college", "学院", "College"),
        Column("major", "专业", "Major"),
        SCHOOL_CLASS,
        Column("level", "层次", "Level"),
        Column("checkpoint", "离校环节", "Checkpoint"),
        Column("state", "状态", "State"),
        Column("reason", "原因", "Reason"),
        Column("owner", "审核单位", "Decided by"),
        Column("changed", "最近变动", "Last change"),
    )

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        items = self.found(user, parameters).order_by("sheet", "checkpoint__order", "checkpoint")
        names = {each.pk: str(each) for each in Department.objects.select_related("parent")}
        states, levels = dict(ItemState.choices), dict(Level.choices)
        english = _language() == "en"
        values = items.annotate(since=Coalesce("decided_at", "sheet__opened_at")).values_list(
            "sheet__graduate__student_no",
            "sheet__graduate__name",
            "sheet__graduate__college",
            "sheet__graduate__major__name_zh",
            "sheet__graduate__major__name_en",
            "sheet__graduate__school_class__name",
            "sheet__graduate__level",
            "checkpoint__name_zh",
            "checkpoint__name_en",
            "checkpoint__owner_kind",
            "state",
            "reason",
            "owner",
            "supervisor__name",
            "since",
        )
        for (number, name, college, major, major_en, its_class, level, checkpoint, checkpoint_en, kind, state, reason,
             owner, supervisor, since) in values.iterator(chunk_size=CHUNK):  # fmt: skip
            row = {
                "student_no": number,
                "name": name,
                "college": names[college],
                "major": (english and major_en) or major,
                "class": its_class or "",
                "level": str(levels[level]),
                "checkpoint": (english and checkpoint_en) or checkpoint,
                "state": str(states[state]),
                "reason": reason,
                "owner": (supervisor if kind == OwnerKind.SUPERVISOR else names.get(owner)) or "",
                "changed": f"{timezone.localtime(since):%Y-%m-%d %H:%M}",
            }
            yield [row[key] for key in columns]

    def found(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[ClearanceItem]:
        cohort, of_college = asked_for(parameters)
        reached = Graduate.objects.filter(reached_by(user, *RIGHTS))
        mine = list(departments_where(user, *RIGHTS).order_by().values_list("pk", flat=True))
        items = ClearanceItem.objects.filter(
            Q(sheet__graduate__in=reached) | Q(owner__in=mine),
            checkpoint__cohort=cohort,
            sheet__state=SheetState.OPEN,
            state__in=ItemState.open(),
        )
        return items.filter(sheet__graduate__in=Graduate.objects.filter(of_college)) if of_college else items


class CertificateCollection(OfCohort):
    """The cleared of a college, class by class, with room for signatures: printed, and signed at the counter."""

    kind = "certificate-collection"
    title = _("Collection of certificates")
    description = _("Who is cleared and may collect certificates, with room for a proxy's signature.")
    columns = (
        STUDENT_NO,
        NAME,
        SCHOOL_CLASS,
        Column("number", "离校证明编号", "Certificate of leaving", kind=CellKind.IDENTIFIER),
        Column("signature", "本人签名", "Signature"),
        Column("proxy", "代领人签名", "Proxy's signature"),
    )
    fixed_columns = True

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        values = (
            self.found(user, parameters)
            .order_by("sheet")  # made in the order of the class lists
            .values_list(
                "sheet__graduate__student_no",
                "sheet__graduate__name",
                "sheet__graduate__school_class__name",
                "number",
            )
        )
        for number, name, its_class, certificate in values.iterator(chunk_size=CHUNK):
            yield [number, name, its_class or "", certificate, "", ""]

    def found(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[Certificate]:
        cohort, of_college = asked_for(parameters)
        graduates = Graduate.objects.filter(of_college, reached_by(user, *RIGHTS))
        return Certificate.objects.filter(
            sheet__cohort=cohort,
            sheet__state=SheetState.CLEARED,
            sheet__graduate__in=graduates,
            revoked_at=None,
        )
