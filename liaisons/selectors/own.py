"""Where a person stands: as nominee, as liaison, as member of a class."""

from dataclasses import dataclass

from leaving.models import Graduate
from liaisons.choices import NominationState
from liaisons.models import Appointment, LiaisonRound, Nomination
from liaisons.selectors.classmates import own_appointments
from liaisons.selectors.rounds import own_graduates
from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the person's graduate records with its round, its latest nomination and its latest appointment."""

    graduate: Graduate
    round: LiaisonRound | None
    nomination: Nomination | None
    appointment: Appointment | None

    @property
    def may_nominate(self) -> bool:
        """Can the form be filled in today?"""
        if self.round is None or not self.round.takes_nominations or self.appointment_in_force:
            return False
        return self.nomination is None or self.nomination.state in (
            NominationState.PROPOSED,
            *NominationState.closed(),
        )

    @property
    def proposed(self) -> bool:
        """Does the class's recommendation wait for an answer?"""
        return self.nomination is not None and self.nomination.state == NominationState.PROPOSED

    @property
    def appointment_in_force(self) -> Appointment | None:
        return self.appointment if self.appointment and self.appointment.in_force else None


def standings(user: User) -> list[Standing]:
    """All of the person's records, the latest first; three queries."""
    graduates = list(own_graduates(user))
    if not graduates:
        return []
    nominations = {
        each.graduate_id: each for each in Nomination.objects.filter(graduate__in=graduates).order_by("pk")
    }
    appointments: dict[int, Appointment] = {}
    for each in own_appointments(user).order_by("pk"):
        held = appointments.get(each.graduate_id)
        if (
            held is None or not held.in_force
        ):  # a renewal that has yet to begin does not hide the term that runs
            appointments[each.graduate_id] = each
    return [
        Standing(
            graduate,
            getattr(graduate.cohort, "liaison_round", None),
            nominations.get(graduate.pk),
            appointments.get(graduate.pk),
        )
        for graduate in graduates
    ]
