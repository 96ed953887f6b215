"""Naming delegates of supervisors for a while, and looking after the supervisors of one's college (C4)."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leaving.forms.delegations import DelegationForm
from leaving.models import Delegation
from leaving.selectors.delegations import (
    delegations_revocable_by,
    delegations_visible_to,
    has_delegates,
    has_students,
    in_force,
    is_supervisor,
)
from leaving.selectors.supervision import stands_in, supervisors_of_secretary, supervisors_to_activate_by
from leaving.services.delegations import name_delegate, revoke_delegation
from leaving.services.supervision import hand_out_supervisor_code
from portal.accounts.access import access, user_of
from portal.errors import Refused, refusal_told
from portal.keyset import keyset_page

PAGE = 50


@access(has_delegates | stands_in)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Delegates: of me, for whom I stand in, and, for the secretary, those of the college's supervisors."""
    user = user_of(request)
    rows = delegations_visible_to(user).select_related(
        "supervisor", "delegate", "college", "created_by", "revoked_by"
    )
    page = keyset_page(rows, key=["-id"], parameters=request.GET.dict(), size=PAGE)
    revocable = delegations_revocable_by(user).filter(pk__in=[row.pk for row in page.rows], revoked_at=None)
    context = {
        "page": page,
        "rows": [(row, _state(row)) for row in page.rows],
        "revocable": set(revocable.values_list("pk", flat=True)),
        "own": is_supervisor(user),
        "secretary": stands_in.allows(user),
    }
    return render(request, "leaving/delegation_list.html", context)


@access(has_students | stands_in)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Names a delegate: supervisors for themselves, the secretary for one of the college (`?for=` the staff number)."""
    user = user_of(request)
    own = "for" not in request.GET
    if own and not is_supervisor(user):
        return redirect(f"{reverse('leaving:delegation-new')}?for=")
    if not own and not stands_in.allows(user):
        raise PermissionDenied
    form = DelegationForm(
        request.POST or None, own=own, initial={"supervisor_no": request.GET.get("for", "")}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            name_delegate(
                supervisor=user if own else given["supervisor_no"],
                delegate=given["delegate_no"],
                starts_on=given["starts_on"],
                ends_on=given["ends_on"],
                reason=given["reason"],
                actor=user,
            )
        except Refused as refused:
            form.add_error("delegate_no" if refused.code.startswith("delegate_") else None, str(refused))
        else:
            said = {"name": given["delegate_no"].name, "day": given["ends_on"]}
            messages.success(request, _("%(name)s reviews in the supervisor's place until %(day)s.") % said)
            return redirect("leaving:delegation-list")
    status = 400 if form.is_bound else 200
    return render(request, "leaving/delegation_new.html", {"form": form, "own": own}, status=status)


@access(has_delegates | stands_in)
@require_POST
def revoke(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ends a delegation before its last day."""
    user = user_of(request)
    delegation = get_object_or_404(delegations_visible_to(user), uid=uid)
    if not delegations_revocable_by(user).filter(pk=delegation.pk).exists():
        raise PermissionDenied
    with refusal_told(request):
        revoke_delegation(delegation=delegation, actor=user)
        messages.success(request, _("The delegation has ended."))
    return redirect("leaving:delegation-list")


@access(stands_in)
@require_safe
def supervisors(request: HttpRequest) -> HttpResponse:
    """The supervisors of my college's postgraduates: how much they have to review, who is away, who never signed in."""
    user = user_of(request)
    found = supervisors_of_secretary(user)
    query = request.GET.get("q", "").replace("\0", "").strip()
    if query:
        found = found.filter(username=query) | found.filter(name__contains=query)
    page = keyset_page(found, key=["username"], parameters=request.GET.dict(), size=PAGE)
    pks = [row.pk for row in page.rows]
    away: dict[int, list[Delegation]] = {}
    for delegation in Delegation.objects.filter(in_force(), supervisor__in=pks).select_related("delegate"):
        away.setdefault(delegation.supervisor_id, []).append(delegation)
    waiting = set(supervisors_to_activate_by(user).filter(pk__in=pks).values_list("pk", flat=True))
    context = {
        "page": page,
        "rows": [(row, away.get(row.pk, []), row.pk in waiting) for row in page.rows],
        "query": query,
    }
    return render(request, "leaving/supervisor_list.html", context)


@access(stands_in)
@never_cache
@require_POST
def code(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The code with which a supervisor of my college who never signed in activates the account; shown once."""
    user = user_of(request)
    supervisor = get_object_or_404(supervisors_of_secretary(user), uid=uid)
    try:
        issued = hand_out_supervisor_code(supervisor=supervisor, actor=user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("leaving:supervisor-list")
    return render(request, "leaving/supervisor_code.html", {"supervisor": supervisor, "code": issued})


def _state(delegation: Delegation) -> str:
    today = timezone.localdate()
    if delegation.revoked_at is not None:
        return "revoked"
    if delegation.ends_on < today:
        return "over"
    return "running" if delegation.starts_on <= today else "ahead"
