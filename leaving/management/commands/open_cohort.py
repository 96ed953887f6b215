"""`manage.py open_cohort YEAR --as USERNAME`"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from leaving.management.as_person import AsPerson
from leaving.selectors.cohorts import cohort_for
from leaving.services.cohorts import open_cohort
from portal.accounts.models import User


class Command(AsPerson):
    help = "Makes the clearance sheets of a cohort; run again, it brings them in line with the rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        super().add_arguments(parser)

    def act(self, actor: User, **options: Any) -> None:
        done = open_cohort(cohort=cohort_for(options["year"]), actor=actor)
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
