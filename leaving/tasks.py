"""What the clock starts, and what the queue rings for. The services do the work."""

import uuid

from celery import shared_task

from leaving.services import answers, counters, deliveries, pace, publications, reminders, retention, telling


@shared_task(name="leaving.tasks.fold_counters")
def fold_counters() -> None:
    """Add the changes of counters to the totals."""
    counters.fold()


@shared_task(name="leaving.tasks.apply_delivery")
def apply_delivery(delivery_uid: str) -> None:
    """Apply the deliveries of obligations that wait in a feed."""
    deliveries.process(uuid.UUID(delivery_uid))


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


@shared_task(name="leaving.tasks.tend_questionnaires")
def tend_questionnaires() -> None:
    """Close the questionnaires that are over, move the anonymous answers that wait."""
    answers.close_those_whose_time_has_come()
    for pk in answers.with_answers_to_move():
        answers.move_answers(questionnaire_id=pk)
    answers.delete_late_drafts()


@shared_task(name="leaving.tasks.publish_rules")
def publish_rules(job_uid: str) -> None:
    """Bring the sheets of a cohort in line with its rules."""
    publications.process(uuid.UUID(job_uid))


@shared_task(name="leaving.tasks.remove_old_evidence")
def remove_old_evidence() -> None:
    """Delete what was handed in and has served its purpose."""
    retention.remove_what_has_served_its_purpose()


@shared_task(name="leaving.tasks.tell_news")
def tell_news(uid: str) -> None:
    """Tell graduates what has become of their items and sheets."""
    telling.process(uuid.UUID(uid))
