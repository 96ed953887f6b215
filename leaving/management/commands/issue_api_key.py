"""`manage.py issue_api_key DEPARTMENT --name SYSTEM --as USERNAME [--until DAY]`"""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.services.api_keys import issue_key
from portal.accounts.models import User
from portal.departments.models import Department
from portal.errors import Refused


class Command(BaseCommand):
    help = "Issues a department's key of the API and prints it, this once. Revoke it under Clearance → Data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("department", metavar="DEPARTMENT", help="its code")
        parser.add_argument("--name", required=True, help="for which system")
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")
        parser.add_argument(
            "--until",
            type=datetime.date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="its last day; a year from now if left out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["username"], is_active=True).first()
        if actor is None:
            raise CommandError(
                _("There is no active account %(username)s.") % {"username": options["username"]}
            )
        department = Department.objects.filter(code=options["department"]).first()
        if department is None:
            raise CommandError(_("There is no department %(code)s.") % {"code": options["department"]})
        until = options["until"] or timezone.localdate() + datetime.timedelta(days=365)
        try:
            _key, secret = issue_key(
                department=department, name=options["name"], expires_on=until, actor=actor
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(secret)
