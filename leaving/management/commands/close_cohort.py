"""`manage.py close_cohort YEAR --as USERNAME`"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from leaving.management.as_person import AsPerson
from leaving.selectors.cohorts import cohort_for
from leaving.services.closing import close_cohort
from portal.accounts.models import User


class Command(AsPerson):
    help = "Ends a cohort: nothing is decided or handed in any more. The portal can open it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        super().add_arguments(parser)

    def act(self, actor: User, **options: Any) -> None:
        closed = close_cohort(cohort=cohort_for(options["year"]), actor=actor)
        self.stdout.write(
            _("%(cohort)s is closed. Cleared: %(cleared)d, not cleared: %(open)d.")
            % {
                "cohort": closed.cohort,
                "cleared": closed.standing.cleared,
                "open": closed.standing.not_cleared,
            }
        )
