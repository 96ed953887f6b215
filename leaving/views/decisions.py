"""Decisions as a whole: which I and my departments made, what each did, and taking one back (C6, decision 5)."""

import uuid

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from leaving.forms.decisions import DecisionFilters
from leaving.models import DecisionBatch
from leaving.selectors.clearance import decides
from leaving.selectors.decisions import batches_visible_to, decisions_for, lines_of, narrowed, returning
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.supervision import stands_in
from leaving.services.clearance import reopen_workbook
from leaving.views.outcomes import tell_taken_back
from portal.accounts.access import access, user_of
from portal.errors import Refused
from portal.keyset import keyset_page
from portal.workbooks.models import ImportBatch

PAGE = 50


@access(decides | stands_in)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """What I decided, and what others decided for my departments, newest first."""
    user = user_of(request)
    form = DecisionFilters(request.GET)
    form.is_valid()  # what was not understood narrows nothing
    given = form.cleaned_data
    mine, about, day = given.get("whose") == "mine", given.get("q", ""), given.get("day")
    batches = batches_visible_to(user).select_related("actor", "undoes", "workbook")
    if mine:
        batches = batches.filter(actor=user)
    batches = narrowed(batches, user, about=about, day=day)
    page = keyset_page(batches, key=["-id"], parameters=request.GET.dict(), size=PAGE)
    context = {
        "page": page,
        "rows": lines_of(page.rows, user),
        "mine": mine,
        "form": form,
        "filtered": bool(about or day),
    }
    return render(request, "leaving/decision_list.html", context)


@access(decides | stands_in)
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One decision: every item it changed, and whether that still stands."""
    user = user_of(request)
    batch = get_object_or_404(batches_visible_to(user), uid=uid)
    undo = f"{reverse('leaving:clearance-undo', args=[uid])}?list=decision"
    return _show(request, DecisionBatch.objects.filter(pk=batch.pk), undo)


@access(decides | stands_in)
@require_safe
def workbook(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """All that an uploaded list decided."""
    batches = _of_workbook(request, uid)
    return _show(request, batches, reverse("leaving:decision-workbook-undo", args=[uid]))


@access(decides | stands_in)
@require_POST
def undo_workbook(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Takes back all that an uploaded list decided."""
    _of_workbook(request, uid)
    try:
        outcome = reopen_workbook(workbook=ImportBatch.objects.get(uid=uid), actor=user_of(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        tell_taken_back(request, outcome)
    return redirect("leaving:decision-workbook", uid)


def _of_workbook(request: HttpRequest, uid: uuid.UUID) -> QuerySet[DecisionBatch]:
    batches = batches_visible_to(request.user).filter(workbook__uid=uid, undoes=None)
    if not batches.exists():
        raise Http404
    return batches


def _show(request: HttpRequest, batches: QuerySet[DecisionBatch], undo_url: str) -> HttpResponse:
    user = user_of(request)
    lines = lines_of(list(batches.select_related("actor", "undoes", "workbook").order_by("pk")), user)
    rows = decisions_for(user, lines)
    page = keyset_page(rows, key=["id"], parameters=request.GET.dict(), size=PAGE)
    visible = graduates_visible_to(user).filter(
        pk__in=[decision.item.sheet.graduate_id for decision in page.rows]
    )
    context = {
        "page": page,
        "lines": lines,
        "first": lines[0],
        "items": sum(line.items for line in lines),
        "visible": set(visible.values_list("pk", flat=True)),
        "returning": returning(user, lines),
        "undo_url": undo_url,
    }
    return render(request, "leaving/decision_detail.html", context)
