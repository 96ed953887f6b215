"""Clearance in the navigation and on the start page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leaving.choices import ItemState
from leaving.questionnaire_pages import answer_first
from leaving.selectors.clearance import Filters, decides, found, items_of_departments, items_of_students
from leaving.selectors.sheets import has_graduate_record, own_graduate, sheet_of
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere
from portal.keyset import counted
from portal.navigation import NavigationItem, register
from portal.start import StartCard, register_card


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register(
        NavigationItem(
            "sheet",
            _("My clearance sheet"),
            "leaving:sheet-own",
            lambda r: has_graduate_record.allows(r.user),
            order=10,
        )
    )
    register(
        NavigationItem(
            "clearance", _("Clearance"), "leaving:clearance-queue", lambda r: decides.allows(r.user), order=20
        )
    )
    register_card(order=10)(own_sheet)
    register_card(order=20)(waiting_for_me)
    register_card(order=90)(check_a_certificate)


def own_sheet(request: HttpRequest) -> StartCard | None:
    """How far the graduate has come."""
    graduate = own_graduate(request.user)
    if graduate is None:
        return None
    if card := answer_first(graduate):
        return card
    view = sheet_of(graduate)
    if view is None:
        return StartCard(
            _("My clearance sheet"),
            reverse("leaving:sheet-own"),
            text=_("Your sheet has not been opened yet."),
            icon="sheet",
        )
    if view.cleared:
        return StartCard(
            _("My clearance sheet"),
            reverse("leaving:sheet-own"),
            text=_("Everything is settled. Your certificate of leaving is ready."),
            action=_("Open"),
            icon="award",
            tone="success",
        )
    return StartCard(
        _("My clearance sheet"),
        reverse("leaving:sheet-own"),
        text=_("checkpoints are settled"),
        figure=f"{view.done} / {len(view.needed)}",
        action=_("See what is missing"),
        icon="sheet",
    )


def waiting_for_me(request: HttpRequest) -> StartCard | None:
    """What the clerk or the supervisor has to decide."""
    if not decides.allows(request.user):
        return None
    by_department = holds_anywhere(request.user, Right.DECIDE)
    items = items_of_departments(request.user) if by_department else items_of_students(request.user)
    return StartCard(
        _("Clearance"),
        reverse("leaving:clearance-queue"),
        text=_("items can be decided now"),
        figure=counted(found(items, Filters(state=ItemState.PENDING))),
        action=_("Decide"),
        icon="check",
    )


def check_a_certificate(request: HttpRequest) -> StartCard | None:
    """For whoever holds a certificate in hand."""
    return StartCard(
        _("Check a certificate of leaving"),
        reverse("leaving:certificate-check"),
        text=_("The code stands below the QR code."),
        action=_("Check"),
        icon="shield",
        ask="code",
        ask_label=_("Code"),
    )
