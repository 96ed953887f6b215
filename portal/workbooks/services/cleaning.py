"""What has expired goes: files of imports and exports, and the faults, which quote them (X2)."""

import uuid
from collections.abc import Collection, Iterable

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from portal import files
from portal.workbooks.choices import BatchState, ExportState
from portal.workbooks.models import ExportJob, ImportBatch, ImportFault, Lease

AT_ONCE = 100
ORPHANS_EVERY_SECONDS = 3600


def remove_expired() -> int:
    """Remove the files whose time is over, and what is only there with them; return how many jobs lost theirs.

    An import that nobody has confirmed by then is cancelled. Jobs that are being worked on are left alone.
    """
    return _expire_imports() + _expire_exports()


@transaction.atomic
def _expire_imports() -> int:
    busy = Lease.objects.values("job_uid")
    expired = list(
        ImportBatch.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(file_uid__isnull=False, expires_at__lt=timezone.now())
        .exclude(uid__in=busy)
        .order_by("id")[:AT_ONCE]
    )
    gone = [uid for batch in expired for uid in (batch.file_uid, batch.errors_uid) if uid]
    keys = [batch.pk for batch in expired]
    ImportFault.objects.filter(batch__in=keys).delete()
    batches = ImportBatch.objects.filter(pk__in=keys)
    batches.exclude(state__in=BatchState.final()).update(
        state=BatchState.CANCELLED, error_code="expired", finished_at=timezone.now()
    )
    batches.update(file_uid=None, errors_uid=None)
    transaction.on_commit(lambda: _delete(gone))
    return len(expired)


@transaction.atomic
def _expire_exports() -> int:
    expired = list(
        ExportJob.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(file_uid__isnull=False, expires_at__lt=timezone.now())
        .order_by("id")[:AT_ONCE]
    )
    gone = [job.file_uid for job in expired if job.file_uid]
    ExportJob.objects.filter(pk__in=[job.pk for job in expired]).update(
        state=ExportState.EXPIRED, file_uid=None
    )
    transaction.on_commit(lambda: _delete(gone))
    return len(expired)


def sweep_orphans_now_and_then() -> int:
    """Remove private files that no row names, about once an hour; return how many."""
    if not cache.add("workbooks:orphans-swept", 1, ORPHANS_EVERY_SECONDS):
        return 0
    return files.sweep_orphans()


def claimed(uids: Collection[uuid.UUID]) -> Iterable[uuid.UUID]:
    """Those of some files that an import or an export names."""
    for rows, field in (
        (ImportBatch.objects, "file_uid"),
        (ImportBatch.objects, "errors_uid"),
        (ExportJob.objects, "file_uid"),
    ):
        yield from rows.filter(**{f"{field}__in": uids}).values_list(field, flat=True)


def _delete(uids: Iterable[uuid.UUID]) -> None:
    for uid in uids:
        files.delete(uid)
