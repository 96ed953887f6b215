"""Additions to the list (增补, G6): a roster of one row that comes by a form; the college proposes, the registrar confirms.

The verbs stand here, beside the pipeline they use: the row is read and checked as every row of a `graduates` workbook is.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import AdditionState, CohortState, DocumentType
from leaving.models import Addition, Cohort, Graduate
from leaving.models.additions import DOOR
from leaving.selectors.roster import additions_confirmed_by, additions_visible_to, roster_reach
from leaving.services.cohorts import open_sheets_for
from leaving.services.identity import mask
from leaving.services.proposals import tell_of_addition
from leaving.workbooks.graduates import GraduatesWorkbook
from leaving.workbooks.graduates.columns import COLUMNS, KEYS
from leaving.workbooks.graduates.run import GraduatesRun
from portal.accounts.models import User
from portal.audit.services import record
from portal.crypto import decrypt, encrypt
from portal.departments.models import Department
from portal.doors import door, one_transaction
from portal.errors import Refused
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch
from portal.workbooks.normalise import for_column
from portal.workbooks.reading.parent import Block
from portal.workbooks.runs import Fault
from portal.workbooks.services.faults import teller
from portal.workbooks.services.headers import Layout
from portal.workbooks.spec import CellKind

ROW = 1
DATES = {column.key for column in COLUMNS if column.kind is CellKind.DATE}


class RowRefused(Refused):
    """What is wrong with the row: pairs of a column's key ("" for the row) and what to mend."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("row_faults", _("Some entries have to be mended."))
        tell = teller(GraduatesWorkbook(), {})
        self.faults = [(fault.column, tell(fault).message) for fault in faults]


class EverybodysReach:
    """Whoever is responsible for importing such a graduate (G2): an addition is looked at by two others instead."""

    def __init__(self, user: User) -> None:
        """Asked for by the run; who acts makes no difference."""

    def covers(self, responsible: int | None, level: str) -> bool:
        return True


@one_transaction
def propose_addition(*, cohort: Cohort, cells: Mapping[str, Any], reason: str, actor: User) -> Addition:
    """Proposes somebody who is not on the list of `cohort` (G6). `cells` are the row's, by the keys of the columns, as typed.

    `actor` must be of the college, or confirm that level. The number of the document is stored as ciphertext only. Nothing is
    visible to others. Audited as `addition.proposed`. Raises RowRefused with every fault, or Refused (`reason_missing`,
    `cohort_closed`, `not_allowed`).
    """
    reason = reason.strip()
    if not reason:
        raise Refused("reason_missing", _("Say why this graduate was not on the list."))
    _refuse_closed(cohort)
    values, college = _checked(cohort, cells, actor)
    if not roster_reach(actor).proposes(college.pk, values["level"]):
        raise Refused("not_allowed", _("You may not propose graduates of this college and level."))
    uid, number = uuid.uuid4(), values.pop("document_no")
    kept = {key: _stored(value) for key, value in values.items() if value is not None}
    made = Addition(
        uid=uid,
        cohort=cohort,
        college=college,
        level=values["level"],
        student_no=values["student_no"],
        name=values["name"],
        identity_mask=mask(values["document_type"] or DocumentType.RESIDENT, number),
        identity_cipher=encrypt(number.encode(), bound_to=_bound_to(uid)),
        cells=kept,
        state=AdditionState.PROPOSED,
        reason=reason,
        proposed_by=actor,
        proposed_at=timezone.now(),
    )
    try:
        with transaction.atomic(), door(DOOR):
            made.save(force_insert=True)
    except IntegrityError:  # somebody else was quicker
        _refuse_known(made.student_no)
        raise
    record("addition.proposed", actor=actor, target=made, department=college.code, reason=reason)
    return made


@one_transaction
def confirm_addition(*, addition: Addition, actor: User) -> Graduate:
    """Puts the proposed on the list: checked once more, written by the import's own run, and, where the cohort is open, with a
    sheet at once (G6). Returns the graduate.

    For the office in charge, and never for who proposed it. Audited as `graduates.imported` and `addition.confirmed`. Raises
    RowRefused for what has come between, or Refused (`decided_meanwhile`, `not_allowed`, `cohort_closed`).
    """
    held = _held(addition)
    _require_confirmer(held, actor)
    _refuse_closed(held.cohort)
    _refuse_on_list(held.student_no)
    number = decrypt(bytes(held.identity_cipher), bound_to=_bound_to(held.uid)).decode()
    cells = {key: _restored(key, value) for key, value in held.cells.items()}
    batch = ImportBatch.objects.create(
        kind=GraduatesWorkbook.kind,
        state=BatchState.APPLIED,
        actor=actor,
        file_name=_("Addition of %(number)s") % {"number": held.student_no},
        parameters={"cohort": held.cohort.code},
        rows=1,
        created=1,
        finished_at=timezone.now(),
    )
    run, faults = _run(batch, held.cohort, cells | {"document_no": number})
    if faults:
        raise RowRefused(faults)
    run.apply()
    graduate = Graduate.objects.get(student_no=held.student_no)
    _decide(held, AdditionState.CONFIRMED, actor, graduate=graduate)
    opened = open_sheets_for(graduates=[graduate.pk], actor=actor)
    record(
        "addition.confirmed",
        actor=actor,
        target=held,
        department=held.college.code,
        details={"graduate": graduate.uid, "sheets": opened.sheets},
    )
    tell_of_addition(held, AdditionState.CONFIRMED, actor=actor)
    return graduate


