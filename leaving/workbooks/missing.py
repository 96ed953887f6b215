"""Who misses what, a line for each graduate, with whom to turn to (C10, P7)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leaving.choices import ItemState, Level, SheetState
from leaving.models import CheckpointRule, ClearanceItem, ClearanceSheet, Graduate
from leaving.selectors.reach import reached_by
from leaving.selectors.sheets import reason_of
from leaving.selectors.statistics import (
    OutOfReach,
    Selection,
    classes_of,
    sees_statistics,
    select,
    sights_of,
)
from leaving.workbooks.clearance import CHUNK, NAME, SCHOOL_CLASS, STUDENT_NO, OfCohort, asked_for
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.errors import Refused
from portal.localized import localized
from portal.workbooks.spec import CellKind, Column


class MissingExport(OfCohort):
    """What the statistics' list of names shows to the same person; an office reads of its own checkpoints only.

    Telephone and e-mail address stand there where the person may see or export the graduate, or looks after the class.
    """

    kind = "missing"
    parameters = ("cohort", "department", "selection")
    carried = "selection"  # what the page of statistics was narrowed down to, as its address says it
    title = _("Who misses what, by graduate")
    description = _(
        "A line for each graduate: what is missing, why, the counsellor, and how to reach the graduate."
    )
    columns = (
        STUDENT_NO,
        NAME,
        Column("college", "学院", "College"),
        SCHOOL_CLASS,
        Column("level", "层次", "Level"),
        Column("counsellor", "辅导员", "Counsellor"),
        Column("number", "未办结项数", "Items missing"),
        Column("missing", "未办结环节", "Missing checkpoints"),
        Column("reasons", "原因", "Reasons"),
        Column("mobile", "手机号", "Mobile", kind=CellKind.IDENTIFIER),
        Column("email", "邮箱", "E-mail"),
    )

    def may_export(self, user: User) -> bool:
        return sees_statistics.allows(user)

    def count(self, user: User, parameters: Mapping[str, Any]) -> int | None:
        return self.found(user, parameters).order_by().values("sheet").distinct().count()

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        colleges = {each.pk: localized(each, "name") for each in Department.objects.all()}
        rules = {rule.pk: rule for rule in CheckpointRule.objects.all()}
        levels, comma, semicolon = dict(Level.choices), _now(", "), _now("; ")
        known = Graduate.objects.filter(
            reached_by(user, Right.VIEW_GRADUATES, Right.EXPORT) | Q(school_class__in=classes_of(user))
        )
        items = (
            self.found(user, parameters)
            .annotate(reachable=Exists(known.filter(pk=OuterRef("sheet__graduate"))))
            .select_related("checkpoint", "sheet__graduate__school_class__counsellor")
            .defer("sheet__graduate__identity_cipher")
            .order_by("sheet", "checkpoint__order", "checkpoint")
        )
        for _sheet, group in groupby(items.iterator(chunk_size=CHUNK), key=lambda item: item.sheet_id):
            missing = list(group)
            first, graduate = missing[0], missing[0].sheet.graduate
            its_class = graduate.school_class
            reasons = []
            for item in missing:
                item.rule = rules.get(item.rule_id or 0)
                if reason := reason_of(item):
                    reasons.append(f"{localized(item.checkpoint, 'name')}: {reason}")
            row = {
                "student_no": graduate.student_no,
                "name": graduate.name,
                "college": colleges[graduate.college_id],
                "class": its_class.name if its_class else "",
                "level": str(levels[graduate.level]),
                "counsellor": its_class.counsellor.name if its_class and its_class.counsellor else "",
                "number": len(missing),
                "missing": comma.join(localized(item.checkpoint, "name") for item in missing),
                "reasons": semicolon.join(reasons),
                "mobile": graduate.mobile if first.reachable else "",
                "email": graduate.email if first.reachable else "",
            }
            yield [row[key] for key in columns]

    def told(self, carried: str, user: User) -> str:
        selection = _selected(carried, user)
        return selection.told if selection else ""

    def found(self, user: User, parameters: Mapping[str, Any]) -> QuerySet[ClearanceItem]:
        if carried := parameters.get("selection"):
            selection = _selected(carried, user)
            if selection is None:
                raise Refused("out_of_reach", _now("You cannot see these graduates (any more)."))
            return ClearanceItem.objects.filter(
                selection.items(), sheet__in=selection.late(), state__in=ItemState.open()
            )
        cohort, of_college = asked_for(parameters)
        whole, offices = Q(pk__in=[]), []
        for sight in sights_of(user):
            if sight.office:
                offices.append(sight.office)
            else:
                whole |= sight.reach()
        sheets = ClearanceSheet.objects.filter(cohort=cohort, state=SheetState.OPEN)
        if of_college:
            sheets = sheets.filter(graduate__in=Graduate.objects.filter(of_college))
        items = ClearanceItem.objects.filter(sheet__in=sheets, state__in=ItemState.open())
        return items.filter(Q(sheet__in=sheets.filter(whole)) | Q(owner__in=offices))


def _selected(carried: str, user: User) -> Selection | None:
    try:
        return select(user, dict(parse_qsl(carried)))
    except OutOfReach:
        return None
