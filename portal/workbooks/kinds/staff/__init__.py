"""The `staff` workbook: the yearly list of who may do what in which department until when (P2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere
from portal.departments.services import Change
from portal.workbooks.kinds.staff.columns import COLUMNS
from portal.workbooks.kinds.staff.export import managed_departments
from portal.workbooks.kinds.staff.messages import MESSAGES
from portal.workbooks.kinds.staff.names import Departments
from portal.workbooks.kinds.staff.run import StaffRun
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Difference, Workbook

_TITLES: Mapping[Change, tuple[str | Promise, str]] = {
    Change.GRANTED: (_("Granted"), "success"),
    Change.PROLONGED: (_("Prolonged"), "success"),
    Change.SHORTENED: (_("Shortened"), "warning"),
    Change.ENDED: (_("Ended"), "error"),
    Change.UNCHANGED: (_("Unchanged"), "neutral"),
}
_HEADERS = (_("Staff number"), _("Name"), _("Department"), _("Right"), _("Until, before"), _("Until, after"))


class StaffWorkbook(Workbook):
    """Which rows a person may hand in is asked row by row (`portal.departments.selectors.staff_reach`)."""

    kind = "staff"
    title = _("Staff list")
    columns = COLUMNS
    parameters = ("department", "snapshot")
    labels = {"snapshot": _("The list is complete: rights that are not on it end today")}
    messages = MESSAGES

    def may_hand_in(self, user: User) -> bool:
        return holds_anywhere(user, Right.MANAGE_STAFF)

    def run(self, batch: ImportBatch) -> StaffRun:
        """Raises Refused when the department is not one whose staff the actor manages."""
        return StaffRun(batch)

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        return managed_departments(user) if parameter == "department" else ()

    def told_difference(self, difference: Mapping[str, Any]) -> Sequence[Difference]:
        departments = Departments().by_code
        return [
            Difference(
                title,
                tone,
                _HEADERS,
                [_told(line, departments, change) for line in difference[change]],
                folded=change is Change.UNCHANGED,
            )
            for change, (title, tone) in _TITLES.items()
            if difference.get(change)
        ]


def _told(line: Sequence[Any], departments: Mapping[str, Any], change: Change) -> list[str]:
    number, name, code, right, before, after = line
    label = str(Right(right).label) if right in Right.values else right
    without_end = str(_("without end"))
    was = "–" if change is Change.GRANTED else before or without_end
    return [number, name, str(departments.get(code, code)), label, was, after or without_end]
