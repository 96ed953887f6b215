"""`manage.py open_cohort YEAR --as USERNAME`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from leaving.selectors.cohorts import cohort_for
from leaving.services.cohorts import open_cohort
from portal.accounts.models import User
from portal.errors import Refused


class Command(BaseCommand):
    help = "Makes the clearance sheets of a cohort; run again, it brings them in line with the rules."

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
            done = open_cohort(cohort=cohort_for(options["year"]), actor=actor)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            _(
                "Sheets made: %(sheets)d. Items added: %(added)d, changed: %(changed)d, removed: %(removed)d. "
                "Cleared: %(cleared)d."
            )
            % {
                "sheets": done.sheets,
                "added": done.added,
                "changed": done.changed,
                "removed": done.removed,
                "cleared": len(done.cleared),
            }
        )
