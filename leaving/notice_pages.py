"""Notices in the navigation and on the start page (C11), with the mark of what is unread.

What is unread hangs on audiences, cohorts, rights and the time of day, so no counter can be kept; and asking on every page would
be a query on every page. The number is kept in the cache: counted where notices are shown, and elsewhere every ten minutes.
"""

from time import time

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.selectors.notices import claimed_files, marked_unread, notices_for, unread_notices
from portal.files import register_claimant
from portal.navigation import NavigationItem, register
from portal.start import StartLine, StartList, register_list

LATEST = 3
FRESH = {"start", "leaving:notice-list", "leaving:notice-detail"}
RECOUNT_SECONDS = 600
KEPT_SECONDS = 30 * 24 * 3600


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
            unread=unread,
        )
    )
    register_list(order=10)(latest)


def unread(request: HttpRequest) -> int:
    """How many notices this person has not opened; 0 until the first look at the start page."""
    if not request.user.is_authenticated:
        return 0
    key = f"unread-notices:{request.user.uid}"
    number, due_at = cache.get(key) or (0, None)
    where = request.resolver_match.view_name if request.resolver_match else ""
    if where in FRESH or (due_at and due_at < time()):
        number = unread_notices(request.user).order_by().count()
        cache.set(key, (number, time() + RECOUNT_SECONDS), KEPT_SECONDS)
    return int(number)


def latest(request: HttpRequest) -> StartList | None:
    """The latest three notices for this person."""
    lines = [
        StartLine(
            str(notice),
            notice.get_absolute_url(),
            timezone.localdate(notice.published_from),
            notice.pinned,
            unread=notice.unread,
        )
        for notice in marked_unread(notices_for(request.user), request.user)[:LATEST]
        if notice.published_from is not None
    ]
    if not lines:
        return None
    return StartList(
        _("Notices"), lines, more=_("All notices and manuals"), more_url=reverse("leaving:notice-list")
    )
