"""Closing a cohort, and opening it again: each asks once more and says what it means."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from leaving.choices import CohortState
from leaving.forms.closing import ReopenForm
from leaving.models import Cohort
from leaving.selectors.closing import standing_of, was_opened
from leaving.selectors.cohorts import cohort_coded
from leaving.selectors.rules import sets_up_cohorts
from leaving.services.closing import close_cohort, reopen_cohort
from portal.accounts.access import access, user_of
from portal.errors import refusal_told


@access(sets_up_cohorts)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, code: int) -> HttpResponse:
    """Ends the cohort, after one has read how its graduates stand."""
    cohort = _cohort(code)
    if request.method == "POST":
        with refusal_told(request):
            closed = close_cohort(cohort=cohort, actor=user_of(request)).cohort
            messages.success(request, _("%(cohort)s is closed.") % {"cohort": closed})
        return redirect("leaving:rules-show", code)
    if cohort.state == CohortState.CLOSED:
        return redirect("leaving:rules-show", code)
    context = {
        "cohort": cohort,
        "opened": cohort.state == CohortState.OPEN,
        "standing": standing_of(cohort),
        "keep_days": settings.HANDED_IN_KEEP_DAYS,
    }
    return render(request, "leaving/cohort_close.html", context)


@access(sets_up_cohorts)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest, code: int) -> HttpResponse:
    """Takes the closing back, for a reason."""
    cohort = _cohort(code)
    if cohort.state != CohortState.CLOSED:
        return redirect("leaving:rules-show", code)
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_told(request):
            again = reopen_cohort(cohort=cohort, actor=user_of(request), reason=form.cleaned_data["reason"])
            messages.success(request, _told(again))
        return redirect("leaving:rules-show", code)
    context = {
        "cohort": cohort,
        "opened": was_opened(cohort),
        "form": form,
        "standing": standing_of(cohort),
    }
    return render(request, "leaving/cohort_reopen.html", context)


def _told(cohort: Cohort) -> str:
    if cohort.state == CohortState.PREPARED:
        return _("%(cohort)s is in preparation again.") % {"cohort": cohort}
    return _("%(cohort)s is open again.") % {"cohort": cohort}


def _cohort(code: int) -> Cohort:
    cohort = cohort_coded(code)
    if cohort is None:
        raise Http404
    return cohort
