"""What has happened to the items of a sheet: who decided, when, what, and why (C4, C6, decision 5)."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leaving.choices import DecidedBy, OwnerKind, Verb
from leaving.models import ClearanceItem, ClearanceSheet, Decision, SupervisorChange


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an item, in words."""

    when: datetime.datetime
    what: str
    reason: str
    said: str = ""  # in the graduate's own words


def decisions_on(items: Sequence[ClearanceItem]) -> Mapping[int, list[Decision]]:
    """Item → its decisions, newest first. One query."""
    found: dict[int, list[Decision]] = defaultdict(list)
    decisions = Decision.objects.filter(item__in=[item.pk for item in items])
    for decision in decisions.select_related("batch__actor", "on_behalf_of").order_by("-pk"):
        found[decision.item_id].append(decision)
    return found


def supervisor_changes(sheet: ClearanceSheet) -> list[SupervisorChange]:
    """Who supervised the graduate before, newest first. One query."""
    changes = SupervisorChange.objects.filter(graduate=sheet.graduate_id)
    return list(changes.select_related("before", "after", "actor"))


def events_of(
    item: ClearanceItem,
    decisions: Sequence[Decision],
    changes: Sequence[SupervisorChange],
    *,
    named: bool,
    more: Iterable[Event] = (),
) -> list[Event]:
    """The history of one item with `more`, newest first. With `named` clerks stand there by name, else as their department."""
    events = list(more)
    events += [
        Event(
            decision.batch.at,
            _what(decision, decided_by(item, decision, named=named)),
            decision.said,
        )
        for decision in decisions
    ]
    if item.checkpoint.owner_kind == OwnerKind.SUPERVISOR:
        events += [Event(change.at, _change(change, named=named), change.reason) for change in changes]
    return sorted(events, key=lambda event: event.when, reverse=True)


def decided_by(item: ClearanceItem, decision: Decision, *, named: bool) -> str:
    """The department, with its clerk's name for colleagues; a supervisor or a delegate always by name."""
    actor, owner = decision.batch.actor, str(item.owner) if item.owner else ""
    if actor is None:
        return owner or str(_("the portal"))
    if decision.on_behalf_of:
        return on_behalf(actor.name, decision.on_behalf_of.name, decision.batch.delegation)
    if not owner:
        return actor.name
    return f"{owner} · {actor.name}" if named else owner


def on_behalf(delegate: str, supervisor: str, why: str) -> str:
    """“小米 for 黄导师 (supervisor away: why)”, or just both names where the supervisor has named the delegate."""
    said = {"delegate": delegate, "supervisor": supervisor, "why": why}
    if not why:
        return _("%(delegate)s for %(supervisor)s") % said
    return _("%(delegate)s for %(supervisor)s (supervisor away: %(why)s)") % said


def _what(decision: Decision, who: str) -> str:
    batch = decision.batch
    if batch.how == DecidedBy.UNDO:
        return _("Taken back by %(who)s") % {"who": who}
    if batch.how == DecidedBy.DATA and batch.verb in (Verb.PASS, Verb.FAIL):
        passed = batch.verb == Verb.PASS
        by_data = _("Passed by the data of %(who)s") if passed else _("Not passed by the data of %(who)s")
        return by_data % {"who": who}
    if batch.how == DecidedBy.DATA:
        return _("Undecided again: it is for %(who)s to decide now") % {"who": who}
    words = {
        Verb.PASS.value: _("Passed by %(who)s"),
        Verb.FAIL.value: _("Not passed by %(who)s"),
        Verb.WAIVE.value: _("Waived by %(who)s"),
        Verb.REOPEN.value: _("Reopened by %(who)s"),
    }
    return words[batch.verb] % {"who": who}


def _change(change: SupervisorChange, *, named: bool) -> str:
    said = {
        "before": change.before.name if change.before else "–",
        "after": change.after.name,
        "who": change.actor.name,
    }
    if named:
        return _("Supervisor changed from %(before)s to %(after)s by %(who)s") % said
    return _("Supervisor changed from %(before)s to %(after)s") % said
