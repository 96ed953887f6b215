"""Who imports whom, as published (G2)."""

from django.db import transaction

from leaving.choices import Certificates, Level, StudyMode
from leaving.models import ApprovalResponsibility, ImportResponsibility
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.models import Department


@transaction.atomic
def set_published_responsibilities(
    *, student_affairs: Department, graduate_school: Department, actor: User | None
) -> list[ImportResponsibility]:
    """Replaces the rows by the published ones, in this order (G2). Audited as `responsibilities.set`.

    On the job, part-time and one certificate only: the graduate school. Full-time: overseas students the college; others
    with a dispatch card student affairs, without one the college. Junior-college students are treated like undergraduates.
    """
    ImportResponsibility.objects.all().delete()
    rows = ImportResponsibility.objects.bulk_create(
        ImportResponsibility(order=order * 10, **values)
        for order, values in enumerate(
            (
                {"study_modes": [StudyMode.ON_THE_JOB, StudyMode.PART_TIME], "department": graduate_school},
                {"certificates": Certificates.ONE, "department": graduate_school},
                {"study_modes": [StudyMode.FULL_TIME], "overseas": True},
                {"study_modes": [StudyMode.FULL_TIME], "dispatch": True, "department": student_affairs},
                {"study_modes": [StudyMode.FULL_TIME], "dispatch": False},
            ),
            start=1,
        )
    )
    record(
        "responsibilities.set",
        actor=actor,
        target="leaving.importresponsibility",
        details={"rows": len(rows)},
    )
    return rows


@transaction.atomic
def set_published_approvals(
    *, registrar: Department, graduate_school: Department, actor: User | None
) -> list[ApprovalResponsibility]:
    """Replaces the rows of who approves deferrals and additions (G5, G6): postgraduates the graduate school, all others the
    registrar. Audited as `approvals.set`."""
    ApprovalResponsibility.objects.all().delete()
    rows = ApprovalResponsibility.objects.bulk_create(
        [
            ApprovalResponsibility(order=10, levels=list(Level.postgraduate()), department=graduate_school),
            ApprovalResponsibility(order=20, department=registrar),
        ]
    )
    record("approvals.set", actor=actor, details={"rows": len(rows)})
    return rows
