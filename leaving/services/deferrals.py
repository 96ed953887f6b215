"""Deferral of graduation (延期毕业, G5): proposed by the college, approved by the office in charge, undone while it can be.

Lock order: deferral → cohort → sheet → item → graduate → counter → person. Graduates and proposers are told of every answer
(`services.proposals`).
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, DeferralState
from leaving.models import Cohort, Deferral, Graduate
from leaving.models.clearance import DOOR as CLEARANCE
from leaving.models.deferrals import DOOR
from leaving.selectors.roster import (
    deferrals_approved_by,
    deferrals_visible_to,
    graduates_of_roster,
    places_later_than,
)
from leaving.services.cohorts import open_sheets_for
from leaving.services.proposals import some, tell_of_deferrals
from leaving.services.states import close_sheets, open_closed_sheets
from leaving.signals import deferrals_undone, graduates_deferred
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import door, one_transaction
from portal.errors import Refused


@dataclass(frozen=True, slots=True)
class Moved:
    """What an approval or its undoing did: deferrals, and sheets that it closed or opened again."""

    deferrals: int
    sheets: int


@one_transaction
def propose_deferrals(
    *,
    graduates: Iterable[int],
    year: int,
    month: int,
    reason: str,
    actor: User,
    until: datetime.date | None = None,
) -> list[Deferral]:
    """Proposes that these graduates (ids) leave with the cohort of `year` and `month`, which is made if there is none (G5).

    All or none, in a fixed number of statements. `actor` must be of their college, or approve their level. Audited as
    `deferral.proposed`. Raises Refused (`reason_missing`, `nobody_chosen`, `not_allowed`, `several_cohorts`, `cohort_closed`,
    `cohort_not_later`, `deferred_already`).
    """
    reason, ids = reason.strip(), sorted(set(graduates))
    if not reason:
        raise Refused("reason_missing", _("Give a reason. The graduate reads it."))
    if not ids:
        raise Refused("nobody_chosen", _("Name at least one graduate."))
    held = list(graduates_of_roster(actor).filter(pk__in=ids).select_related("cohort").order_by("pk"))
    if len(held) != len(ids):
        raise Refused("not_allowed", _("Some of these are not graduates whose deferral you may propose."))
    cohort = _cohort_to_leave(held, (year, month))
    _refuse_standing(held)
    later, _made = Cohort.objects.get_or_create(
        year=year, month=month, defaults={"state": CohortState.PREPARED}
    )
    made = [
        Deferral(
            graduate=graduate,
            from_cohort=cohort,
            to_cohort=later,
            state=DeferralState.PROPOSED,
            reason=reason,
            until=until,
            proposed_by=actor,
            proposed_at=timezone.now(),
        )
        for graduate in held
    ]
    try:
        with transaction.atomic(), door(DOOR):
            Deferral.objects.bulk_create(made)
    except IntegrityError:  # somebody else was quicker
        _refuse_standing(held)
        raise
    _record("deferral.proposed", made, actor, reason=reason, to=later.code)
    return made


@one_transaction
def approve_deferrals(*, deferrals: Iterable[int], actor: User) -> Moved:
    """Approves these deferrals (ids): one transaction, all or none, in a number of statements that does not depend on how many.

    The sheet in the present cohort is closed, its certificate revoked; the graduate moves to the later cohort (the class stays)
    and, where that one is open already, gets a sheet there. `sheets_reopened` is sent for those that were cleared,
    `graduates_deferred` for all. Audited as `deferral.approved`. Raises Refused (`nobody_chosen`, `decided_meanwhile`,
    `not_allowed`, `cohort_closed`, `moved_meanwhile`).
    """
    held = _held(deferrals, DeferralState.PROPOSED)
    _require_approver(held, actor)
    _hold_cohorts(held)
    graduates = _still_in(held, [deferral.from_cohort_id for deferral in held])
    sheets = _hold_sheets(held)
    with door(CLEARANCE):
        closed = close_sheets(sheets, actor=actor, reason=_("Graduation was deferred."))
    _decide(held, DeferralState.APPROVED, actor)
    _move(held, back=False)
    graduates_deferred.send(Deferral, graduate_ids=graduates, actor=actor)
    open_sheets_for(graduates=graduates, actor=actor)
    _record("deferral.approved", held, actor, sheets=closed)
    tell_of_deferrals(held, DeferralState.APPROVED, actor=actor)
    return Moved(len(held), closed)


@one_transaction
def refuse_deferrals(*, deferrals: Iterable[int], actor: User, note: str) -> int:
    """Refuses these proposals (ids), with the reason, which the college reads; returns how many. All or none.

    Audited as `deferral.refused`. Raises Refused (`reason_missing`, `nobody_chosen`, `decided_meanwhile`, `not_allowed`).
    """
    note = note.strip()
    if not note:
        raise Refused("reason_missing", _("Say why. The college reads it."))
    held = _held(deferrals, DeferralState.PROPOSED)
    _require_approver(held, actor)
    _decide(held, DeferralState.REFUSED, actor, note=note)
    _record("deferral.refused", held, actor, reason=note)
    tell_of_deferrals(held, DeferralState.REFUSED, actor=actor)
    return len(held)


@one_transaction
def withdraw_deferrals(*, deferrals: Iterable[int], actor: User) -> int:
    """The college takes its own proposals (ids) back before they are decided; returns how many. All or none.

    Audited as `deferral.withdrawn`. Raises Refused (`nobody_chosen`, `decided_meanwhile`, `not_allowed`).
    """
    held = _held(deferrals, DeferralState.PROPOSED)
    if deferrals_visible_to(actor).filter(pk__in=[each.pk for each in held]).count() != len(held):
        raise Refused("not_allowed", _("Some of these are not yours."))
    _decide(held, DeferralState.WITHDRAWN, actor)
    _record("deferral.withdrawn", held, actor)
    return len(held)


@one_transaction
def undo_deferrals(*, deferrals: Iterable[int], actor: User, reason: str) -> Moved:
    """Takes approved deferrals (ids) back, as long as the later cohort has not opened: one transaction, all or none (G5).

    The graduates are back in their cohort, their sheets open with items and decisions as they were, in line with the rules as
    they are now; what data had passed waits for their next list where one has passed the graduate over. What is complete is
    cleared again and gets a new certificate. `deferrals_undone` is sent for all. Audited as `deferral.undone`. Raises
    Refused (`reason_missing`, `nobody_chosen`, `decided_meanwhile`, `not_allowed`, `next_cohort_open`, `cohort_closed`,
    `moved_meanwhile`).
    """
    reason = reason.strip()
    if not reason:
        raise Refused("reason_missing", _("Give a reason. It stays in the history."))
    held = _held(deferrals, DeferralState.APPROVED)
    _require_approver(held, actor)
    cohorts = _hold_cohorts(held, back=True)
    graduates = _still_in(held, [deferral.to_cohort_id for deferral in held])
    sheets = _hold_sheets(held)
    with door(CLEARANCE):
        opened = open_closed_sheets(sheets)
    ids = [deferral.pk for deferral in held]
    with door(DOOR):
        Deferral.objects.filter(pk__in=ids).update(
            state=DeferralState.UNDONE, undone_by=actor, undone_at=Now(), undo_reason=reason
        )
    _move(held, back=True)
    deferrals_undone.send(Deferral, graduate_ids=graduates, actor=actor)
    open_sheets_for(graduates=graduates, actor=actor)
    _record("deferral.undone", held, actor, reason=reason, sheets=opened, cohorts=sorted(cohorts))
    tell_of_deferrals(held, DeferralState.UNDONE, actor=actor)
    return Moved(len(held), opened)


def _cohort_to_leave(held: Sequence[Graduate], later: tuple[int, int]) -> Cohort:
    """The one cohort of these graduates, if `later` (year, month) can be reached from it. Raises Refused."""
    cohort = held[0].cohort
    if any(graduate.cohort_id != cohort.pk for graduate in held):
        raise Refused(
            "several_cohorts", _("These graduates are of different cohorts. Take them one cohort at a time.")
        )
    if cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("%(cohort)s is closed.") % {"cohort": cohort})
    if later not in places_later_than(cohort):
        raise Refused("cohort_not_later", _("Choose a later cohort that is not closed."))
    return cohort


def _refuse_standing(graduates: Sequence[Graduate]) -> None:
    standing = Deferral.objects.filter(
        graduate__in=graduates, from_cohort=F("graduate__cohort"), state__in=DeferralState.standing()
    )
    names = sorted(standing.values_list("graduate__name", flat=True))
    if names:
        raise Refused(
            "deferred_already", _("A deferral is proposed already: %(names)s.") % {"names": some(names)}
        )


def _held(deferrals: Iterable[int], state: DeferralState) -> list[Deferral]:
    """Locks the deferrals, which must be in `state`; who was quicker is told."""
    ids = sorted(set(deferrals))
    held = list(
        Deferral.objects.filter(pk__in=ids)
        .select_related("graduate__college", "decided_by", "undone_by", "from_cohort", "to_cohort")
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    if not ids or len(held) != len(ids):
        raise Refused("nobody_chosen", _("Tick at least one row."))
    other = next((deferral for deferral in held if deferral.state != state), None)
    if other is not None:
        by = other.undone_by or other.decided_by
        at = other.undone_at or other.decided_at
        raise Refused(
            "decided_meanwhile",
            _("%(name)s: “%(state)s” by %(who)s at %(at)s. Nothing has been changed; load the list again.")
            % {
                "name": other.graduate.name,
                "state": other.get_state_display(),
                "who": by.name if by else "–",
                "at": f"{timezone.localtime(at):%H:%M}" if at else "–",
            },
        )
    return held


def _require_approver(held: Sequence[Deferral], actor: User) -> None:
    mine = deferrals_approved_by(actor).filter(pk__in=[deferral.pk for deferral in held])
    if mine.count() != len(held):
        raise Refused("not_allowed", _("The deferral of some of these is decided by another office."))


def _hold_cohorts(held: Sequence[Deferral], *, back: bool = False) -> set[int]:
    """Locks the cohorts, so that none opens or closes meanwhile. Their codes."""
    concerned = {deferral.from_cohort_id for deferral in held} | {deferral.to_cohort_id for deferral in held}
    cohorts = {
        cohort.pk: cohort
        for cohort in Cohort.objects.filter(pk__in=concerned).order_by("pk").select_for_update(no_key=True)
    }
    for deferral in held:
        before, after = cohorts[deferral.from_cohort_id], cohorts[deferral.to_cohort_id]
        deferral.from_cohort, deferral.to_cohort = (
            before,
            after,
        )  # as they are now: one may have opened meanwhile
        if back and after.state != CohortState.PREPARED:
            raise Refused(
                "next_cohort_open",
                _("%(cohort)s has opened; the deferral of %(name)s can no longer be undone.")
                % {"cohort": after, "name": deferral.graduate.name},
            )
        closed = before if back else after
        if closed.state == CohortState.CLOSED:
            raise Refused("cohort_closed", _("%(cohort)s is closed.") % {"cohort": closed})
    return {cohort.code for cohort in cohorts.values()}


def _hold_sheets(held: Sequence[Deferral]) -> list[int]:
    """Locks the sheets that the graduates have where they come from; ids in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id FROM leaving_clearancesheet s
            JOIN leaving_deferral d ON d.graduate_id = s.graduate_id AND d.from_cohort_id = s.cohort_id
            WHERE d.id = ANY(%s) ORDER BY s.id FOR NO KEY UPDATE OF s""",
            [[deferral.pk for deferral in held]],
        )
        return [row[0] for row in cursor.fetchall()]


def _still_in(held: Sequence[Deferral], cohorts: Sequence[int]) -> list[int]:
    """The graduates' ids, in the order of the deferrals, after a look whether each still is in the cohort it should be in."""
    ids = [deferral.graduate_id for deferral in held]
    now = dict(Graduate.objects.filter(pk__in=ids).values_list("pk", "cohort"))
    gone = [d.graduate.name for d, cohort in zip(held, cohorts, strict=True) if now[d.graduate_id] != cohort]
    if gone:
        raise Refused("moved_meanwhile", _("Is in another cohort by now: %(names)s.") % {"names": some(gone)})
    return ids


