"""The clerk's queue and the supervisor's list: filter, tick, decide, take back (C6, P4)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leaving.choices import DecidedBy, ItemState, Verb
from leaving.forms.clearance import DecisionForm, QueueFilters, TickedForm, why_not
from leaving.models import Checkpoint, ClearanceItem
from leaving.selectors.again import asking_again
from leaving.selectors.clearance import (
    checkpoints_decided_by,
    colleges_decided_by,
    decides,
    for_list,
    found,
    items_of_departments,
    items_of_students,
    last_decision_of,
    matching_then,
    parts_of_queue,
    snapshot,
    supervises,
)
from leaving.selectors.decisions import batches_visible_to
from leaving.selectors.reasons import ReasonBook
from leaving.selectors.sheets import explanation, reason_of
from leaving.selectors.supervision import reviews_of_secretary, stands_in
from leaving.services.clearance import decide, reopen_batch
from leaving.services.reasons import keep_reason
from leaving.views.outcomes import tell, tell_taken_back
from portal.accounts.access import AnyUser, access, user_of
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import holds_anywhere
from portal.errors import Refused
from portal.keyset import counted, keyset_page, reading_few


@dataclass(frozen=True)
class _List:
    """One of the two lists: where it is, and what is in it."""

    url_name: str
    decide_url_name: str
    items: Callable[[AnyUser], QuerySet[ClearanceItem]]

    def form(self, request: HttpRequest) -> QueueFilters:
        nothing = self.items is not items_of_departments
        return QueueFilters(
            request.GET,
            checkpoints=Checkpoint.objects.none() if nothing else checkpoints_decided_by(request.user),
            colleges=Department.objects.none() if nothing else colleges_decided_by(request.user),
            supervisors=self.items is reviews_of_secretary,
        )


QUEUE = _List("leaving:clearance-queue", "leaving:clearance-decide", items_of_departments)
STUDENTS = _List("leaving:clearance-students", "leaving:clearance-students-decide", items_of_students)
REVIEWS = _List("leaving:clearance-reviews", "leaving:clearance-reviews-decide", reviews_of_secretary)
LISTS = {which.url_name.rpartition("-")[2]: which for which in (QUEUE, STUDENTS, REVIEWS)}


@access(decides)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The items of my departments. A supervisor without a department goes to the list of students."""
    if not holds_anywhere(request.user, Right.DECIDE):
        return redirect(STUDENTS.url_name)
    return _show(request, QUEUE)


@access(supervises)
@require_GET
def students(request: HttpRequest) -> HttpResponse:
    """The reviews of my own students: the gate before everything else (C4, P4)."""
    return _show(request, STUDENTS)


@access(stands_in)
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """What supervisors decide about my college's postgraduates: to decide in their place, or to give to others (C4)."""
    return _show(request, REVIEWS)


@access(decides)
@require_POST
def decide_queue(request: HttpRequest) -> HttpResponse:
    """Decides ticked items of the queue, or all that matched."""
    return _decide(request, QUEUE)


@access(supervises)
@require_POST
def decide_students(request: HttpRequest) -> HttpResponse:
    """Decides reviews of my students."""
    return _decide(request, STUDENTS)


@access(stands_in)
@require_POST
def decide_reviews(request: HttpRequest) -> HttpResponse:
    """Decides in the place of supervisors, as their named delegate, with the reason why."""
    if not request.POST.get("delegation", "").strip():
        messages.error(request, _("Say why you decide in the supervisor's place."))
        return _back(request, REVIEWS)
    return _decide(request, REVIEWS)


