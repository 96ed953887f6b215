"""The clearance sheet as its graduate reads it (C2 to C4; decision 14: each state explains itself)."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leaving.choices import DecidedBy, ItemState, OwnerKind, SheetState
from leaving.models import Certificate, Checkpoint, ClearanceItem, ClearanceSheet, Decision, Graduate
from leaving.selectors.contacts import WhomToAsk
from leaving.selectors.handin import HandedIn, events_on, handed_in_on
from leaving.selectors.history import Event, decisions_on, events_of, on_behalf, supervisor_changes
from leaving.selectors.in_force import before_in_force
from leaving.selectors.obligations import Said, explained_by_data, said_about, with_obligations
from portal.accounts.access import AnyUser, Rule
from portal.localized import in_readers_language, localized

has_graduate_record = Rule(
    "is a graduate", lambda user: user.is_authenticated and Graduate.objects.filter(user=user).exists()
)


@dataclass(frozen=True, slots=True)
class Line:
    """One checkpoint on the sheet, in words. `number` is its place on this sheet, None where it is not needed."""

    item: ClearanceItem
    number: int | None
    name: str
    state: str
    label: str
    explanation: str
    reason: str
    when: datetime.datetime | None
    todo: str
    contact: str
    phone: str
    place: str
    hours: str
    history: list[Event]
    handed: HandedIn
    said: Said | None  # by the department's data
    waits_for: Sequence[Checkpoint] = ()

    @property
    def published_number(self) -> int:
        return self.item.checkpoint.number

    @property
    def is_open(self) -> bool:
        return self.item.is_open

    @property
    def meta(self) -> str:
        """The explanation, where it is not said with links to what comes first."""
        return "" if self.waits_for else self.explanation

    @property
    def waits_for_review(self) -> Checkpoint | None:
        """The supervisor's review, where it comes first."""
        return _review(self.waits_for)


@dataclass(frozen=True, slots=True)
class SheetView:
    """A whole sheet."""

    sheet: ClearanceSheet
    needed: list[Line]
    exempt: list[Line]
    certificate: Certificate | None

    @property
    def done(self) -> int:
        return sum(not line.is_open for line in self.needed)

    def line(self, item: ClearanceItem) -> Line:
        """The line of one item."""
        return next(line for line in (*self.needed, *self.exempt) if line.item.pk == item.pk)

    @property
    def cleared(self) -> bool:
        return self.sheet.state == SheetState.CLEARED

    @property
    def waits_for_rules(self) -> bool:
        """Whether nothing is left to do but to wait for edited rules to be published."""
        return self.sheet.waits_for_rules and not self.cleared and self.done == len(self.needed)


def own_graduate(user: AnyUser) -> Graduate | None:
    """The graduate record of the latest cohort of this person."""
    if not user.is_authenticated:
        return None
    return (
        Graduate.objects.filter(user=user)
        .order_by("-cohort__year", "-cohort__month")
        .select_related("cohort")
        .first()
    )


def other_records(graduate: Graduate) -> list[Graduate]:
    """What else the same person graduates or graduated from here, the latest first: a bachelor comes back as a master."""
    if graduate.user_id is None:
        return []
    others = Graduate.objects.filter(user=graduate.user_id).exclude(pk=graduate.pk).select_related("cohort")
    return list(others.order_by("-cohort__year", "-cohort__month"))


def sheet_of(graduate: Graduate, *, named: bool = False) -> SheetView | None:
    """The sheet of a graduate in the present cohort, in eight queries, eleven where data decide; None when it is not open yet.

    With `named` its history names clerks, for colleagues; the graduate reads the names of departments.
    """
    sheet = (
        ClearanceSheet.objects.filter(graduate=graduate, cohort_id=graduate.cohort_id)
        .select_related("cohort", "graduate__college", "graduate__major", "graduate__school_class")
        .first()
    )
    if sheet is None:
        return None
    items = list(
        sheet.items.select_related(
            "checkpoint", "owner", "owner__parent", "supervisor", "decided_by", "decided_for", "rule"
        ).order_by("checkpoint__order", "checkpoint__number")
    )
    waits_for = _what_waits(items)
    needed = [item for item in items if item.state != ItemState.EXEMPT]
    certificate = (
        sheet.certificates.filter(revoked_at=None).first() if sheet.state == SheetState.CLEARED else None
    )
    decisions, changes = decisions_on(items), supervisor_changes(sheet)
    handed, said = handed_in_on(items, decisions), said_about(sheet, items)

    def line(item: ClearanceItem, number: int | None) -> Line:
        made, data = decisions.get(item.pk, []), said.get(item.pk)
        more = events_on(handed[item.pk], named=named)
        history = with_obligations(events_of(item, made, changes, named=named, more=more), data)
        return _line(item, number, waits_for.get(item.pk, ()), made, history, handed[item.pk], data)

    return SheetView(
        sheet,
        [line(item, number) for number, item in enumerate(needed, start=1)],
        [line(item, None) for item in items if item.state == ItemState.EXEMPT],
        certificate,
    )


