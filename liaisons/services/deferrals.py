"""What becomes of nominations and appointments of those who graduate later, and back (G5)."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from liaisons.choices import EndReason, NominationState
from liaisons.models import Appointment, Nomination
from liaisons.models.rounds import AT_MOST
from portal.accounts.models import User
from portal.audit.services import record


@transaction.atomic
def take_off_rosters(*, graduate_ids: Sequence[int], actor: User) -> None:
    """Withdraws the open nominations of these graduates and ends their appointments, as of yesterday: they graduate with others.

    What it takes to undo it stays with each. Audited as `liaisons.deferred` when there was something.
    """
    open_ = Nomination.objects.filter(graduate__in=graduate_ids).exclude(
        state__in=(NominationState.APPOINTED, *NominationState.closed())
    )
    nominations = open_.update(deferred_from=F("state"), state=NominationState.WITHDRAWN)
    running = Appointment.objects.filter(graduate__in=graduate_ids, end_reason="")
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    appointments = running.update(end_reason=EndReason.DEFERRED, ended_on=yesterday)
    if nominations or appointments:
        record(
            "liaisons.deferred",
            actor=actor,
            details={"nominations": nominations, "appointments": appointments},
        )


@transaction.atomic
def put_back_on_rosters(*, graduate_ids: Sequence[int], actor: User) -> None:
    """The deferral was undone: nominations wait where they waited, appointments hold again.

    Those of the cohort that the graduates are back in only: what an earlier deferral took from them, that one's undoing returns.
    An appointment takes another seat of its class when its own was given away; without a free one it stays ended, and the audit
    entry `liaisons.deferral_undone` names it.
    """
    withdrawn = Nomination.objects.filter(
        graduate__in=graduate_ids, round__cohort=F("graduate__cohort")
    ).exclude(deferred_from="")
    nominations = withdrawn.update(state=F("deferred_from"), deferred_from="")
    ended = Appointment.objects.filter(
        graduate__in=graduate_ids, cohort=F("graduate__cohort"), end_reason=EndReason.DEFERRED
    )
    restored, left = 0, []
    for appointment in ended.order_by("pk").select_for_update(of=("self",)):
        seat = _free_seat(appointment)
        if seat is None:
            left.append(appointment.number)
            continue
        appointment.seat, appointment.end_reason, appointment.ended_on = seat, "", None
        appointment.save(update_fields=["seat", "end_reason", "ended_on"])
        restored += 1
    if nominations or restored or left:
        record(
            "liaisons.deferral_undone",
            actor=actor,
            details={"nominations": nominations, "appointments": restored, "without_seat": left},
        )


def _free_seat(appointment: Appointment) -> int | None:
    """Its own seat if nobody has taken it, else another one of the same class or major."""
    of_unit = (
        {"school_class": appointment.school_class_id}
        if appointment.school_class_id
        else {"school_class": None, "cohort": appointment.cohort_id, "major": appointment.major_id}
    )
    taken = set(Appointment.objects.filter(end_reason="", **of_unit).values_list("seat", flat=True))
    seats = [appointment.seat, *(seat for seat in range(1, AT_MOST + 1) if seat != appointment.seat)]
    return next((seat for seat in seats if seat not in taken), None)
