"""Giving postgraduates another supervisor: one from the sheet, many from the list of reviews (C4)."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leaving.forms.clearance import SupervisorForm, TickedForm
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.supervision import postgraduates_of_secretary, reviews_of_secretary, stands_in
from leaving.services.supervision import find_or_make_supervisor, reassign_supervisor
from leaving.views.clearance import REVIEWS, ticked
from portal.accounts.access import access
from portal.doors import one_transaction
from portal.errors import Refused

NAMED = 20  # graduates that the page names one by one


@access(stands_in)
@require_http_methods(["GET", "HEAD", "POST"])
def reassign(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Another supervisor for one postgraduate of my college."""
    graduate = get_object_or_404(postgraduates_of_secretary(request.user), uid=uid)
    visible = graduates_visible_to(request.user).filter(pk=graduate.pk).exists()
    back = reverse("leaving:sheet-detail", args=[uid]) if visible else reverse(REVIEWS.url_name)
    form = SupervisorForm(request.POST if request.method == "POST" else None)
    return _reassign(request, form, [graduate.pk], back)


@access(stands_in)
@require_POST
def reassign_ticked(request: HttpRequest) -> HttpResponse:
    """Another supervisor for the postgraduates ticked in the list; asks who first."""
    back = f"{reverse(REVIEWS.url_name)}?{request.GET.urlencode()}"
    if "graduates" in request.POST:
        given = [int(pk) for pk in request.POST["graduates"].split(",") if pk.isdecimal()]
        return _reassign(request, SupervisorForm(request.POST), given, back)
    chosen = TickedForm(request.POST)
    if not chosen.is_valid():
        messages.error(request, _("The list is too old. Load it again."))
        return redirect(back)
    items = reviews_of_secretary(request.user).filter(pk__in=ticked(request, REVIEWS, chosen))
    found = list(items.order_by("sheet__graduate").values_list("sheet__graduate", flat=True))
    if not found:
        messages.warning(request, _("Tick at least one row."))
        return redirect(back)
    return _reassign(request, SupervisorForm(), found, back)


def _reassign(request: HttpRequest, form: SupervisorForm, ids: Sequence[int], back: str) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            _carry_out(request, form, ids)
        except Refused as refused:
            form.add_error("staff_no" if refused.code.startswith("supervisor_") else None, str(refused))
        else:
            return redirect(back)
    graduates = postgraduates_of_secretary(request.user).filter(pk__in=ids).select_related("supervisor")
    context = {
        "form": form,
        "back": back,
        "graduates": graduates.order_by("student_no")[:NAMED],
        "ids": ",".join(str(pk) for pk in ids),
        "number": len(ids),
        "more": max(0, len(ids) - NAMED),
    }
    status = 400 if form.is_bound else 200
    return render(request, "leaving/supervisor_reassign.html", context, status=status)


@one_transaction
def _carry_out(request: HttpRequest, form: SupervisorForm, ids: Sequence[int]) -> None:
    assert request.user.is_authenticated
    given = form.cleaned_data
    supervisor, new = find_or_make_supervisor(
        staff_no=given["staff_no"], name=given["name"], actor=request.user
    )
    done = reassign_supervisor(
        graduates=ids, supervisor=supervisor, actor=request.user, reason=given["reason"]
    )
    text = ngettext(
        "%(name)s is the supervisor of %(number)d graduate now.",
        "%(name)s is the supervisor of %(number)d graduates now.",
        done.graduates,
    ) % {"name": supervisor.name, "number": done.graduates}
    if new:
        text += " " + _("The account %(number)s has yet to be activated.") % {"number": supervisor.username}
    messages.success(request, text)