def _what_waits(items: Iterable[ClearanceItem]) -> dict[int, list[Checkpoint]]:
    waiting = [item for item in items if item.state == ItemState.WAITING]
    if not waiting:
        return {}
    needs = before_in_force(item.checkpoint_id for item in waiting)
    undone = [item.checkpoint for item in items if item.is_open]
    return {item.pk: [one for one in undone if one.pk in needs[item.checkpoint_id]] for item in waiting}


def _line(
    item: ClearanceItem,
    number: int | None,
    waits_for: Sequence[Checkpoint],
    decisions: Sequence[Decision],
    history: list[Event],
    handed: HandedIn,
    said: Said | None,
) -> Line:
    checkpoint, ask = item.checkpoint, WhomToAsk.of(item)
    return Line(
        item=item,
        number=number,
        name=localized(checkpoint, "name"),
        state=item.state,
        label=str(item.get_state_display()),
        explanation=(said and explained_by_data(said, who=who_decides(item)))
        or explanation(item, waits_for, why=_delegation(item, decisions)),
        reason="" if said and said.rules else reason_of(item),  # the obligations stand there themselves
        when=item.decided_at,
        todo=localized(checkpoint, "instructions"),
        contact=ask.contact,
        phone=ask.phone,
        place=ask.place,
        hours=ask.hours,
        history=history,
        handed=handed,
        said=said,
        waits_for=waits_for,
    )


def _review(checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
    return next((one for one in checkpoints if one.owner_kind == OwnerKind.SUPERVISOR), None)


def _delegation(item: ClearanceItem, decisions: Iterable[Decision]) -> str:
    """Why a delegate made the decision that stands: the latest one that left the item so."""
    stands = (item.state, item.decided_by_id, item.decided_for_id)
    made = (
        decision.batch.delegation
        for decision in decisions
        if (decision.after, decision.batch.actor_id, decision.on_behalf_of_id) == stands
    )
    return next(made, "")


def who_decided(item: ClearanceItem, why: str = "") -> str:
    """The department, or the person in the supervisor's place; `why` is what the delegate gave as reason."""
    if item.decided_by and item.decided_for:
        return on_behalf(item.decided_by.name, item.decided_for.name, why)
    if item.decided_by and item.checkpoint.owner_kind == OwnerKind.SUPERVISOR:
        return item.decided_by.name
    return who_decides(item)


def who_decides(item: ClearanceItem) -> str:
    """The department, or the supervisor by name."""
    if (
        item.supervisor or item.owner
    ):  # as on the item; the checkpoint may have been edited since the rules were published
        return item.supervisor.name if item.supervisor else str(item.owner)
    if item.checkpoint.owner_kind == OwnerKind.SUPERVISOR:
        return str(_("supervisor (not on record)"))
    return str(_("nobody yet"))


def reason_of(item: ClearanceItem) -> str:
    """What was given as reason: in the reader's language where it is known, else as the person wrote it.

    Not needed and without a rule is what was decided before the rules, or the graduate's data, took it away.
    """
    if item.state == ItemState.EXEMPT and item.rule is None:
        return _("The rules of the cohort do not ask for this any more.")
    if item.state == ItemState.EXEMPT or item.decided_how == DecidedBy.RULE:
        return localized(item.rule, "reason") if item.rule else ""
    return in_readers_language(item.reason, item.reason_en)


def explanation(item: ClearanceItem, waits_for: Iterable[Checkpoint] = (), why: str = "") -> str:
    """Why the item is in its state, in a sentence; `why` as for `who_decided`."""
    who = {"who": who_decided(item, why) if item.decided_at else who_decides(item)}
    names = [localized(checkpoint, "name") for checkpoint in waits_for]
    match item.state:
        case ItemState.WAITING if _review(waits_for):
            return _("Waiting for the supervisor's review.")
        case ItemState.WAITING:
            return _("Waiting for: %(names)s.") % {"names": _(", ").join(names) or "…"}
        case ItemState.PENDING if item.decided_at:
            return _("Opened again by %(who)s") % who
        case ItemState.PENDING:
            return _("%(who)s has not decided yet.") % who
        case ItemState.FAILED:
            return _("Not passed according to %(who)s") % who
        case ItemState.WAIVED:
            return _("Waived by %(who)s") % who
        case ItemState.PASSED if item.decided_how == DecidedBy.RULE:
            return _("Passed by itself")
        case ItemState.PASSED:
            return _("Clear according to %(who)s") % who
    return _("Not needed.")
