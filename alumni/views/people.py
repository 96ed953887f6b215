"""The list of alumni, a record, and one's own."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from alumni.forms import ReachForm, SearchForm
from alumni.models import Person
from alumni.selectors.people import (
    TAKE_OUT,
    alumni_found,
    alumni_staff,
    alumnus,
    degrees_visible_to,
    for_list,
    people_managed_by,
    people_visible_to,
    person_of,
    reaches_alumni,
)
from alumni.selectors.use import uses_of
from alumni.services.people import update_own_record, update_record
from portal.accounts.access import access, user_of
from portal.audit.services import record
from portal.keyset import counted, keyset_page

PAGE = 50


@access(alumni_staff)
@require_GET
def person_list(request: HttpRequest) -> HttpResponse:
    """Alumni within reach, searched and filtered (A4). A search is recorded: which fields, not what was typed."""
    user = user_of(request)
    degrees = degrees_visible_to(user)
    form = SearchForm(request.GET, degrees=degrees)
    criteria = form.criteria()
    found = alumni_found(degrees, criteria)
    page = keyset_page(
        for_list(found, degrees), key=("sort_key", "pk"), parameters=request.GET.dict(), size=PAGE
    )
    total = counted(found)
    if criteria.q and not {"after", "before"} & set(request.GET):
        record("alumni.searched", actor=user, details={"fields": criteria.given(), "found": total})
    context = {
        "form": form,
        "page": page,
        "total": total,
        "filtered": bool(criteria.given()),
        "may_export": reaches_alumni(user, *TAKE_OUT),
    }
    return render(request, "alumni/person_list.html", context)


@access(alumni_staff)
@require_GET
def person_detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One alumnus, with the degrees within reach. Each opening is recorded (P5)."""
    user = user_of(request)
    person = get_object_or_404(people_visible_to(user), uid=uid)
    record("alumni.viewed", actor=user, target=person)
    context = {
        **_record_of(person),
        "degrees": degrees_visible_to(user).filter(person=person).select_related("college", "school_class"),
        "uses": uses_of(person),
        "may_edit": people_managed_by(user).filter(pk=person.pk).exists(),
    }
    return render(request, "alumni/person_detail.html", context)


@access(alumni_staff)
@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Contacts and employer, brought up to date by those who look after the record."""
    user = user_of(request)
    person = get_object_or_404(people_visible_to(user), uid=uid)
    if not people_managed_by(user).filter(pk=person.pk).exists():
        raise PermissionDenied
    form = ReachForm(request.POST or None, initial=ReachForm.initial_for(person))
    if request.method == "POST" and form.is_valid():
        changed = update_record(
            person=person,
            actor=user,
            contacts=form.contacts(),
            employer=form.cleaned_data["employer"],
            post=form.cleaned_data["post"],
        )
        _say(request, changed)
        return redirect("alumni:person-detail", uid=uid)
    return render(request, "alumni/person_edit.html", {"person": person, "form": form})


@access(alumnus)
@require_http_methods(["GET", "POST"])
def own_record(request: HttpRequest) -> HttpResponse:
    """The alumnus' own page: what the university keeps, who used it, and what to bring up to date (A3)."""
    user = user_of(request)
    person = person_of(user)
    if person is None:
        raise Http404
    form = ReachForm(request.POST or None, initial=ReachForm.initial_for(person))
    if request.method == "POST" and form.is_valid():
        changed = update_own_record(
            person=person,
            actor=user,
            contacts=form.contacts(),
            employer=form.cleaned_data["employer"],
            post=form.cleaned_data["post"],
        )
        _say(request, changed)
        return redirect("alumni:own-record")
    context = {
        **_record_of(person),
        "degrees": person.degrees.filter(withdrawn_at=None).select_related("college", "school_class"),
        "uses": uses_of(person),
        "form": form,
    }
    return render(request, "alumni/own_record.html", context)


def _record_of(person: Person) -> dict[str, object]:
    contacts = list(person.contacts.all())
    return {
        "person": person,
        "contacts": [contact for contact in contacts if contact.is_current],
        "old_contacts": [contact for contact in contacts if not contact.is_current],
        "employments": person.employments.all(),
    }


def _say(request: HttpRequest, changed: int) -> None:
    if changed:
        messages.success(request, _("Saved. What was there before stays in the history."))
    else:
        messages.info(request, _("Nothing was changed."))
