"""Departments' data on the start page: what is held, what is stale, and debts that came after clearing."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from leaving.models import Delivery
from leaving.selectors.feeds import departments_with_data, feeds_of, freshness_of
from leaving.selectors.obligations import debts_after_clearing
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere
from portal.keyset import counted
from portal.start import StartCard, register_card

TITLE = _lazy("Data of your department")


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register_card(order=21)(data_of_my_department)
    register_card(order=22)(debts_after_clearing_card)


def data_of_my_department(request: HttpRequest) -> StartCard | None:
    """The state of the feeds: a held list first, then one that is wrong or does not come, else when they were last refreshed."""
    if request.user.is_superuser or not holds_anywhere(request.user, Right.DECIDE):
        return None
    feeds = freshness_of(feeds_of(departments_with_data(request.user)))
    if not feeds:
        return None
    title, url = TITLE, reverse("leaving:data-overview")
    held = next((each.held for each in feeds if each.held), None)
    if held is not None:
        why = _lazy(
            "A list is held because it has suspiciously few rows. Nothing changes before you have looked at it."
        )
        return _to_look_at(held, why, _lazy("Compare and decide"))
    wrong = next((each.wrong for each in feeds if each.wrong), None)
    if wrong is not None:
        return _to_look_at(
            wrong, _lazy("The last list was not applied. It has to be sent again."), _lazy("See why")
        )
    stale = next((each for each in feeds if each.stale), None)
    if stale is not None and stale.latest is None:
        return StartCard(title, url, text=_lazy("No list has come yet. Until then nobody passes by data."),
                         action=_lazy("Details"), icon="warning", tone="warning")  # fmt: skip
    newest = (
        min(each.latest.taken_at for each in feeds if each.latest)
        if any(each.latest for each in feeds)
        else None
    )
    if newest is None:
        return None
    at = {"time": f"{timezone.localtime(newest):%Y-%m-%d %H:%M}"}
    if stale is not None:
        return StartCard(title, url, text=_("No new list has come since %(time)s.") % at, action=_lazy("Details"),
                         icon="warning", tone="warning")  # fmt: skip
    return StartCard(
        title, url, text=_("Last refreshed: %(time)s") % at, action=_lazy("Details"), icon="refresh"
    )


def _to_look_at(delivery: Delivery, text: Promise, action: Promise) -> StartCard:
    url = reverse("leaving:data-delivery", args=[delivery.uid])
    return StartCard(TITLE, url, text=text, action=action, icon="warning", tone="warning")


def debts_after_clearing_card(request: HttpRequest) -> StartCard | None:
    """Debts that were found only after the certificate was issued (C9)."""
    if request.user.is_superuser or not holds_anywhere(request.user, Right.DECIDE):
        return None
    number = counted(debts_after_clearing(request.user))
    if number == "0":
        return None
    return StartCard(
        _lazy("Debts after clearing"),
        reverse("leaving:data-debts"),
        text=_lazy("obligations that came after the certificate was issued"),
        figure=number,
        action=_lazy("See them"),
        icon="warning",
        tone="warning",
    )
