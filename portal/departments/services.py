"""The only writer of grants. Granting again is an upsert; every change is in the audit trail."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.models import Department, GroupGrant, UserGrant
from portal.departments.selectors import StaffReach, grants_to_persons, staff_reach
from portal.doors import one_transaction
from portal.errors import Refused


def permission_for(right: Right | str) -> Permission:
    """The permission row of a right."""
    return Permission.objects.get(
        codename=str(right), content_type__app_label="departments", content_type__model="department"
    )


@transaction.atomic
def grant(
    *,
    right: Right | str,
    department: Department,
    to: User | Group,
    actor: User | None,
    starts_on: datetime.date | None = None,
    ends_on: datetime.date | None = None,
) -> UserGrant | GroupGrant:
    """Gives `to` a right on exactly this department, from `starts_on` until `ends_on`, both days included (P2).

    Granted before, the dates are replaced. Audited as `departments.granted`.
    """
    permission = permission_for(right)
    dates = {"starts_on": starts_on, "ends_on": ends_on, "granted_by": actor}
    row: UserGrant | GroupGrant
    if isinstance(to, User):
        row, _new = UserGrant.objects.update_or_create(
            user=to, permission=permission, content_object=department, defaults=dates
        )
    else:
        row, _new = GroupGrant.objects.update_or_create(
            group=to, permission=permission, content_object=department, defaults=dates
        )
    record(
        "departments.granted",
        actor=actor,
        target=to if isinstance(to, User) else f"auth.group:{to.pk}",
        department=department.code,
        details={"right": str(right), "starts_on": starts_on, "ends_on": ends_on},
    )
    return row


@transaction.atomic
def withdraw(
    *, right: Right | str, department: Department, from_: User | Group, actor: User | None, reason: str = ""
) -> bool:
    """Takes a right away at once; returns whether there was one. Audited as `departments.withdrawn`."""
    permission = permission_for(right)
    if isinstance(from_, User):
        gone, _each = UserGrant.objects.filter(
            user=from_, permission=permission, content_object=department
        ).delete()
    else:
        gone, _each = GroupGrant.objects.filter(
            group=from_, permission=permission, content_object=department
        ).delete()
    if gone:
        record(
            "departments.withdrawn",
            actor=actor,
            target=from_ if isinstance(from_, User) else f"auth.group:{from_.pk}",
            department=department.code,
            reason=reason,
            details={"right": str(right)},
        )
    return bool(gone)


class Change(StrEnum):
    """What a list does to one grant."""

    GRANTED = "granted"
    PROLONGED = "prolonged"
    SHORTENED = "shortened"
    ENDED = "ended"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """A right that somebody shall have on a department, until a day (included) or without end."""

    user: int
    right: str
    department: int
    until: datetime.date | None

    @property
    def key(self) -> tuple[int, str, int]:
        return self.user, self.right, self.department


@dataclass(frozen=True, slots=True)
class GrantChange:
    """What became of one grant: its last day before and after (None: without end, or there was none)."""

    change: Change
    user: int
    right: str
    department: int
    before: datetime.date | None
    after: datetime.date | None


@one_transaction
def bring_grants_in_line(
    *,
    wanted: Sequence[WantedGrant],
    complete_for: Collection[int] = (),
    actor: User,
    source: models.Model | str = "",
) -> list[GrantChange]:
    """Gives, prolongs and shortens grants to persons as `wanted` says; on the departments of `complete_for` (primary keys) those
    that it does not name end today (P2). Grants to groups are left alone. A fixed number of statements.

    `actor` changes nothing but what `staff_reach` allows: what it does not is left as it is by a complete list, and refused
    (`not_allowed`) where `wanted` would change it. Returns every grant concerned with what became of it, unchanged ones too.
    Audited once as `departments.staff_list_applied`, unless nothing changed.
    """
    reach = staff_reach(actor)
    with connection.cursor() as cursor:  # two lists, one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(%s::regclass::oid::bigint)", [UserGrant._meta.db_table])
    today = timezone.localdate()
    present = _present_grants(wanted, complete_for)
    changes: list[GrantChange] = []
    for one in wanted:
        grant_there = present.pop(one.key, None)
        before = grant_there.ends_on if grant_there else None
        change = _change_to(one.until, grant_there, today)
        if change is not Change.UNCHANGED:
            _may_change(reach, one)
        changes.append(GrantChange(change, *one.key, before, one.until))
    for (user, right, department), left in present.items():
        if (
            department in complete_for
            and left.ends_on != today
            and _within_reach(reach, user, right, department)
        ):
            changes.append(GrantChange(Change.ENDED, user, right, department, left.ends_on, today))
    _write_changes(changes, actor=actor, today=today)
    _record_changes(changes, actor=actor, source=source)
    return changes


def _present_grants(
    wanted: Iterable[WantedGrant], complete_for: Collection[int]
) -> dict[tuple[int, str, int], UserGrant]:
    """The grants that the list is about, locked."""
    users = {one.user for one in wanted}
    rows = (
        grants_to_persons()
        .filter(models.Q(user__in=users) | models.Q(content_object__in=complete_for))
        .select_related("permission")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    return {(row.user_id, row.permission.codename, row.content_object_id): row for row in rows}


def _change_to(until: datetime.date | None, present: UserGrant | None, today: datetime.date) -> Change:
    if present is None or (present.starts_on or today) > today:
        return Change.GRANTED  # a list says who may do what from now on
    if present.ends_on == until:
        return Change.UNCHANGED
    later = until is None or (present.ends_on is not None and until > present.ends_on)
    return Change.PROLONGED if later else Change.SHORTENED


def _within_reach(reach: StaffReach, user: int, right: str, department: int) -> bool:
    return department in reach.departments and reach.covers(user, right)


def _may_change(reach: StaffReach, one: WantedGrant) -> None:
    if not _within_reach(reach, *one.key):
        raise Refused("not_allowed", _("You may not change some of these rights."))


def _write_changes(changes: Iterable[GrantChange], *, actor: User, today: datetime.date) -> None:
    """Two upserts at most: new grants begin today, changed ones keep their first day."""
    permissions = {
        permission.codename: permission
        for permission in Permission.objects.filter(
            content_type__app_label="departments", content_type__model="department"
        )
    }
    by_kind: dict[bool, list[UserGrant]] = {True: [], False: []}
    for one in changes:
        if one.change is not Change.UNCHANGED:
            by_kind[one.change is Change.GRANTED].append(
                UserGrant(
                    user_id=one.user,
                    permission=permissions[one.right],
                    content_object_id=one.department,
                    starts_on=today,
                    ends_on=one.after,
                    granted_by=actor,
                )
            )
    for is_new, rows in by_kind.items():
        written = ["ends_on", "granted_by", "granted_at"]
        UserGrant.objects.bulk_create(
            rows,
            batch_size=5000,
            update_conflicts=True,
            unique_fields=["user", "permission", "content_object"],
            update_fields=["starts_on", *written] if is_new else written,
        )


def _record_changes(changes: Sequence[GrantChange], *, actor: User, source: models.Model | str) -> None:
    told = [one for one in changes if one.change is not Change.UNCHANGED]
    if not told:
        return
    users = dict(User.objects.filter(pk__in={one.user for one in told}).values_list("pk", "username"))
    codes = dict(Department.objects.filter(pk__in={one.department for one in told}).values_list("pk", "code"))
    details: dict[str, list[list[object]]] = {}
    for one in told:
        line: list[object] = [users[one.user], one.right, codes[one.department], one.before, one.after]
        details.setdefault(one.change, []).append(line)
    record("departments.staff_list_applied", actor=actor, target=source, details=details)
