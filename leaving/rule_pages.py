"""The rules of cohorts in the navigation and on the start page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leaving.choices import CohortState
from leaving.selectors.rules import cohort_at_hand, sets_up_cohorts
from portal.navigation import NavigationItem, register
from portal.start import StartCard, register_card


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register(
        NavigationItem(
            "rules",
            gettext_lazy("Checkpoint rules"),
            "leaving:rules-home",
            lambda r: sets_up_cohorts.allows(r.user),
            order=28,
        )
    )
    register_card(order=28)(rules_of_cohort)


def rules_of_cohort(request: HttpRequest) -> StartCard | None:
    """For those who set up cohorts: which is at hand, and what can be done with its rules."""
    if not sets_up_cohorts.allows(request.user):
        return None
    cohort = cohort_at_hand()
    if cohort is None:
        return None
    prepared = cohort.state == CohortState.PREPARED
    return StartCard(
        str(_("Checkpoint rules")),
        reverse("leaving:rules-show", args=[cohort.code]),
        text=_("%(cohort)s: who needs which checkpoint") % {"cohort": cohort},
        action=_("Check and open") if prepared else _("Try and publish"),
        icon="sheet",
    )
