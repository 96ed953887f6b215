"""One item whole, for those who decide it: evidence, form, what the graduate wrote, history, and the decision (C6, C8)."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leaving.choices import ItemState, SheetState, Verb
from leaving.forms import papers
from leaving.forms.clearance import why_not
from leaving.forms.handin import EvidenceForm, ItemDecisionForm
from leaving.models import ClearanceItem, Graduate
from leaving.selectors.again import asking_again
from leaving.selectors.clearance import decides, snapshot
from leaving.selectors.handin import LISTS, list_of
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.reasons import ReasonBook
from leaving.selectors.sheets import sheet_of
from leaving.selectors.supervision import stands_in
from leaving.services.changes import possible
from leaving.services.clearance import Outcome, decide
from leaving.views.handin import reached, refuse
from leaving.views.outcomes import tell
from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import Refused

URL_NAMES = {
    "queue": "leaving:clearance-queue",
    "students": "leaving:clearance-students",
    "reviews": "leaving:clearance-reviews",
}


@access(decides | stands_in)
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """The item to whoever decides it, also without the right to see all of the graduate's data; that is recorded (P5)."""
    graduate, item, in_list = _mine(request, uid, number)
    user = user_of(request)
    view = sheet_of(graduate, named=True)
    assert view is not None
    line = view.line(item)
    if request.method == "GET":
        record("item.viewed", actor=user, target=graduate, details={"checkpoint": number})
    versions = line.handed.versions
    context = {
        "graduate": graduate,
        "line": line,
        "handed": line.handed,
        "versions": [
            (version, papers.shown(version.form)) for version in versions if version.form.handed_in_at
        ],
        "list": in_list,
        "list_url": URL_NAMES[in_list],
        "verbs": possible(item) if view.sheet.state == SheetState.OPEN else [],
        "verb": Verb,
        "seen": snapshot(),
        "visible": graduates_visible_to(user).filter(pk=graduate.pk).exists(),
        "reasons": ReasonBook(user, reviews=in_list != "queue").offered(checkpoint_key=item.checkpoint.key),
        "following": _following(user, in_list, item),
        "evidence_form": EvidenceForm(),
        "keep_days": settings.HANDED_IN_KEEP_DAYS,
    }
    return render(request, "leaving/item_detail.html", context)


@access(decides | stands_in)
@require_POST
def decide_item(request: HttpRequest, uid: uuid.UUID, number: int) -> HttpResponse:
    """Passes, does not pass, waives or reopens the item; what was handed in since the page was opened is looked at first."""
    _graduate, item, in_list = _mine(request, uid, number)
    form = ItemDecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, why_not(form))
        return redirect("leaving:clearance-item", uid=uid, number=number)
    given = form.cleaned_data
    delegation = given["delegation"] if in_list == "reviews" else ""
    try:
        if in_list == "reviews" and not delegation:
            raise Refused("delegation_missing", _("Say why you decide in the supervisor's place."))
        outcome = decide(
            items=[item.pk],
            verb=Verb(given["verb"]),
            actor=user_of(request),
            reason=ReasonBook(user_of(request), reviews=in_list != "queue").reason(given["reason"]),
            seen=given["seen"],
            delegation=delegation,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        _tell(request, Verb(given["verb"]), outcome, item)
    return redirect("leaving:clearance-item", uid=uid, number=number)


def _mine(request: HttpRequest, uid: uuid.UUID, number: int) -> tuple[Graduate, ClearanceItem, str]:
    graduate, item, in_list = reached(request, uid, number)
    in_list = in_list or list_of(request.user, item)  # staff who graduate
    if not in_list:
        refuse(request, graduate)
    return graduate, item, in_list


def _following(user: User, in_list: str, item: ClearanceItem) -> ClearanceItem | None:
    """The next item of the same checkpoint that can be decided, in the order of the list; those asking to look again first."""
    others = LISTS[in_list](user).filter(checkpoint=item.checkpoint_id).exclude(pk=item.pk)
    others = others.select_related("sheet__graduate", "checkpoint").order_by("sheet_id")
    again = asking_again(others).first()
    pending = others.filter(state=ItemState.PENDING)
    return again or pending.filter(sheet_id__gt=item.sheet_id).first() or pending.first()


def _tell(request: HttpRequest, verb: Verb, outcome: Outcome, before: ClearanceItem) -> None:
    """As for a list; but what was only handed in since has not been decided by anybody else."""
    for skipped in outcome.skipped:
        if skipped.code == "changed" and skipped.item and skipped.item.decided_at == before.decided_at:
            messages.warning(
                request,
                _("The graduate has handed something in since you opened the page. Look at it first."),
            )
            return
    tell(request, verb, outcome)
