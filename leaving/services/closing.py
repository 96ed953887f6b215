"""Closing a cohort when its time is over, and opening it again where that was a mistake (C2)."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, PublicationState
from leaving.models import Cohort
from leaving.selectors.closing import Standing, standing_of, was_opened
from leaving.services.checkpoints import refuse_unless_may_set_up
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused


@dataclass(frozen=True, slots=True)
class Closed:
    """The cohort as it is now, and how its graduates stood when it was closed."""

    cohort: Cohort
    standing: Standing


@one_transaction
def close_cohort(*, cohort: Cohort, actor: User | None) -> Closed:
    """Ends a cohort: nothing is decided or handed in any more, questionnaires take no answers, retention begins (C1, C8, X2).

    Sheets, items and certificates stay as they are. A cohort that was never opened here, of a year before the portal, can be
    closed too. Its last day is today unless it has passed already. Audited as `cohort.closed`. Raises Refused without the right,
    when it is closed already (`cohort_closed`), or while its rules are being published (`publication_running`).
    """
    refuse_unless_may_set_up(actor)
    cohort = _held(cohort)
    if cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("%(cohort)s is closed.") % {"cohort": cohort})
    if cohort.publications.filter(state=PublicationState.REQUESTED).exists():
        raise Refused(
            "publication_running",
            _("The rules of this cohort are being published. Close it when that is done."),
        )
    today, planned = timezone.localdate(), cohort.closes_on
    before, cohort.state = cohort.state, CohortState.CLOSED
    cohort.closes_on = min(planned or today, today)
    cohort.save(update_fields=["state", "closes_on"])
    standing = standing_of(cohort)
    record(
        "cohort.closed",
        actor=actor,
        target=f"leaving.cohort:{cohort.code}",
        details={
            "before": before,
            "last_day": cohort.closes_on,
            "planned": planned,
            "graduates": standing.graduates,
            "cleared": standing.cleared,
            "not_cleared": standing.not_cleared,
        },
    )
    return Closed(cohort, standing)


@one_transaction
def reopen_cohort(*, cohort: Cohort, actor: User | None, reason: str) -> Cohort:
    """Takes the closing back, for the `reason` that the audit trail keeps: the cohort is what it was, open or in preparation.

    Sheets and items go on as they stood; what the rules or the graduates' data have changed meanwhile comes with the next
    publication. Questionnaires take answers again until their own day. What retention has deleted does not come back, and the
    last day stays as it is, for an administrator to move. Audited as `cohort.reopened`. Raises Refused without the right,
    without a reason (`reason_missing`), or when it is not closed (`cohort_not_closed`).
    """
    refuse_unless_may_set_up(actor)
    reason = reason.strip()
    if not reason:
        raise Refused("reason_missing", _("Give a reason. It stays in the history."))
    cohort = _held(cohort)
    if cohort.state != CohortState.CLOSED:
        raise Refused("cohort_not_closed", _("%(cohort)s is not closed.") % {"cohort": cohort})
    cohort.state = CohortState.OPEN if was_opened(cohort) else CohortState.PREPARED
    cohort.save(update_fields=["state"])
    record(
        "cohort.reopened",
        actor=actor,
        target=f"leaving.cohort:{cohort.code}",
        reason=reason,
        details={"state": cohort.state},
    )
    return cohort


def _held(cohort: Cohort) -> Cohort:
    return Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
