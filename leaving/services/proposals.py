"""Telling what became of a proposal to change the list: graduates of their deferral, and who proposed it (G5, G6).

In the transaction of the decision: they are few. The proposer gets one message for all that was decided at once, unless it was
the proposer who decided. Reasons stay in the portal: why somebody is deferred is nothing for an e-mail.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leaving.choices import AdditionState, CohortState, DeferralState
from leaving.models import Addition, Deferral
from portal.accounts.models import User
from portal.notify import kinds
from portal.notify.kinds import MessageKind, Texts
from portal.notify.services.messages import Letter, tell, tell_each

NAMED = 5
Decided = tuple[str | Promise, str | Promise]  # title and text

# To the graduate. The places are the two cohorts.
TO_GRADUATE: dict[DeferralState, Decided] = {
    DeferralState.APPROVED: (
        _("Your graduation is deferred to %(to)s"),
        _(
            "Your deferral was approved. Your clearance sheet of %(from)s is closed: there is nothing more to settle on it. You "
            "clear with %(to)s, and your new sheet appears in the portal when that one opens.\n\n"
            "If this is not what you asked for, tell your college at once; it can be undone until then."
        ),
    ),
    DeferralState.REFUSED: (
        _("Your graduation is not deferred"),
        _(
            "The deferral that your college had proposed was not approved. You leave with %(from)s as planned: go on with your "
            "clearance sheet. Your college knows the reason."
        ),
    ),
    DeferralState.UNDONE: (
        _("Your deferral was undone: you leave with %(from)s"),
        _(
            "You belong to %(from)s again, and your clearance sheet is open as you left it, with all decisions that had been "
            "made. See what is still missing, and settle it in time. Your college knows the reason."
        ),
    ),
}
# The same where the later cohort is open already: the sheet is there, and there is no way back.
AT_ONCE: Decided = (
    TO_GRADUATE[DeferralState.APPROVED][0],
    _(
        "Your deferral was approved. Your clearance sheet of %(from)s is closed: there is nothing more to settle on it. "
        "%(to)s is open already: your new sheet is in the portal, and you can clear at once.\n\n"
        "If this is not what you asked for, tell your college; this deferral can no longer be undone in the portal."
    ),
)
# To who proposed it.
TO_PROPOSER: dict[DeferralState, Decided] = {
    DeferralState.APPROVED: (
        _("Approved: the deferral you had proposed"),
        _(
            "Approved: the deferral of %(names)s. They clear with the later cohort, and have been told. There is nothing "
            "more to do."
        ),
    ),
    DeferralState.REFUSED: (
        _("Not approved: the deferral you had proposed"),
        _(
            "Not approved: the deferral of %(names)s. The reason stands with the proposal; if it can be met, propose again, else "
            "see to it that they clear now."
        ),
    ),
    DeferralState.UNDONE: (
        _("Undone: the deferral you had proposed"),
        _(
            "Undone: the deferral of %(names)s. They leave with their own cohort after all, and have been told. The reason "
            "stands with the proposal."
        ),
    ),
}
ADDED: dict[AdditionState, Decided] = {
    AdditionState.CONFIRMED: (
        _("%(name)s is on the list of %(cohort)s"),
        _(
            "The addition that you had proposed was confirmed. Where the cohort is open the clearance sheet is there; hand out "
            "an activation code next."
        ),
    ),
    AdditionState.REFUSED: (
        _("%(name)s was not added to the list of %(cohort)s"),
        _(
            "The addition that you had proposed was refused. The reason stands with the proposal; mend it and propose again, or "
            "tell the person."
        ),
    ),
}


def register_kinds() -> None:
    """Called once, when the apps are ready."""
    for state, (title, text) in TO_GRADUATE.items():
        kinds.register(MessageKind(_own(state), _("Decision on one's deferral"), title, text))
    for state, (title, text) in TO_PROPOSER.items():
        kinds.register(MessageKind(_proposed(state), _("Decision on deferrals proposed"), title, text))
    for answer, (title, text) in ADDED.items():
        kinds.register(MessageKind(f"addition.{answer}", _("Decision on an addition proposed"), title, text))


def tell_of_deferrals(deferrals: Sequence[Deferral], state: DeferralState, *, actor: User) -> None:
    """Tells the graduates and the proposers that `actor` has put these deferrals into `state`. Locks the persons, last.

    A number of statements that does not depend on how many deferrals they are, but for one per proposer.
    """
    matter = f"deferral:{deferrals[0].uid}"
    texts: dict[tuple[int, int], Texts] = {}
    letters = []
    for each in deferrals:
        if each.graduate.user_id is None:
            continue
        way = (each.from_cohort_id, each.to_cohort_id)
        if way not in texts:
            cohorts = {"from": each.from_cohort, "to": each.to_cohort}
            texts[way] = Texts.of(_words(each, state), cohorts)
        letters.append(Letter(each.graduate.user_id, texts[way], each.graduate.email))
    tell_each(letters=letters, kind=_own(state), matter=matter, url=reverse("leaving:sheet-own"))
    by: dict[int, list[Deferral]] = defaultdict(list)
    for each in deferrals:
        by[each.proposed_by_id].append(each)
    for proposer, own in sorted(by.items()):
        if proposer == actor.pk:
            continue
        page = reverse("leaving:deferral-list")
        if len(own) == 1:
            page = reverse("leaving:deferral-detail", args=[own[0].uid])
        names = lazy(some, str)([each.graduate.name for each in own])
        tell(users=[proposer], kind=_proposed(state), context={"names": names}, matter=matter, url=page)


def tell_of_addition(addition: Addition, state: AdditionState, *, actor: User) -> None:
    """Tells who proposed it, unless it was `actor`."""
    if addition.proposed_by_id == actor.pk:
        return
    tell(
        users=[addition.proposed_by_id],
        kind=f"addition.{state}",
        context={"name": addition.name, "cohort": addition.cohort},
        matter=f"addition:{addition.uid}",
        url=reverse("leaving:addition-detail", args=[addition.uid]),
    )


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMED
    rest = [gettext("and %(number)d more") % {"number": more}] if more > 0 else []
    return gettext(", ").join([*names[:NAMED], *rest])


def _words(deferral: Deferral, state: DeferralState) -> MessageKind:
    """What the graduate is told: once the later cohort has opened there is nothing to wait for, and nothing to undo."""
    known = kinds.kind_named(_own(state))
    if state == DeferralState.APPROVED and deferral.to_cohort.state == CohortState.OPEN:
        title, text = AT_ONCE
        return replace(known, title=title, body=text)
    return known


def _own(state: DeferralState) -> str:
    return f"deferral.{state}"


def _proposed(state: DeferralState) -> str:
    return f"deferral.proposal.{state}"
