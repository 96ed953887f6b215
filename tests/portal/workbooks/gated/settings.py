"""The portal's settings plus the gated kind, and a lease that runs out within the patience of a test."""

from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.portal.workbooks.gated.apps.GatedConfig"]
LEASE_SECONDS = 4
SWEEP_SECONDS = 1