@one_transaction
def refuse_addition(*, addition: Addition, actor: User, note: str) -> None:
    """Refuses the proposal with the reason, which the college reads. Audited as `addition.refused`.

    Raises Refused (`reason_missing`, `decided_meanwhile`, `not_allowed`).
    """
    note = note.strip()
    if not note:
        raise Refused("reason_missing", _("Say why. The college reads it."))
    held = _held(addition)
    _require_confirmer(held, actor)
    _decide(held, AdditionState.REFUSED, actor, note=note)
    record("addition.refused", actor=actor, target=held, department=held.college.code, reason=note)
    tell_of_addition(held, AdditionState.REFUSED, actor=actor)


@one_transaction
def withdraw_addition(*, addition: Addition, actor: User) -> None:
    """The college takes the proposal back before it is decided. Audited as `addition.withdrawn`.

    Raises Refused (`decided_meanwhile`, `not_allowed`).
    """
    held = _held(addition)
    if not additions_visible_to(actor).filter(pk=held.pk).exists():
        raise Refused("not_allowed", _("Some of these are not yours."))
    _decide(held, AdditionState.WITHDRAWN, actor)
    record("addition.withdrawn", actor=actor, target=held, department=held.college.code)


def _checked(cohort: Cohort, cells: Mapping[str, Any], actor: User) -> tuple[dict[str, Any], Department]:
    """The cells as the pipeline understands them, and the college. Raises RowRefused; writes nothing."""
    layout = Layout(
        COLUMNS,
        tuple(range(len(COLUMNS))),
        tuple(for_column(column) for column in COLUMNS),
        "",
        ROW,
        KEYS,
    )
    rows, faults = layout.normalised(Block([ROW], [[cells.get(key) for key in KEYS]]))
    values = dict(zip(KEYS, rows[0][1], strict=True))
    _refuse_known(str(values["student_no"] or ""))
    with transaction.atomic():
        run, found = _run(ImportBatch(kind=GraduatesWorkbook.kind, actor=actor), cohort, values)
        transaction.set_rollback(True)
    reported = {fault.column for fault in faults}
    faults += [fault for fault in found if fault.column not in reported]
    if faults:
        raise RowRefused(faults)
    return values, Department.objects.get(pk=run.college(str(values["college"])))


def _refuse_known(student_no: str) -> None:
    _refuse_on_list(student_no)
    if Addition.objects.filter(student_no=student_no, state=AdditionState.PROPOSED).exists():
        raise Refused("proposed_already", _("An addition with this student number is proposed already."))


def _refuse_on_list(student_no: str) -> None:
    """What the roster says of a graduate is newer than a proposal: it is never written over (G6)."""
    known = Graduate.objects.filter(student_no=student_no).select_related("cohort").first()
    if known is not None:
        raise RowRefused(
            [Fault(ROW, "student_no", "student_known", student_no, {"cohort": known.cohort.code})]
        )


def _run(batch: ImportBatch, cohort: Cohort, cells: Mapping[str, Any]) -> tuple[GraduatesRun, list[Fault]]:
    """The import's run over one row, and every fault it found."""
    run = GraduatesRun(batch, cohort, EverybodysReach)
    faults = [*run.check([(ROW, tuple(cells.get(key) for key in KEYS))])]
    return run, [*faults, *run.finish()]


def _refuse_closed(cohort: Cohort) -> None:
    if cohort.state == CohortState.CLOSED:
        raise Refused("cohort_closed", _("%(cohort)s is closed.") % {"cohort": cohort})


def _held(addition: Addition) -> Addition:
    """Locks the proposal, which must not be decided; who was quicker is told."""
    held = (
        Addition.objects.select_related("cohort", "college", "decided_by")
        .select_for_update(no_key=True, of=("self",))
        .get(pk=addition.pk)
    )
    if held.state != AdditionState.PROPOSED:
        raise Refused(
            "decided_meanwhile",
            _("%(name)s: “%(state)s” by %(who)s at %(at)s. Nothing has been changed; load the list again.")
            % {
                "name": held.name,
                "state": held.get_state_display(),
                "who": held.decided_by.name if held.decided_by else "–",
                "at": f"{timezone.localtime(held.decided_at):%H:%M}",
            },
        )
    return held


def _require_confirmer(held: Addition, actor: User) -> None:
    if held.proposed_by_id == actor.pk:
        raise Refused("own_proposal", _("You proposed this yourself; somebody else has to look at it."))
    if not additions_confirmed_by(actor).filter(pk=held.pk).exists():
        raise Refused("not_allowed", _("This is decided by another office."))


def _decide(
    held: Addition,
    state: AdditionState,
    actor: User,
    *,
    note: str = "",
    graduate: Graduate | None = None,
) -> None:
    """Writes the state; the number of the document goes."""
    with door(DOOR):
        Addition.objects.filter(pk=held.pk).update(
            state=state, decided_by=actor, decided_at=Now(), note=note, graduate=graduate, identity_cipher=b""
        )


def _bound_to(uid: uuid.UUID) -> str:
    return f"leaving_addition.identity:{uid}"


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _restored(key: str, value: Any) -> Any:
    return datetime.date.fromisoformat(value) if key in DATES else value
