"""What the periodic sweep rings for the leaving app."""

from celery import shared_task

from leaving.services import counters


@shared_task(name="leaving.tasks.fold_counters")
def fold_counters() -> None:
    """Add the changes of counters to the totals."""
    counters.fold()
