"""`manage.py demo`: fills an empty portal with a university that is about to see its graduates off."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import User
from portal.demo import steps

PASSWORD = "demo-2026"  # noqa: S105  printed on purpose
GRADUATES = 300


class Command(BaseCommand):
    help = "Makes the demo: departments, staff, a cohort with graduates, and accounts for each role. May be run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--graduates", type=int, default=GRADUATES, metavar="N", help=f"how many ({GRADUATES})"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there are accounts already"
        )
        parser.add_argument("--accounts", action="store_true", help="only print the accounts")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "This is a production database; the demo is not for it. PORTAL_DEMO=1 says otherwise."
            )
        if options["graduates"] < 0:
            raise CommandError("--graduates must not be negative.")
        if options["accounts"]:
            return self._print_accounts()
        if options["if_empty"] and User.objects.exists():
            return None
        for step in steps():
            begun = time.monotonic()
            step.play(options["graduates"])
            self.stdout.write(f"{step.name} ({time.monotonic() - begun:.1f} s)")
        return self._print_accounts()

    def _print_accounts(self) -> None:
        """One line each: name, role in Chinese, role in English."""
        accounts = [account for step in steps() for account in step.accounts]
        width = max((len(account.username) for account in accounts), default=0)
        self.stdout.write(f"\n密码 / password: {PASSWORD}")
        for account in accounts:
            self.stdout.write(f"  {account.username:<{width}}  {account.role_zh} · {account.role_en}")
