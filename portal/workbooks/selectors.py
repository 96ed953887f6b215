"""Who sees which imports and exports, and where they are."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from portal.accounts.access import Rule
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import holds_university_wide
from portal.workbooks import exports, runs
from portal.workbooks.models import ExportJob, ImportBatch, Lease, LeasedJob


def kinds_for(user: User | AnonymousUser) -> list[runs.Workbook]:
    """The kinds of workbook that this person may hand in."""
    if not user.is_authenticated or not user.is_active:
        return []
    return [kind for kind in runs.kinds().values() if kind.may_hand_in(user)]


def exports_for(user: User | AnonymousUser) -> list[exports.ExportKind]:
    """The kinds of export that this person may take out."""
    if not user.is_authenticated or not user.is_active:
        return []
    return [kind for kind in exports.kinds().values() if kind.may_export(user)]


def oversees_all(user: User | AnonymousUser) -> bool:
    """May this person look at what others did (auditors)?"""
    return user.is_authenticated and holds_university_wide(user, Right.VIEW_AUDIT)


def batches_visible_to(user: User | AnonymousUser) -> QuerySet[ImportBatch]:
    """One's own imports, and those of a kind and department that one oversees; who reads the audit trail sees all."""
    if not user.is_authenticated or not user.is_active:
        return ImportBatch.objects.none()
    if oversees_all(user):
        return ImportBatch.objects.all()
    visible = Q(actor=user)
    for kind in runs.kinds().values():
        visible |= Q(kind=kind.kind) & kind.overseen_by(user)
    return ImportBatch.objects.filter(visible)


def exports_visible_to(user: User | AnonymousUser) -> QuerySet[ExportJob]:
    """One's own exports; who reads the audit trail sees all of them, though not their content."""
    if not user.is_authenticated or not user.is_active:
        return ExportJob.objects.none()
    return ExportJob.objects.all() if oversees_all(user) else ExportJob.objects.filter(actor=user)


may_see_imports = Rule(
    "hands in workbooks or audits", lambda user: bool(kinds_for(user)) or oversees_all(user)
)
may_hand_in = Rule("hands in workbooks", lambda user: bool(kinds_for(user)))
may_see_exports = Rule("exports or audits", lambda user: bool(exports_for(user)) or oversees_all(user))
may_export = Rule("exports", lambda user: bool(exports_for(user)))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. `running`: a worker has it; else it waits for one."""

    running: bool
    done: int
    total: int | None
    attempts: int
    cancelling: bool


def progress_of(job: LeasedJob) -> Progress | None:
    """How far a job is; None when it is at rest."""
    lease = Lease.objects.filter(job_uid=job.uid).first()
    if lease is None:
        return None
    return Progress(bool(lease.owner), lease.progress, lease.total, lease.attempts, lease.cancel_requested)
