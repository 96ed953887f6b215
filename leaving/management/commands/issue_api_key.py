"""`manage.py issue_api_key DEPARTMENT --name SYSTEM --as USERNAME [--until DAY]`"""

import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.management.as_person import AsPerson
from leaving.services.api_keys import issue_key
from portal.accounts.models import User
from portal.departments.models import Department


class Command(AsPerson):
    help = "Issues a department's key of the API and prints it, this once. Revoke it under Clearance → Data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("department", metavar="DEPARTMENT", help="its code")
        parser.add_argument("--name", required=True, help="for which system")
        super().add_arguments(parser)
        parser.add_argument(
            "--until",
            type=datetime.date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="its last day; a year from now if left out",
        )

    def act(self, actor: User, **options: Any) -> None:
        department = Department.objects.filter(code=options["department"]).first()
        if department is None:
            raise CommandError(_("There is no department %(code)s.") % {"code": options["department"]})
        until = options["until"] or timezone.localdate() + datetime.timedelta(days=365)
        _key, secret = issue_key(department=department, name=options["name"], expires_on=until, actor=actor)
        self.stdout.write(secret)
