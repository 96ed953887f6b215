"""Additions: the list in tabs, proposing one, and confirming or refusing it (G6)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leaving.choices import AdditionState
from leaving.forms.additions import AdditionFilters, AdditionForm
from leaving.models import Addition
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.roster import (
    additions_confirmed_by,
    additions_visible_to,
    changes_roster,
    colleges_of_roster,
    named,
)
from leaving.workbooks.additions import (
    RowRefused,
    confirm_addition,
    propose_addition,
    refuse_addition,
    withdraw_addition,
)
from leaving.workbooks.graduates.columns import COLUMNS
from portal.accounts.access import access, user_of
from portal.errors import Refused
from portal.keyset import counted, keyset_page
from portal.workbooks.spec import CellKind

RELATED = ("college", "cohort", "proposed_by", "decided_by", "graduate")


@access(changes_roster)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The additions one proposes or confirms, by state. A constant number of queries, however many there are."""
    filters = AdditionFilters(request.GET or None)
    said = filters.cleaned_data if filters.is_valid() else {}
    state, text = said.get("state") or AdditionState.PROPOSED, said.get("q", "")
    found = additions_visible_to(request.user).filter(named(text), state=state)
    shown = found.select_related(*RELATED).defer("identity_cipher", "cells")
    context = {
        "filters": filters,
        "state": state,
        "states": AdditionState,
        "page": keyset_page(shown, key=["-id"], parameters=request.GET.dict()),
        "total": counted(found),
        "q": text,
    }
    return render(request, "leaving/addition_list.html", context)


@access(changes_roster)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Proposes somebody; `?again=` starts from a refused or withdrawn proposal, whose document has to be typed anew."""
    form = AdditionForm(
        request.POST if request.method == "POST" else None,
        colleges=colleges_of_roster(request.user),
        initial=_again(request),
    )
    if form.is_valid():
        try:
            made = propose_addition(
                cohort=form.cleaned_data["cohort"],
                cells=form.cells(),
                reason=form.cleaned_data["why"],
                actor=user_of(request),
            )
        except RowRefused as refused:
            form.add_faults(refused.faults)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. The office in charge has been given it to confirm."))
            return redirect("leaving:addition-detail", uid=made.uid)
    return render(request, "leaving/addition_new.html", {"form": form}, status=400 if form.is_bound else 200)


def _again(request: HttpRequest) -> dict[str, Any]:
    try:
        uid = uuid.UUID(request.GET.get("again", ""))
    except ValueError:
        return {}
    earlier = additions_visible_to(request.user).filter(uid=uid).select_related("college").first()
    if earlier is None:
        return {}
    return {
        **earlier.cells,
        "college": earlier.college.code,
        "cohort": earlier.cohort_id,
        "why": earlier.reason,
    }


@access(changes_roster)
@never_cache
@require_safe
def detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One proposal: what it says, by its mask the number of the document, and what can be done about it now."""
    return _detail(request, _visible(request, uid))


@access(changes_roster)
@never_cache
@require_POST
def decide(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Confirms, refuses or withdraws it."""
    addition, actor = _visible(request, uid), user_of(request)
    reason = request.POST.get("reason", "")[:300]
    try:
        match request.POST.get("action"):
            case "confirm":
                graduate = confirm_addition(addition=addition, actor=actor)
                text = _("%(name)s is on the list of %(cohort)s now.")
                messages.success(request, text % {"name": graduate.name, "cohort": addition.cohort})
            case "refuse":
                refuse_addition(addition=addition, actor=actor, note=reason)
                messages.success(request, _("The proposal is refused."))
            case "withdraw":
                withdraw_addition(addition=addition, actor=actor)
                messages.success(request, _("The proposal is withdrawn."))
    except RowRefused as refused:
        messages.error(request, "\n".join([str(refused), *(message for _column, message in refused.faults)]))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("leaving:addition-detail", uid=uid)


def _visible(request: HttpRequest, uid: uuid.UUID) -> Addition:
    return get_object_or_404(additions_visible_to(request.user).select_related(*RELATED), uid=uid)


def _detail(request: HttpRequest, addition: Addition) -> HttpResponse:
    confirms = additions_confirmed_by(request.user).filter(pk=addition.pk).exists()
    context = {
        "addition": addition,
        "facts": list(_facts(addition)),
        "confirms": confirms,
        "own": addition.proposed_by_id == request.user.pk,
        "visible": addition.graduate is not None
        and graduates_visible_to(request.user).filter(pk=addition.graduate.pk).exists(),
    }
    return render(request, "leaving/addition_detail.html", context)


def _facts(addition: Addition) -> list[tuple[str, str]]:
    """Header and value of every cell that is filled, in the order of the workbook."""
    chinese = (get_language() or "zh").startswith("zh")
    shown = {**addition.cells, "college": str(addition.college), "document_no": addition.identity_mask}
    facts = []
    for column in COLUMNS:
        value = shown.get(column.key)
        if value in (None, ""):
            continue
        if column.kind is CellKind.CHOICE:
            word = next((each for each in column.choices if each.value == value), None)
            value = (word.zh if chinese else word.en) if word else value
        facts.append((column.header("zh" if chinese else "en"), str(value)))
    return facts
