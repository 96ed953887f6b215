"""Notices in the navigation and on the start page (C11)."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.selectors.notices import claimed_files, notices_for
from portal.files import register_claimant
from portal.navigation import NavigationItem, register
from portal.start import StartLine, StartList, register_list

LATEST = 3


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register_claimant(claimed_files)
    register(
        NavigationItem(
            "notices",
            _("Notices and manuals"),
            "leaving:notice-list",
            lambda r: True,
            order=85,
            anonymous=True,
        )
    )
    register_list(order=10)(latest)


def latest(request: HttpRequest) -> StartList | None:
    """The latest three notices for this person."""
    lines = [
        StartLine(
            str(notice), notice.get_absolute_url(), timezone.localdate(notice.published_from), notice.pinned
        )
        for notice in notices_for(request.user)[:LATEST]
        if notice.published_from is not None
    ]
    if not lines:
        return None
    return StartList(
        _("Notices"), lines, more=_("All notices and manuals"), more_url=reverse("leaving:notice-list")
    )
