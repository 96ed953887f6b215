"""Reminding by hand: look at the words and at how many they go to, then send (C10). With `about=questionnaire` in the address
of those who have not answered the questionnaire that keeps their sheets shut (C1)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leaving.choices import Reminded
from leaving.forms.reminders import PLACES, ReminderForm
from leaving.models import ClearanceItem
from leaving.selectors.questionnaire_reminders import letters_to_unanswered
from leaving.selectors.reminders import last_runs, letter_to_the_first, recipients_of, reminded_of
from leaving.selectors.statistics import Selection, sees_statistics
from leaving.services.reminders import remind_by_hand
from leaving.views.statistics import selected
from portal.accounts.access import access
from portal.errors import Refused
from portal.notify.services.messages import Letter

ABOUT = {Reminded.UNANSWERED: "questionnaire"}  # the address says nothing for those who miss something


@access(sees_statistics)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The words, as they reach the first of the selection, and the number of recipients. A POST looks at changed words."""
    selection, audience = selected(request), _audience(request)
    if selection is None:
        return redirect("leaving:statistics")
    return _show(request, selection, audience, ReminderForm(request.POST or None, audience=audience))


@access(sees_statistics)
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Sends it off."""
    selection, audience = selected(request), _audience(request)
    form = ReminderForm(request.POST, audience=audience)
    if selection is None:
        return redirect("leaving:statistics")
    if not form.is_valid():
        return _show(request, selection, audience, form)
    try:
        remind_by_hand(selection=selection, texts=form.texts(), actor=selection.user, audience=audience)
    except (Refused, ValidationError) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, _("The reminders are being sent. How many got them is shown below in a moment.")
        )
    return redirect(_address("leaving:reminder-new", selection, audience))


def _audience(request: HttpRequest) -> Reminded:
    """Raises Http404 for what nobody can be reminded of by hand."""
    about = request.GET.get("about", "")
    if not about:
        return Reminded.GRADUATES
    for audience, name in ABOUT.items():
        if name == about:
            return audience
    raise Http404


def _address(page: str, selection: Selection, audience: Reminded) -> str:
    about = {"about": ABOUT[audience]} if audience in ABOUT else {}
    return f"{reverse(page)}?{urlencode({**selection.parameters(), **about})}"


def _sample(selection: Selection, audience: Reminded, form: ReminderForm) -> Letter | None:
    """What the first who can be reached gets to read."""
    sheets = reminded_of(selection, audience)
    if audience == Reminded.GRADUATES:
        items = ClearanceItem.objects.filter(selection.items())
        return letter_to_the_first(form.texts(), sheets, items)
    reachable = sheets.filter(graduate__user__is_active=True)
    blocks = letters_to_unanswered(form.texts(), reachable, selection.cohort)
    return next((letters[0] for letters, _unreachable in blocks if letters), None)


def _show(request: HttpRequest, selection: Selection, audience: Reminded, form: ReminderForm) -> HttpResponse:
    if audience == Reminded.UNANSWERED and selection.sight.office:
        raise Http404
    sample = None
    if not form.is_bound or form.is_valid():
        sample = _sample(selection, audience, form)
    other = Reminded.UNANSWERED if audience == Reminded.GRADUATES else Reminded.GRADUATES
    context = {
        "selection": selection,
        "about": ABOUT.get(audience, ""),
        "form": form,
        "places": PLACES,
        "recipients": recipients_of(selection, audience),
        "sample": sample,
        "runs": list(last_runs(selection, audience)),
        "preview_url": _address("leaving:reminder-new", selection, audience),
        "send_url": _address("leaving:reminder-send", selection, audience),
        "other_url": "" if selection.sight.office else _address("leaving:reminder-new", selection, other),
        "names_url": f"{reverse('leaving:statistics-names')}?{urlencode(selection.parameters())}",
    }
    return render(request, "leaving/reminder_new.html", context)
