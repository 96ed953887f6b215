"""Another supervisor for a graduate's review (C4, P4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from leaving.choices import CohortState, ItemState, OwnerKind, SheetState
from leaving.models import ClearanceSheet, Graduate
from leaving.selectors.supervision import postgraduates_of_secretary, supervisors_to_activate_by
from leaving.services.changes import XID
from portal.accounts.models import User
from portal.accounts.services import account_to_activate, issue_codes, same_name
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused


@dataclass(frozen=True, slots=True)
class Reassigned:
    """How many graduates got another supervisor, and how many open reviews went along."""

    graduates: int
    items: int


@one_transaction
def find_or_make_supervisor(*, staff_no: str, name: str, actor: User) -> tuple[User, bool]:
    """The account of that staff number, and whether it is new: an unknown number with a name makes one that has yet to be
    activated, as the graduates' workbook does. Audited as `supervisor.added` when it is new.

    Raises Refused: `supervisor_unknown` (no such number, no name), `supervisor_name_differs`, `supervisor_inactive`,
    `supervisor_is_student`.
    """
    staff_no, name = staff_no.strip(), name.strip()
    found = User.objects.filter(username=staff_no).first()
    if found is None:
        if not staff_no or not name:
            raise Refused(
                "supervisor_unknown",
                _("There is no account with this staff number. Give the name as well, and one is made."),
            )
        made = account_to_activate(username=staff_no, name=name)
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:  # somebody else has added the same number at this moment: it is found now
            found = User.objects.get(username=staff_no)
        else:
            record("supervisor.added", actor=actor, target=made)
            return made, True
    if name and not same_name(name, found.name):
        raise Refused(
            "supervisor_name_differs",
            _("The account %(number)s belongs to %(name)s. Check the staff number.")
            % {"number": staff_no, "name": found.name},
        )
    if not found.is_active:
        raise Refused("supervisor_inactive", _("This account has been closed."))
    if Graduate.objects.filter(user=found).exists() or Graduate.objects.filter(student_no=staff_no).exists():
        raise Refused("supervisor_is_student", _("This is a student number."))
    return found, False


@one_transaction
def hand_out_supervisor_code(*, supervisor: User, actor: User) -> str:
    """The code with which a supervisor who never signed in activates the account (P3): the only time it can be read.

    `actor` is the postgraduate secretary of a college where they supervise. Audited by the issue of codes. Raises Refused
    (`not_allowed`) when the account is active already, or not only a supervisor's.
    """
    User.objects.select_for_update(no_key=True).get(
        pk=supervisor.pk
    )  # who activates at this moment is seen below
    if not supervisors_to_activate_by(actor).filter(pk=supervisor.pk).exists():
        raise Refused(
            "not_allowed",
            _(
                "This account is active already, or has rights beyond supervising: its own office hands out the code."
            ),
        )
    return issue_codes(users=[supervisor], actor=actor)[0][1]


@one_transaction
def reassign_supervisor(
    *, graduates: Iterable[int], supervisor: User, actor: User, reason: str
) -> Reassigned:
    """Makes `supervisor` the first supervisor of these postgraduates (ids) and gives their open reviews over (C4).

    Reviews that are decided stay with whom they were; of two supervisors the second one who becomes the first is the second no
    longer. `actor` must be the postgraduate secretary of every one's college. A fixed number of statements; locks sheets, then
    items and graduates. History in `SupervisorChange`; audited as `supervisor.reassigned`. Raises Refused (`reason_missing`,
    `nobody_chosen`, `not_allowed`, `own_supervisor`).
    """
    reason, ids = reason.strip(), sorted(set(graduates))
    if not reason:
        raise Refused("reason_missing", _("Give a reason. It stays in the history."))
    if not ids:
        raise Refused("nobody_chosen", _("Tick at least one row."))
    sheets = ClearanceSheet.objects.filter(
        graduate__in=ids, state=SheetState.OPEN, cohort__state=CohortState.OPEN
    ).order_by("pk")
    held = list(sheets.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    if postgraduates_of_secretary(actor).filter(pk__in=ids).count() != len(ids):
        raise Refused("not_allowed", _("Some of these are not postgraduates of your college."))
    if Graduate.objects.filter(pk__in=ids, user=supervisor).exists():
        raise Refused("own_supervisor", _("Nobody supervises themselves."))
    moved = _move_reviews(held, supervisor)
    changed = _change_supervisor(ids, supervisor=supervisor, actor=actor, reason=reason)
    if changed or moved:
        record(
            "supervisor.reassigned",
            actor=actor,
            target=supervisor if len(ids) > 1 else Graduate.objects.get(pk=ids[0]),
            reason=reason,
            details={"graduates": changed, "items": moved, "supervisor": supervisor.username},
        )
    return Reassigned(changed, moved)


def _move_reviews(sheets: list[int], supervisor: User) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH held AS (
                SELECT i.id FROM leaving_clearanceitem i
                JOIN leaving_checkpointinforce c
                    ON c.checkpoint_id = i.checkpoint_id AND c.owner_kind = '{OwnerKind.SUPERVISOR}'
                WHERE i.sheet_id = ANY(%(sheets)s) AND i.state = ANY(%(open)s)
                    AND i.supervisor_id IS DISTINCT FROM %(supervisor)s
                ORDER BY i.id FOR NO KEY UPDATE OF i)
            UPDATE leaving_clearanceitem i SET supervisor_id = %(supervisor)s, changed_xid = {XID}
            FROM held h WHERE h.id = i.id""",  # noqa: S608  constants; values are parameters
            {"sheets": sheets, "open": list(ItemState.open()), "supervisor": supervisor.pk},
        )
        return int(cursor.rowcount)


def _change_supervisor(graduates: list[int], *, supervisor: User, actor: User, reason: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH held AS (
                SELECT g.id, g.supervisor_id FROM leaving_graduate g
                WHERE g.id = ANY(%(graduates)s) AND g.supervisor_id IS DISTINCT FROM %(supervisor)s
                ORDER BY g.id FOR NO KEY UPDATE),
            changed AS (
                UPDATE leaving_graduate g
                SET supervisor_id = %(supervisor)s, updated_at = now(),
                    second_supervisor_id = nullif(g.second_supervisor_id, %(supervisor)s)
                FROM held h WHERE h.id = g.id
                RETURNING g.id, h.supervisor_id AS before)
            INSERT INTO leaving_supervisorchange (graduate_id, before_id, after_id, actor_id, reason)
            SELECT c.id, c.before, %(supervisor)s, %(actor)s, %(reason)s FROM changed c ORDER BY c.id""",
            {"graduates": graduates, "supervisor": supervisor.pk, "actor": actor.pk, "reason": reason},
        )
        return int(cursor.rowcount)
