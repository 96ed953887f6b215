"""What the queue rings: fetch and delegate. A bell rung once too often finds nothing to do."""

import uuid

from celery import shared_task

from portal.workbooks.services import cleaning, exports, imports, leases


@shared_task(name="portal.workbooks.tasks.process_batch")
def process_batch(batch_uid: str) -> None:
    """Check or apply an import."""
    imports.process(uuid.UUID(batch_uid))


@shared_task(name="portal.workbooks.tasks.process_export")
def process_export(job_uid: str) -> None:
    """Prepare an export."""
    exports.process(uuid.UUID(job_uid))


@shared_task(name="portal.workbooks.tasks.sweep")
def sweep() -> None:
    """Ring for what was forgotten, remove what has expired."""
    leases.ring_again()
    cleaning.remove_expired()
    cleaning.sweep_orphans_now_and_then()
