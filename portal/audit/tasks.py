from celery import shared_task

from portal.audit import services


@shared_task(name="portal.audit.tasks.seal")
def seal() -> None:
    """Seals what is new in the audit trail, a block at a time."""
    while services.seal():
        pass
