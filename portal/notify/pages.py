"""Messages on the start page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.start import StartCard


def unread_messages(request: HttpRequest) -> StartCard | None:
    """There is something to read."""
    if not request.user.is_authenticated or not request.user.unread_messages:
        return None
    return StartCard(
        _("Messages"),
        reverse("notify:inbox"),
        text=_("unread"),
        figure=str(request.user.unread_messages),
        action=_("Open"),
        icon="mail",
    )
