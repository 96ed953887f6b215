"""Contacts and employer of one graduate, brought up to date by the college, also after clearing (G7)."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leaving.forms.contacts import ContactsForm
from leaving.models import Graduate
from leaving.selectors.locks import locked
from leaving.selectors.reach import graduates_visible_to
from leaving.services.contacts import may_update_contacts, update_contacts
from portal.accounts.access import access, signed_in
from portal.errors import Refused


@access(signed_in)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What is on file, to correct. Of a cleared graduate the change goes on to the alumni record."""
    assert request.user.is_authenticated
    graduate = get_object_or_404(graduates_visible_to(request.user), uid=uid)
    if not may_update_contacts(request.user, graduate):
        raise PermissionDenied
    form = ContactsForm.of(graduate, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            changed = update_contacts(graduate=graduate, values=form.cleaned_data, actor=request.user)
        except Refused as refused:
            form.add_error("employer" if refused.code == "employer_missing" else None, str(refused))
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing has changed."))
            return redirect("leaving:graduate-detail", uid=uid)
    context = {
        "form": form,
        "graduate": graduate,
        "cleared": Graduate.objects.filter(locked(), pk=graduate.pk).exists(),
    }
    return render(request, "leaving/contacts_edit.html", context, status=400 if form.is_bound else 200)
