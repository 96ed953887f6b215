"""What the news say: the item, the reason, what to do, and whom to ask. Nobody is named, no number of a person stands in them:
they go by e-mail, too, and the page they lead to has the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leaving.choices import DecidedBy, ItemState, Verb
from leaving.models import ClearanceItem, ClearanceSheet, DecisionBatch
from leaving.selectors.contacts import WhomToAsk
from leaving.selectors.sheets import reason_of
from portal.localized import localized

SHOWN = 500  # characters of a reason
Words = tuple[str, str]  # title and text


@dataclass(frozen=True, slots=True)
class Line:
    """A decision that its graduate is told of: on what, and whether it answers something handed in, or asked."""

    item: ClearanceItem
    batch: DecisionBatch
    returned: bool = False
    looked: bool = False


def of_decisions(lines: Sequence[Line]) -> Words:
    """What one graduate reads of the decisions of one batch, in the present language."""
    parts = [(_title(line), _text(line)) for line in lines]
    title, text = parts[0]
    if len(parts) == 1:
        return title, text
    more = _("%(title)s, and %(number)d more") % {"title": title, "number": len(parts) - 1}
    return more, "\n\n".join(f"{title}\n{text}" for title, text in parts)


def _title(line: Line) -> str:
    return _kind_of_news(line) % {"checkpoint": localized(line.item.checkpoint, "name")}


def _kind_of_news(line: Line) -> str:
    if line.batch.undoes_id is not None:
        return _("%(checkpoint)s: a decision was taken back")
    match line.batch.verb:
        case Verb.FAIL if line.batch.how == DecidedBy.DATA:
            return _("%(checkpoint)s: not passed any more")
        case Verb.FAIL if line.returned:
            return _("%(checkpoint)s: what you handed in was returned")
        case Verb.FAIL if line.looked:
            return _("%(checkpoint)s: looked at again, still not passed")
        case Verb.FAIL:
            return _("%(checkpoint)s: not passed")
        case Verb.PASS:
            return _("%(checkpoint)s: looked at again and passed")
        case Verb.WAIVE:
            return _("%(checkpoint)s: looked at again and waived")
    return _("%(checkpoint)s: opened again, to be decided anew")


def _text(line: Line) -> str:
    item, reason, whom = line.item, "", ""
    if item.state in (ItemState.FAILED, ItemState.WAIVED):
        reason = reason_of(item)
    if item.is_open:
        whom = str(WhomToAsk.of(item))
    paragraphs = [
        _("It is now: %(state)s.") % {"state": item.get_state_display()} if line.batch.undoes_id else "",
        _("Reason: %(reason)s") % {"reason": _short(reason)} if reason else "",
        _todo(line),
        _("Ask: %(whom)s") % {"whom": whom} if whom else "",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _short(reason: str) -> str:
    return reason if len(reason) <= SHOWN else f"{reason[:SHOWN]}…"


def _todo(line: Line) -> str:
    item = line.item
    if not item.is_open:
        return _("There is nothing left to do here.")
    if item.state != ItemState.FAILED:
        return _("There is nothing to do for now. Your sheet shows when it has been decided.")
    if item.decided_how == DecidedBy.DATA:
        return _(
            "What to do: settle it with the department. The item passes by itself as soon as the department's data say so."
        )
    if item.checkpoint.asks_for:  # handing in asks to look again by itself
        return _("What to do: open the item, fill in or correct what it asks for, and hand it in.")
    return _("What to do: settle it, then open the item and choose “Please look again”.")


def of_clearing(sheet: ClearanceSheet) -> Words:
    """That all is settled (C9)."""
    return (
        _("You are cleared: your certificate of leaving is ready"),
        _(
            "All items of your clearance sheet (%(cohort)s) are settled. You can read, save and print your certificate of "
            "leaving in the portal; anyone to whom you show it can check it by its code."
        )
        % {"cohort": sheet.cohort},
    )


def of_reopening(sheet: ClearanceSheet) -> Words:
    """That it is not, after all (decision 5)."""
    return (
        _("Your clearance sheet is open again"),
        _(
            "The decision that completed your clearance sheet (%(cohort)s) was taken back, and your certificate of leaving is no "
            "longer valid. Your sheet shows which item is open now and whom to ask; when it is settled you get a new certificate."
        )
        % {"cohort": sheet.cohort},
    )
