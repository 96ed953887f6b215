"""The only writer of grants. Granting again is an upsert; every change is in the audit trail."""

import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.models import Department, GroupGrant, UserGrant


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
        row, _ = UserGrant.objects.update_or_create(
            user=to, permission=permission, content_object=department, defaults=dates
        )
    else:
        row, _ = GroupGrant.objects.update_or_create(
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
        gone, _ = UserGrant.objects.filter(
            user=from_, permission=permission, content_object=department
        ).delete()
    else:
        gone, _ = GroupGrant.objects.filter(
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
