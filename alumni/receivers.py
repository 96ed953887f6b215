"""News from the left: what is cleared in `leaving` becomes an alumni record in the same transaction, and back (C9)."""

from collections.abc import Sequence

from django.dispatch import receiver

from alumni.services.people import record_graduates, withdraw_graduates
from leaving.signals import sheets_cleared, sheets_reopened
from portal.accounts.models import User


@receiver(sheets_cleared, dispatch_uid="alumni.record_cleared")
def record_cleared(*, graduate_ids: Sequence[int], actor: User | None, **kwargs: object) -> None:
    record_graduates(graduate_ids=graduate_ids, actor=actor)


@receiver(sheets_reopened, dispatch_uid="alumni.withdraw_reopened")
def withdraw_reopened(*, graduate_ids: Sequence[int], actor: User | None, **kwargs: object) -> None:
    withdraw_graduates(graduate_ids=graduate_ids, actor=actor)
