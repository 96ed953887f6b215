"""Publishing the rules of a cohort in the background: that brings its sheets in line (decisions 9 and 13)."""

import uuid
from contextlib import suppress

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from leaving.choices import PublicationState
from leaving.models import Cohort, RulesPublication
from leaving.selectors.applicability import checkpoints_of
from leaving.selectors.rules import fingerprint
from leaving.services.checkpoints import refuse_unless_may_set_up
from leaving.services.cohorts import open_cohort, refuse_unless_can_be_opened
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import Refused
from portal.workbooks.services import leases

TASK = "leaving.tasks.publish_rules"


@transaction.atomic
def request_publication(*, cohort: Cohort, actor: User, seen: str) -> RulesPublication:
    """Has a worker open the cohort, or bring its sheets in line with the rules; returns the job.

    `seen` is the fingerprint of the rules that the person was shown. Audited as `rules.publication_requested`. Raises Refused
    without the right, where the cohort cannot be opened, while another publication runs (`publication_running`), or when the
    rules have been edited since (`rules_changed`).
    """
    refuse_unless_may_set_up(actor)
    cohort = Cohort.objects.select_for_update(no_key=True).get(pk=cohort.pk)
    checkpoints = checkpoints_of(cohort.pk)
    refuse_unless_can_be_opened(cohort, checkpoints)
    if cohort.publications.filter(state=PublicationState.REQUESTED).exists():
        raise Refused("publication_running", _("The rules of this cohort are being published already."))
    if fingerprint(checkpoints) != seen:
        raise _edited_since()
    job = RulesPublication.objects.create(cohort=cohort, actor=actor, fingerprint=seen)
    record("rules.publication_requested", actor=actor, target=job, details={"cohort": cohort.code})
    leases.open_lease(job.uid, task=TASK)
    return job


def process(job_uid: uuid.UUID) -> None:
    """What a worker does when the bell rings. Nothing happens when there is nothing to do."""
    taken = leases.take(job_uid)
    if taken is None:
        return
    job = RulesPublication.objects.select_related("actor", "cohort").get(uid=job_uid)
    with suppress(leases.LeaseLost), translation.override(job.actor.language):
        _work(job, taken)


def _work(job: RulesPublication, taken: leases.Taken) -> None:
    if taken.exhausted:
        return _rest(job, taken, PublicationState.FAILED, code="attempts_exhausted")
    try:
        with leases.attempt(
            taken,
            failed=lambda error: _rest(job, taken, PublicationState.FAILED, code="internal"),
            tells=(Refused,),
        ):
            _publish(job, taken)
    except Refused as refused:
        _rest(job, taken, PublicationState.REFUSED, code=refused.code, message=str(refused))
    return None


@transaction.atomic
def _publish(job: RulesPublication, taken: leases.Taken) -> None:
    """The sheets, the job and its lease in one transaction."""
    Cohort.objects.select_for_update(no_key=True).get(pk=job.cohort_id)
    if fingerprint(checkpoints_of(job.cohort_id)) != job.fingerprint:
        raise _edited_since()
    done = open_cohort(cohort=job.cohort, actor=job.actor)
    RulesPublication.objects.filter(pk=job.pk).update(
        state=PublicationState.PUBLISHED,
        finished_at=timezone.now(),
        sheets=done.sheets,
        added=done.added,
        changed=done.changed,
        removed=done.removed,
        cleared=len(done.cleared),
    )
    leases.close_lease(taken)


@transaction.atomic
def _rest(
    job: RulesPublication, taken: leases.Taken, state: PublicationState, *, code: str, message: str = ""
) -> None:
    RulesPublication.objects.filter(pk=job.pk).update(
        state=state, finished_at=timezone.now(), error_code=code, error_details={"message": message}
    )
    record(f"rules.publication_{state.value}", actor=None, target=job, details={"code": code})
    leases.close_lease(taken)


def _edited_since() -> Refused:
    return Refused(
        "rules_changed",
        _("The rules have been edited since you looked at the figures. Nothing was published; look again."),
    )