def _decide(held: Sequence[Deferral], state: DeferralState, actor: User, *, note: str = "") -> None:
    with door(DOOR):
        Deferral.objects.filter(pk__in=[deferral.pk for deferral in held]).update(
            state=state, decided_by=actor, decided_at=Now(), note=note
        )


def _move(held: Sequence[Deferral], *, back: bool) -> None:
    """Moves the graduates to the other cohort, with history; the class stays."""
    column = "from_cohort_id" if back else "to_cohort_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH moving AS (
                SELECT g.id, d.{column} AS cohort_id FROM leaving_graduate g
                JOIN leaving_deferral d ON d.graduate_id = g.id
                WHERE d.id = ANY(%s) ORDER BY g.id FOR NO KEY UPDATE OF g)
            UPDATE leaving_graduate g SET cohort_id = m.cohort_id, updated_at = now()
            FROM moving m WHERE g.id = m.id""",  # noqa: S608  one of two columns
            [[deferral.pk for deferral in held]],
        )


def _record(verb: str, held: Sequence[Deferral], actor: User, *, reason: str = "", **details: object) -> None:
    record(
        verb,
        actor=actor,
        target=held[0] if len(held) == 1 else "",
        department=",".join(sorted({each.graduate.college.code for each in held}))[:32],
        reason=reason,
        details={"deferrals": [each.uid for each in held], **details},
    )
