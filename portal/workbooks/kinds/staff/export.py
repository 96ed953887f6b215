"""The staff list as it stands, in the form in which it comes back (P2)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import below, grants_to_persons, holds_anywhere, staff_reach
from portal.errors import Refused
from portal.workbooks.exports import ExportKind
from portal.workbooks.kinds.staff.columns import COLUMNS, KEYS
from portal.workbooks.kinds.staff.names import Departments, told


class StaffExport(ExportKind):
    """Grants to persons on the departments whose staff one manages; a row for each person, department and last day."""

    kind = "staff"
    title = _("Staff list")
    description = _("Who may do what in which department until when: the beginning of next year's list.")
    columns = COLUMNS
    fixed_columns = True
    parameters = ("department",)

    def may_export(self, user: User) -> bool:
        return holds_anywhere(user, Right.MANAGE_STAFF)

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        departments = Departments()
        reached = staff_reach(user).departments
        code = parameters.get("department")
        if code:
            chosen = departments.by_code.get(str(code))
            if chosen is None or chosen.pk not in reached:
                raise Refused(
                    "department_unknown",
                    _now("There is no department %(code)s whose staff is yours to manage.") % {"code": code},
                )
            reached = below({chosen.pk})
        grants = (
            grants_to_persons()
            .filter(content_object__in=reached & departments.by_pk.keys(), user__is_active=True)
            .order_by("content_object__order", "content_object__code", "user__username", "ends_on", "pk")
            .values_list(
                "user__username", "user__name", "content_object_id", "ends_on", "permission__codename"
            )
        )
        places = [KEYS.index(key) for key in columns]
        for (number, name, department, until), rights in groupby(
            grants.iterator(chunk_size=2000), key=lambda row: row[:4]
        ):
            where = departments.by_pk[department]
            written = str(where) if len(departments.named(str(where))) == 1 else where.code
            cells = (number, name, written, told(right for *_rest, right in rights), until)
            yield [cells[place] for place in places]

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        return managed_departments(user)


def managed_departments(user: User) -> list[tuple[str, str]]:
    """The departments whose staff `user` manages, as code and name."""
    reached = staff_reach(user).departments
    return [(row.code, str(row)) for row in Departments().by_pk.values() if row.pk in reached]