@access(decides)
@require_POST
def undo(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Takes a decision of mine or of my department back as a whole."""
    user = user_of(request)
    batch = get_object_or_404(batches_visible_to(user), uid=uid)
    try:
        outcome = reopen_batch(batch=batch, actor=user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        tell_taken_back(request, outcome)
    where = request.GET.get("list", "")
    if where == "decision":
        return redirect("leaving:decision-detail", uid)
    if where == "counter":
        return redirect("leaving:clearance-counter")
    return _back(request, LISTS.get(where, QUEUE))


def _show(request: HttpRequest, which: _List) -> HttpResponse:
    user = user_of(request)
    form = which.form(request)
    filters = form.filters()
    mine = which.items(user)
    items = found(mine, filters)
    seen = snapshot()
    parts = parts_of_queue(user, filters) if which is QUEUE else None
    with reading_few():
        page = keyset_page(
            for_list(items), key=("sheet_id", "checkpoint_id"), parameters=request.GET.dict(), parts=parts
        )
        total, again = counted(items), counted(asking_again(mine))
    last = last_decision_of(user)
    reasons = ReasonBook(user, reviews=which is not QUEUE)
    context = {
        "form": form,
        "filters": filters,
        "page": page,
        "rows": [(item, explanation_in_list(item)) for item in page.rows],
        "total": total,
        "seen": seen,
        "again": again,
        "list": which.url_name.rpartition("-")[2],
        "decide_url": f"{reverse(which.decide_url_name)}?{request.GET.urlencode()}",
        "queue_too": holds_anywhere(user, Right.DECIDE),
        "students_too": supervises.allows(user),
        "reviews_too": stands_in.allows(user),
        "verbs": Verb,
        "reasons": reasons.offered(checkpoint_key=form.checkpoint_key()),
        "may_keep_reason": which is QUEUE,
        "several_checkpoints": "checkpoint" in form.fields,
        "last": last,
        "last_items": last.decisions.count() if last else 0,
        "filtered": any(
            value and name in form.fields and (name, value) != ("state", ItemState.PENDING)
            for name, value in request.GET.items()
        ),
    }
    return render(request, "leaving/clearance_queue.html", context)


def explanation_in_list(item: ClearanceItem) -> str:
    """Who decided and why, short; of what waits, for what. That something is not needed, rules decide."""
    if item.decided_by and item.state != ItemState.EXEMPT:
        who = item.decided_by.name
        if item.decided_for:
            who = _("%(who)s for %(supervisor)s") % {"who": who, "supervisor": item.decided_for.name}
        return " · ".join(part for part in (who, reason_of(item)) if part)
    if item.decided_how == DecidedBy.DATA and item.decided_at:
        return " · ".join(part for part in (_("by data"), reason_of(item)) if part)
    return reason_of(item) or ("" if not item.is_open or item.decided_at is None else explanation(item))


def _decide(request: HttpRequest, which: _List) -> HttpResponse:
    user = user_of(request)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, why_not(form))
        return _back(request, which)
    given = form.cleaned_data
    ids = ticked(request, which, form)
    if not ids:
        messages.warning(request, _("Tick at least one row."))
        return _back(request, which)
    verb = Verb(given["verb"])
    try:
        outcome = decide(
            items=ids,
            verb=verb,
            actor=user,
            reason=ReasonBook(user).reason(given["reason"]),
            seen=given["seen"],
            delegation=given["delegation"] if which is REVIEWS else "",
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return _back(request, which)
    if not outcome.decided and {skipped.code for skipped in outcome.skipped} == {"not_yours"}:
        raise PermissionDenied
    tell(request, verb, outcome)
    if given["keep_reason"] and outcome.decided and verb in (Verb.FAIL, Verb.WAIVE):
        keep_reason(text=given["reason"], verb=verb, items=outcome.decided, actor=user)
    return _back(request, which)


def ticked(request: HttpRequest, which: _List, form: TickedForm) -> list[int]:
    """The items that were ticked, or all that matched when the list was looked at."""
    if form.cleaned_data["all_matching"]:
        return matching_then(
            which.items(request.user), which.form(request).filters(), form.cleaned_data["seen"]
        )
    ids: list[int] = form.cleaned_data["item"]
    return ids


def _back(request: HttpRequest, which: _List) -> HttpResponseRedirect:
    query = request.GET.copy()
    query.pop("list", None)
    return HttpResponseRedirect(f"{reverse(which.url_name)}{'?' if query else ''}{query.urlencode()}")
