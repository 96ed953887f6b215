"""News from the left: who is deferred leaves the rosters in the same transaction, and comes back with the undo (G5)."""

from collections.abc import Sequence

from django.dispatch import receiver

from leaving.signals import deferrals_undone, graduates_deferred
from liaisons.services.deferrals import put_back_on_rosters, take_off_rosters
from portal.accounts.models import User


@receiver(graduates_deferred, dispatch_uid="liaisons.take_off_deferred")
def take_off_deferred(*, graduate_ids: Sequence[int], actor: User, **kwargs: object) -> None:
    take_off_rosters(graduate_ids=graduate_ids, actor=actor)


@receiver(deferrals_undone, dispatch_uid="liaisons.put_back_undone")
def put_back_undone(*, graduate_ids: Sequence[int], actor: User, **kwargs: object) -> None:
    put_back_on_rosters(graduate_ids=graduate_ids, actor=actor)
