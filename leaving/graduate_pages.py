"""Graduates in the navigation."""

from django.utils.translation import gettext_lazy as _

from leaving.selectors.graduates import graduates_viewer
from portal.navigation import NavigationItem, register


def register_pages() -> None:
    """Called once, when the apps are ready."""
    register(
        NavigationItem(
            "graduates",
            _("Graduates"),
            "leaving:graduate-list",
            lambda r: graduates_viewer.allows(r.user),
            order=25,
        )
    )
