"""What the queue rings. A bell rung once too often finds nothing to do."""

from celery import shared_task

from portal.notify.services.mail import BLOCK, ring, send_waiting


@shared_task(name="portal.notify.tasks.send")
def send() -> None:
    """Sends a block of e-mails, and rings for the next so that other work gets its turn."""
    if send_waiting() == BLOCK:
        ring()
