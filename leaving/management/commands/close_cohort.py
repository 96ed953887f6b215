"""`manage.py close_cohort YEAR --as USERNAME`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from leaving.selectors.cohorts import cohort_for
from leaving.services.closing import close_cohort
from portal.accounts.models import User
from portal.errors import Refused


class Command(BaseCommand):
    help = "Ends a cohort: nothing is decided or handed in any more. The portal can open it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["username"], is_active=True).first()
        if actor is None:
            raise CommandError(
                _("There is no active account %(username)s.") % {"username": options["username"]}
            )
        try:
            closed = close_cohort(cohort=cohort_for(options["year"]), actor=actor)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            _("%(cohort)s is closed. Cleared: %(cleared)d, not cleared: %(open)d.")
            % {
                "cohort": closed.cohort,
                "cleared": closed.standing.cleared,
                "open": closed.standing.not_cleared,
            }
        )
