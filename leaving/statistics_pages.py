"""Statistics in the navigation and on the start page; the kinds of message that reminders are."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leaving.choices import Reminded
from leaving.selectors.reminders import KINDS
from leaving.selectors.statistics import cleared_share, sees_statistics
from portal.navigation import NavigationItem, register
from portal.notify import kinds
from portal.notify.kinds import MessageKind
from portal.start import StartCard, register_card


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register(
        NavigationItem(
            "statistics",
            _("Statistics"),
            "leaving:statistics",
            lambda r: sees_statistics.allows(r.user),
            order=22,
        )
    )
    register_card(order=80)(progress)
    for audience in Reminded:
        kinds.register(MessageKind(KINDS[audience], audience.label))


def progress(request: HttpRequest) -> StartCard | None:
    """How many of those one looks after are cleared: the university's, a college's, a class's."""
    if not sees_statistics.allows(request.user):
        return None
    share = cleared_share(request.user)
    if share is None:
        return None
    return StartCard(
        _("Progress of clearance"),
        reverse("leaving:statistics"),
        text=_("cleared: %(who)s") % {"who": share.sight.title},
        figure=f"{share.cleared} / {share.graduates}",
        action=_("See the figures"),
        icon="chart",
    )
