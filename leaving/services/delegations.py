"""Supervisors name a delegate for a while; the postgraduate secretary does it for one who cannot (C4)."""

import datetime
from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.models import Delegation, Graduate
from leaving.selectors.delegations import delegations_revocable_by, is_supervisor
from leaving.selectors.supervision import postgraduates_of_secretary
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

LONGEST = datetime.timedelta(days=366)


@one_transaction
def name_delegate(
    *,
    supervisor: User,
    delegate: User,
    starts_on: datetime.date,
    ends_on: datetime.date,
    reason: str,
    actor: User,
) -> list[Delegation]:
    """From `starts_on` to `ends_on`, both included, `delegate` reviews the students of `supervisor` and decides under both names.

    Supervisors do it for all their students; the postgraduate secretary for those of the own college (one delegation per
    college). Audited as `delegation.named`. Raises Refused: `reason_missing`, `dates_wrong`, `not_allowed`,
    `delegate_is_supervisor`, `delegate_inactive`, `delegate_is_student`, `delegation_exists`.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("reason_missing", _("Give a reason. It stays in the history."))
    _check_dates(starts_on, ends_on)
    _check_delegate(supervisor, delegate)
    colleges = _colleges(supervisor, actor)
    # Two at once name two, one after the other.
    User.objects.select_for_update(no_key=True).get(pk=supervisor.pk)
    same_days = Delegation.objects.filter(
        supervisor=supervisor,
        delegate=delegate,
        revoked_at=None,
        starts_on__lte=ends_on,
        ends_on__gte=starts_on,
    )
    named = [
        Delegation.objects.create(
            supervisor=supervisor,
            delegate=delegate,
            college_id=college,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason,
            created_by=actor,
        )
        for college in _not_named_yet(colleges, same_days, delegate)
    ]
    record(
        "delegation.named",
        actor=actor,
        target=supervisor,
        reason=reason,
        details={"delegate": delegate.username, "from": str(starts_on), "until": str(ends_on)},
    )
    return named


@one_transaction
def revoke_delegation(*, delegation: Delegation, actor: User) -> None:
    """Ends a delegation now; what was decided stays. The supervisor, the delegate, or who could name one may do it.

    Audited as `delegation.revoked`. Raises Refused: `not_allowed`, `already_revoked`.
    """
    held = (
        delegations_revocable_by(actor)
        .select_for_update(no_key=True, of=("self",))
        .filter(pk=delegation.pk)
        .first()
    )
    if held is None:
        raise Refused("not_allowed", _("This delegation is not yours to revoke."))
    if held.revoked_at is not None:
        raise Refused("already_revoked", _("This delegation has been revoked already."))
    held.revoked_at, held.revoked_by = timezone.now(), actor
    held.save(update_fields=["revoked_at", "revoked_by"])
    record("delegation.revoked", actor=actor, target=held)


def _check_dates(starts_on: datetime.date, ends_on: datetime.date) -> None:
    if ends_on < starts_on:
        raise Refused("dates_wrong", _("The last day lies before the first."))
    if ends_on < timezone.localdate():
        raise Refused("dates_wrong", _("These days are over."))
    if ends_on - starts_on > LONGEST:
        raise Refused("dates_wrong", _("A delegation lasts a year at most."))


def _check_delegate(supervisor: User, delegate: User) -> None:
    if delegate.pk == supervisor.pk:
        raise Refused("delegate_is_supervisor", _("Nobody is their own delegate."))
    if not delegate.is_active:
        raise Refused("delegate_inactive", _("This account has been closed."))
    if (
        Graduate.objects.filter(user=delegate).exists()
        or Graduate.objects.filter(student_no=delegate.username).exists()
    ):
        raise Refused("delegate_is_student", _("This is a student number."))


def _not_named_yet(
    colleges: Sequence[int | None], named: QuerySet[Delegation], delegate: User
) -> list[int | None]:
    """For which of the colleges the delegate is not `named` already. Raises Refused when that leaves none."""
    known = set(named.values_list("college", flat=True))
    wanted = [] if None in known else [college for college in colleges if college not in known]
    if not wanted:
        raise Refused(
            "delegation_exists",
            _("%(name)s is the delegate on these days already.") % {"name": delegate.name},
        )
    return wanted


def _colleges(supervisor: User, actor: User) -> Sequence[int | None]:
    """Whose students the actor may put into other hands: None for all of the supervisor's."""
    if not actor.is_active:
        raise Refused("not_allowed", _("You supervise nobody."))
    if actor.pk == supervisor.pk or actor.is_superuser:
        if is_supervisor(supervisor):
            return [None]
        raise Refused("not_allowed", _("%(name)s supervises nobody.") % {"name": supervisor.name})
    students = postgraduates_of_secretary(actor).filter(supervisor=supervisor)
    colleges = list(students.order_by("college").values_list("college", flat=True).distinct())
    if not colleges:
        raise Refused(
            "not_allowed",
            _("%(name)s supervises no postgraduate of your college.") % {"name": supervisor.name},
        )
    return colleges
