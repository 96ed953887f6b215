"""Reminding by hand: look at the words and at how many they go to, then send (C10)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leaving.forms.reminders import PLACES, ReminderForm
from leaving.models import ClearanceItem
from leaving.selectors.reminders import last_runs, letter_to_the_first, recipients_of
from leaving.selectors.statistics import Selection, sees_statistics
from leaving.services.reminders import remind_by_hand
from leaving.views.statistics import selected
from portal.accounts.access import access
from portal.errors import Refused


@access(sees_statistics)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The words, as they reach the first of the selection, and the number of recipients. A POST looks at changed words."""
    selection = selected(request)
    if selection is None:
        return redirect("leaving:statistics")
    return _show(request, selection, ReminderForm(request.POST or None))


@access(sees_statistics)
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Sends it off."""
    selection, form = selected(request), ReminderForm(request.POST)
    if selection is None:
        return redirect("leaving:statistics")
    if not form.is_valid():
        return _show(request, selection, form)
    try:
        remind_by_hand(selection=selection, texts=form.texts(), actor=selection.user)
    except (Refused, ValidationError) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, _("The reminders are being sent. How many got them is shown below in a moment.")
        )
    return redirect(f"{reverse('leaving:reminder-new')}?{urlencode(selection.parameters())}")


def _show(request: HttpRequest, selection: Selection, form: ReminderForm) -> HttpResponse:
    sample = None
    if not form.is_bound or form.is_valid():
        items = ClearanceItem.objects.filter(selection.items())
        sample = letter_to_the_first(form.texts(), selection.late(), items)
    query = urlencode(selection.parameters())
    context = {
        "selection": selection,
        "form": form,
        "places": PLACES,
        "recipients": recipients_of(selection),
        "sample": sample,
        "runs": list(last_runs(selection)),
        "preview_url": f"{reverse('leaving:reminder-new')}?{query}",
        "send_url": f"{reverse('leaving:reminder-send')}?{query}",
        "names_url": f"{reverse('leaving:statistics-names')}?{query}",
    }
    return render(request, "leaving/reminder_new.html", context)
