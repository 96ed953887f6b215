"""`manage.py clearance_counters [--repair]`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leaving.services import counters


class Command(BaseCommand):
    help = "Recounts all sheets and items and compares; with --repair the counters are mended. Exit 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repair"]:
            number = counters.repair()
            counters.fold()
            text = ngettext("%(number)d counter mended.", "%(number)d counters mended.", number)
            self.stdout.write(text % {"number": number})
            return
        differing = counters.drift()
        for cohort, checkpoint, college, level, state, missing in differing:
            self.stdout.write(
                f"cohort {cohort} checkpoint {checkpoint} college {college} {level} {state}: {missing:+d}"
            )
        if differing:
            number = len(differing)
            text = ngettext(
                "%(number)d counter differs from a recount; --repair mends it.",
                "%(number)d counters differ from a recount; --repair mends them.",
                number,
            )
            raise CommandError(text % {"number": number})
        self.stdout.write(_("The counters are right."))
