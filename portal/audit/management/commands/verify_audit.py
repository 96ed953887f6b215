from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.audit import services


class Command(BaseCommand):
    help = "Checks the seals of the audit trail."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 when every seal holds; otherwise names the first that does not."""
        broken = services.verify()
        if broken is not None:
            raise CommandError(
                _("Seal %(id)s of %(at)s does not hold: entries were changed.")
                % {"id": broken.pk, "at": broken.at}
            )
        self.stdout.write(_("Every seal holds."))
