"""Deferrals: the list in tabs, one of them, proposing, and deciding on the ticked ones (G5)."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leaving.choices import CohortState, DeferralState
from leaving.forms.deferrals import DeferralFilters, DeferralForm, RosterDecisionForm
from leaving.models import Deferral
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.roster import (
    changes_roster,
    deferrals_approved_by,
    deferrals_visible_to,
    found_by_number,
    graduates_of_roster,
    named,
    roster_reach,
)
from leaving.services.deferrals import (
    approve_deferrals,
    propose_deferrals,
    refuse_deferrals,
    undo_deferrals,
    withdraw_deferrals,
)
from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.doors import one_transaction
from portal.errors import Refused
from portal.keyset import counted, keyset_page

RELATED = (
    "graduate__college",
    "graduate__school_class",
    "from_cohort",
    "to_cohort",
    "proposed_by",
    "decided_by",
    "undone_by",
)


@access(changes_roster)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The deferrals one proposes or approves, by state. A constant number of queries, however many there are."""
    filters = DeferralFilters(request.GET or None)
    said = filters.cleaned_data if filters.is_valid() else {}
    state = said.get("state") or DeferralState.PROPOSED
    found = _narrowed(deferrals_visible_to(request.user), state, said.get("q", ""))
    context = {
        "filters": filters,
        "state": state,
        "states": DeferralState,
        "page": keyset_page(found.select_related(*RELATED), key=["-id"], parameters=request.GET.dict()),
        "total": counted(found),
        "q": said.get("q", ""),
        "approves": roster_reach(request.user).approves_some,
    }
    return render(request, "leaving/deferral_list.html", context)


def _narrowed(deferrals: QuerySet[Deferral], state: str, text: str) -> QuerySet[Deferral]:
    return deferrals.filter(named(text, "graduate__"), state=state)


@access(changes_roster)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Proposes one or many; who approves them may carry them out at once."""
    reach = roster_reach(request.user)
    form = DeferralForm(
        request.POST if request.method == "POST" else None,
        approves=reach.approves_some,
        initial={"students": request.GET.get("student", "")},
    )
    if form.is_valid() and _propose(request, form):
        return redirect("leaving:deferral-list")
    return render(request, "leaving/deferral_new.html", {"form": form}, status=400 if form.is_bound else 200)


def _propose(request: HttpRequest, form: DeferralForm) -> bool:
    given = form.cleaned_data
    graduates, unknown = found_by_number(graduates_of_roster(request.user), given["students"])
    if unknown:
        form.refuse_numbers(unknown)
        return False
    try:
        number = _carry_out(user_of(request), form, [graduate.pk for graduate in graduates])
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    text = (
        ngettext("%(number)d graduate is deferred.", "%(number)d graduates are deferred.", number)
        if given.get("approve")
        else ngettext(
            "%(number)d deferral is proposed. The office in charge has been given it to approve.",
            "%(number)d deferrals are proposed. The office in charge has been given them to approve.",
            number,
        )
    )
    messages.success(request, text % {"number": number})
    return True


@one_transaction
def _carry_out(actor: User, form: DeferralForm, graduates: Sequence[int]) -> int:
    given = form.cleaned_data
    year, month = form.place()
    made = propose_deferrals(
        graduates=graduates, year=year, month=month, reason=given["reason"], until=given["until"], actor=actor
    )
    if given.get("approve"):
        approve_deferrals(deferrals=[each.pk for each in made], actor=actor)
    return len(made)


@access(changes_roster)
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One deferral with its history and what can be done about it now."""
    deferral = get_object_or_404(deferrals_visible_to(request.user).select_related(*RELATED), uid=uid)
    context = {
        "deferral": deferral,
        "approves": deferrals_approved_by(request.user).filter(pk=deferral.pk).exists(),
        "own": deferral.proposed_by_id == request.user.pk,
        "visible": graduates_visible_to(request.user).filter(pk=deferral.graduate_id).exists(),
        "undoable": deferral.to_cohort.state == CohortState.PREPARED,
    }
    return render(request, "leaving/deferral_detail.html", context)


@access(changes_roster)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approves, refuses, withdraws or undoes the ticked ones; all of them or none."""
    form = RosterDecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Tick at least one row."))
        return _back(request)
    given, actor = form.cleaned_data, user_of(request)
    ids, reason = given["item"], given["reason"]
    try:
        match given["action"]:
            case "approve":
                number = approve_deferrals(deferrals=ids, actor=actor).deferrals
                text = ngettext(
                    "%(number)d graduate is deferred.", "%(number)d graduates are deferred.", number
                )
            case "refuse":
                number = refuse_deferrals(deferrals=ids, actor=actor, note=reason)
                text = ngettext(
                    "%(number)d proposal is refused.", "%(number)d proposals are refused.", number
                )
            case "withdraw":
                number = withdraw_deferrals(deferrals=ids, actor=actor)
                text = ngettext(
                    "%(number)d proposal is withdrawn.", "%(number)d proposals are withdrawn.", number
                )
            case _:
                number = undo_deferrals(deferrals=ids, actor=actor, reason=reason).deferrals
                text = ngettext(
                    "%(number)d graduate is back in the cohort.",
                    "%(number)d graduates are back in the cohort.",
                    number,
                )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, text % {"number": number})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    query = request.GET.urlencode()
    return HttpResponseRedirect(f"{reverse('leaving:deferral-list')}{'?' if query else ''}{query}")
