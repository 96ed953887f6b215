"""News from the left: what is cleared in `leaving` becomes an alumni record in the same transaction, and back (C9); what is
brought up to date afterwards goes on to the record (G7)."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.dispatch import receiver

from alumni.services.people import record_graduates, withdraw_graduates
from leaving.models import Graduate
from leaving.signals import graduates_updated, sheets_cleared, sheets_reopened
from portal.accounts.models import User


@receiver(sheets_cleared, dispatch_uid="alumni.record_cleared")
def record_cleared(*, graduate_ids: Sequence[int], actor: User | None, **kwargs: object) -> None:
    record_graduates(graduate_ids=graduate_ids, actor=actor)


@receiver(sheets_reopened, dispatch_uid="alumni.withdraw_reopened")
def withdraw_reopened(*, graduate_ids: Sequence[int], actor: User | None, **kwargs: object) -> None:
    withdraw_graduates(graduate_ids=graduate_ids, actor=actor)


@receiver(graduates_updated, dispatch_uid="alumni.record_updated")
def record_updated(*, graduates: QuerySet[Graduate], actor: User | None, **kwargs: object) -> None:
    alumni = graduates.filter(degree__isnull=False, degree__withdrawn_at=None)
    record_graduates(graduate_ids=list(alumni.order_by("pk").values_list("pk", flat=True)), actor=actor)
