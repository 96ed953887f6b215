"""Deferrals and additions in the navigation and on the start page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leaving.selectors.roster import changes_roster, waiting_for_approval
from portal.navigation import NavigationItem, register
from portal.start import StartCard, register_card


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register(
        NavigationItem(
            "roster",
            _("Roster changes"),
            "leaving:deferral-list",
            lambda r: changes_roster.allows(r.user),
            order=26,
        )
    )
    register_card(order=21)(waiting)


def waiting(request: HttpRequest) -> StartCard | None:
    """For the offices in charge: what waits for their approval."""
    if not changes_roster.allows(request.user):
        return None
    deferrals, additions = waiting_for_approval(request.user)
    if not deferrals and not additions:
        return None
    return StartCard(
        title=_("Deferrals and additions"),
        url=reverse("leaving:deferral-list" if deferrals else "leaving:addition-list"),
        text=_("proposals wait for your approval"),
        figure=str(deferrals + additions),
        icon="calendar",
        action=_("Open the list"),
    )
