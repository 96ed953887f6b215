"""Where people find the alumni pages: an entry in the navigation, a card on the start page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from alumni.selectors.people import alumni_staff, alumnus, people_visible_to
from portal.keyset import counted
from portal.navigation import NavigationItem, register
from portal.start import StartCard, register_card

register(
    NavigationItem(
        key="alumni",
        label=_("Alumni"),
        url_name="alumni:person-list",
        allowed=lambda request: alumni_staff.allows(request.user),
        order=40,
    )
)
register(
    NavigationItem(
        key="own-record",
        label=_("My alumni record"),
        url_name="alumni:own-record",
        allowed=lambda request: alumnus.allows(request.user),
        order=41,
    )
)


@register_card(order=40)
def alumni_card(request: HttpRequest) -> StartCard | None:
    """For those who see alumni: how many there are."""
    if not alumni_staff.allows(request.user):
        return None
    return StartCard(
        title=_("Alumni"),
        url=reverse("alumni:person-list"),
        text=_("Find people, bring records up to date, take out the alumni database"),
        figure=counted(people_visible_to(request.user)),
        icon="users",
        action=_("Search"),
    )


@register_card(order=40)
def own_record_card(request: HttpRequest) -> StartCard | None:
    """For alumni: the way to their own record."""
    if not alumnus.allows(request.user):
        return None
    return StartCard(
        title=_("My alumni record"),
        url=reverse("alumni:own-record"),
        text=_("Keep your contact and employer up to date, and see who used your record"),
        icon="user",
        action=_("Bring up to date"),
    )
