"""The reasons a department gives again and again: the list, a new one, one of them (C6)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from leaving.forms.reasons import ReasonForm
from leaving.models import ReasonText
from leaving.selectors.clearance import checkpoints_decided_by
from leaving.selectors.reasons import reason_texts_of
from leaving.services.reasons import save_reason
from portal.accounts.access import access, user_of
from portal.departments.choices import Right
from portal.departments.selectors import departments_where, has_right

decides_for_a_department = has_right(Right.DECIDE)


@access(decides_for_a_department)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The texts of my departments, those that are offered first."""
    user = user_of(request)
    texts = reason_texts_of(user).select_related("department__parent")
    names = {one.key: one for one in checkpoints_decided_by(user)}
    rows = [
        (text, names.get(text.checkpoint_key)) for text in texts.order_by("-is_active", "department", "id")
    ]
    return render(request, "leaving/reason_list.html", {"rows": rows})


@access(decides_for_a_department)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Another one."""
    return _edit(request, ReasonText())


@access(decides_for_a_department)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes one, or has it offered no more; decisions made keep what they said."""
    return _edit(request, get_object_or_404(reason_texts_of(user_of(request)), pk=pk))


def _edit(request: HttpRequest, text: ReasonText) -> HttpResponse:
    user = user_of(request)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        instance=text,
        departments=departments_where(user, Right.DECIDE).select_related("parent"),
        checkpoints=checkpoints_decided_by(user),
    )
    if form.is_valid():
        save_reason(text=form.save(commit=False), actor=user)
        messages.success(request, _("Saved."))
        return redirect("leaving:reason-list")
    status = 400 if form.is_bound else 200
    return render(request, "leaving/reason_edit.html", {"form": form, "text": text}, status=status)
