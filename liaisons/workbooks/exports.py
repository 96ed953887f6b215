"""The college's summary table of its liaisons (汇总表), as it is handed in to the alumni centre (L2)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from leaving.selectors.cohorts import cohort_for
from liaisons.choices import NominationState
from liaisons.models import Appointment, Nomination
from liaisons.selectors.reach import reach_of
from liaisons.selectors.rounds import rounds
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import holds_anywhere, within
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from portal.workbooks.spec import CellKind, Column

CHUNK = 2_000
# What the college has recommended: its opinion was favourable, and nobody's after it was not.
RECOMMENDED_BY_THE_COLLEGE = (NominationState.CENTRE, NominationState.RECOMMENDED, NominationState.APPOINTED)


class LiaisonSummary(ExportKind):
    """Exactly the published columns, in Chinese, college by college."""

    kind = "liaison-summary"
    title = _("Summary table of liaisons")
    description = _("Whom the colleges recommend as liaisons, in the published form.")
    columns = (
        Column("number", "序号", "No.", kind=CellKind.NUMBER),
        Column("name", "姓名", "Name"),
        Column("college", "学院", "College"),
        Column("class", "专业班级", "Major and class"),
        Column("mobile", "联系电话", "Telephone", kind=CellKind.IDENTIFIER),
        Column("wechat", "微信", "WeChat", kind=CellKind.IDENTIFIER),
        Column("note", "备注", "Notes"),
    )
    fixed_columns = True
    language = "zh-hans"
    parameters = ("cohort", "department")

    def may_export(self, user: User) -> bool:
        return reach_of(user).anywhere and holds_anywhere(user, Right.EXPORT)

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        found = self.nominations(user, parameters).annotate(
            letter=Subquery(
                Appointment.objects.filter(nomination=OuterRef("pk")).order_by("-pk").values("number")[:1]
            )
        )
        ordered = found.order_by("college__order", "college__code", "class_title", "pk").values_list(
            "name", "college__name_zh", "class_title", "mobile", "wechat", "student_office", "letter"
        )
        for number, row in enumerate(ordered.iterator(chunk_size=CHUNK), start=1):
            *said, office, letter = row
            note = "；".join(filter(None, [office, f"聘书 {letter}" if letter else ""]))
            yield (number, *said, note)

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        return self.nominations(user, parameters).count()

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        if parameter == "cohort":
            return [(str(each.cohort.year), str(each.cohort)) for each in rounds()]
        if parameter == "department":
            mine = self._reached(user).order_by().values("college")
            return [(each.code, str(each)) for each in Department.objects.filter(pk__in=mine)]
        return ()

    def nominations(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[Nomination]:
        """The nominations asked for, as far as `user` may take them out; without a cohort those of the open one.

        Raises Refused when a cohort or college is named that is not there.
        """
        year = parameters.get("cohort")
        cohort = cohort_for(int(year) if year else None)
        found = self._reached(user).filter(round__cohort=cohort, state__in=RECOMMENDED_BY_THE_COLLEGE)
        if code := parameters.get("department"):
            if not Department.objects.filter(code=code).exists():
                raise Refused("department_unknown", _("There is no college %(code)s.") % {"code": code})
            found = found.filter(college__code=code)
        return found

    def _reached(self, user: User) -> QuerySet[Nomination]:
        return Nomination.objects.filter(reach_of(user).managed).filter(within(user, "college", Right.EXPORT))
