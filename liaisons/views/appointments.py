"""Appointing, the list of appointments, and the letters (L3)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from liaisons.access import centre, manages
from liaisons.choices import NominationState
from liaisons.documents import class_in_english, letter, public_link
from liaisons.forms import AppointForm, Filters
from liaisons.models import Appointment, Nomination
from liaisons.selectors.reach import appointment_for, appointments_visible_to, reach_of
from liaisons.selectors.rounds import own_graduate
from liaisons.services.appointments import appoint, record_attendance, renew
from liaisons.views.answers import carried_out, numbers, pdf, show
from liaisons.workbooks.exports import LiaisonSummary
from portal.accounts.access import access, signed_in, user_of
from portal.keyset import keyset_page


@access(centre)
def ready(request: HttpRequest) -> HttpResponse:
    """Those with three favourable opinions; the ticked ones are appointed together, as for a ceremony."""
    user = user_of(request)
    nominations = Nomination.objects.filter(state=NominationState.RECOMMENDED).select_related(
        "college", "round__cohort"
    )
    form = AppointForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = (
            list(nominations.values_list("pk", flat=True))
            if request.POST.get("all_matching")
            else numbers(request.POST.getlist("item"))
        )
        done = carried_out(
            request,
            lambda: appoint(nominations=chosen, starts_on=form.cleaned_data["starts_on"], actor=user),
            ngettext("%(n)d liaison is appointed.", "%(n)d liaisons are appointed.", len(chosen))
            % {"n": len(chosen)},
        )
        return redirect("liaisons:appointments" if done else "liaisons:ready")
    context = {
        "page": keyset_page(nominations, key=["id"], parameters=request.GET),
        "total": nominations.count(),
        "form": form,
    }
    return show(request, "liaisons/ready.html", context)


@access(manages)
@require_safe
def appointments(request: HttpRequest) -> HttpResponse:
    """The appointments within reach, the newest first."""
    user = user_of(request)
    filters = Filters(request.GET)
    found = appointments_visible_to(user).select_related("college", "cohort")
    if filters.is_valid():
        said = filters.cleaned_data
        if said["q"]:
            found = found.filter(name__icontains=said["q"].strip())
        if said["cohort"]:
            found = found.filter(cohort__year=said["cohort"])
        if said["college"]:
            found = found.filter(college__code=said["college"])
    context = {
        "page": keyset_page(found, key=["-id"], parameters=request.GET),
        "filters": filters,
        "centre": reach_of(user).centre,
        "may_export": LiaisonSummary().may_export(user),
    }
    return show(request, "liaisons/appointments.html", context)


@access(centre)
@require_POST
def attendance(request: HttpRequest) -> HttpResponse:
    """Notes who was at the ceremony or the training."""
    user, chosen = user_of(request), numbers(request.POST.getlist("item"))
    events = {"ceremony": True} if request.POST.get("event") == "ceremony" else {"training": True}
    carried_out(
        request,
        lambda: record_attendance(appointments=chosen, actor=user, **events),
        _("Attendance is recorded."),
    )
    return redirect("liaisons:appointments")


@access(signed_in)
@require_safe
def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The appointment, its letter and what this person can do about it."""
    user = user_of(request)
    appointment = appointment_for(user, uid)
    context: dict[str, Any] = {
        "appointment": appointment,
        "class_en": class_in_english(appointment),
        "own": own_graduate(user, appointment.graduate.uid) is not None,
        "centre": reach_of(user).centre,
        "renewed": Appointment.objects.filter(renews=appointment).first(),
        "link": public_link(appointment),
    }
    return show(request, "liaisons/appointment_detail.html", context)


@access(signed_in)
@require_safe
def letter_pdf(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The letter of appointment."""
    appointment = appointment_for(user_of(request), uid)
    return pdf(letter(appointment), f"letter-{appointment.number}")


@access(centre)
@require_POST
def renew_one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Gives the liaison another term."""
    user = user_of(request)
    appointment = appointment_for(user, uid)
    carried_out(
        request,
        lambda: renew(appointments=[appointment.pk], actor=user),
        _("The appointment is renewed; the new letter is in the list."),
    )
    return redirect("liaisons:appointments")
