"""What the periodic sweep rings for the leaving app."""

import uuid

from celery import shared_task

from leaving.services import counters, publications


@shared_task(name="leaving.tasks.fold_counters")
def fold_counters() -> None:
    """Add the changes of counters to the totals."""
    counters.fold()


@shared_task(name="leaving.tasks.publish_rules")
def publish_rules(job_uid: str) -> None:
    """Bring the sheets of a cohort in line with its rules."""
    publications.process(uuid.UUID(job_uid))
