"""What a verb did, told to the clerk who gave it: what was decided, what was not and why, who was quicker (C6)."""

from collections import Counter

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leaving.choices import Verb
from leaving.services.clearance import Outcome, Skipped

TOLD = 5  # skipped items that a message names one by one


def tell(request: HttpRequest, verb: Verb, outcome: Outcome) -> None:
    """Puts a message: how many were decided, who is cleared by that, and what was left alone."""
    number = len(outcome.decided)
    if number:
        text = {
            Verb.PASS: ngettext("Passed: %(number)d item.", "Passed: %(number)d items.", number),
            Verb.FAIL: ngettext("Not passed: %(number)d item.", "Not passed: %(number)d items.", number),
            Verb.WAIVE: ngettext("Waived: %(number)d item.", "Waived: %(number)d items.", number),
            Verb.REOPEN: ngettext("Reopened: %(number)d item.", "Reopened: %(number)d items.", number),
        }[verb] % {"number": number}
        if outcome.cleared:
            text += " " + ngettext(
                "%(number)d graduate is cleared now.",
                "%(number)d graduates are cleared now.",
                len(outcome.cleared),
            ) % {"number": len(outcome.cleared)}
        messages.success(request, text)
    tell_skipped(request, outcome)


def tell_skipped(request: HttpRequest, outcome: Outcome) -> None:
    """Puts a message about the items a verb left alone, and why; none if there are none."""
    if not outcome.skipped:
        return
    number = len(outcome.skipped)
    head = ngettext("Left as it is: %(number)d item.", "Left as they are: %(number)d items.", number)
    told = Counter(skipped_because(skipped) for skipped in outcome.skipped)
    lines = [f"{text} (× {times})" if times > 1 else text for text, times in told.most_common(TOLD)]
    if len(told) > TOLD:
        lines.append(_("and %(number)d more") % {"number": len(told) - TOLD})
    messages.warning(request, "\n".join([head % {"number": number}, *lines]))


def tell_taken_back(request: HttpRequest, outcome: Outcome) -> None:
    """Puts a message about what a taken back decision brought back, and what it did not."""
    number = len(outcome.decided)
    text = ngettext("Taken back: %(number)d item.", "Taken back: %(number)d items.", number)
    messages.success(request, text % {"number": number})
    tell_skipped(request, outcome)


def skipped_because(skipped: Skipped) -> str:
    """Why an item was left alone, for the clerk; with who was quicker, and when."""
    item = skipped.item
    if item is None:
        return _("Not yours to decide.")
    if skipped.code == "waiting":
        return _("Waits for another checkpoint.")
    if skipped.code == "exempt":
        return _("Not needed by this graduate.")
    name = {"name": item.sheet.graduate.name}
    if skipped.code == "cleared":
        return _("%(name)s: cleared already, the certificate stands.") % name
    if item.decided_by and item.decided_at:
        at = timezone.localtime(item.decided_at)
        said = {**name, "who": item.decided_by.name, "state": item.get_state_display(), "at": f"{at:%H:%M}"}
        return _("%(name)s: “%(state)s” by %(who)s at %(at)s.") % said
    return _("%(name)s: “%(state)s” by now.") % {**name, "state": item.get_state_display()}
