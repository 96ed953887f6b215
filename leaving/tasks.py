"""What the periodic sweep rings for the leaving app."""

import uuid

from celery import shared_task

from leaving.services import counters, pace, reminders


@shared_task(name="leaving.tasks.fold_counters")
def fold_counters() -> None:
    """Add the changes of counters to the totals."""
    counters.fold()


@shared_task(name="leaving.tasks.measure_pace")
def measure_pace() -> None:
    """Measure what statistics keep."""
    pace.measure_open_cohorts()


@shared_task(name="leaving.tasks.start_due_reminders")
def start_due_reminders() -> None:
    """Start the scheduled reminders whose time has come."""
    reminders.start_due()


@shared_task(name="leaving.tasks.send_reminders")
def send_reminders(run_uid: str) -> None:
    """Send the reminders of one run."""
    reminders.process(uuid.UUID(run_uid))
