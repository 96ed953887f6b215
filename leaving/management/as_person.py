"""Commands that somebody answers for: `--as USERNAME`."""

from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.errors import Refused


class AsPerson(BaseCommand):
    """Looks the person up and tells a refusal: both end the command as errors."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        actor = User.objects.filter(username=username, is_active=True).first()
        if actor is None:
            raise CommandError(_("There is no active account %(username)s.") % {"username": username})
        try:
            self.act(actor, **options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused

    @abstractmethod
    def act(self, actor: User, **options: Any) -> None:
        """What the command does in the name of `actor`. Raises Refused, CommandError."""
