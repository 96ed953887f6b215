"""Graduates in the navigation."""

from django.utils.translation import gettext_lazy as _

from leaving.selectors.graduates import graduates_viewer
from leaving.services.activation import account_by_single_sign_on
from portal.accounts.cas import register_account_maker
from portal.navigation import NavigationItem, register


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register_account_maker(account_by_single_sign_on)
    register(
        NavigationItem(
            "graduates",
            _("Graduates"),
            "leaving:graduate-list",
            lambda r: graduates_viewer.allows(r.user),
            order=25,
        )
    )
