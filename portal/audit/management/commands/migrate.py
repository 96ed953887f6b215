"""Django's `migrate`, as the role that owns the tables; the application's role gets its rights afterwards."""

from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS, connections

from portal.audit.roles import acting_as_owner, grant_application_role


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; with an owner role configured (`MIGRATE_DATABASE_URL`), sign in as that role to do it."""
        connection = connections[options["database"]]
        if options["database"] != DEFAULT_DB_ALIAS or settings.MIGRATE_DATABASE is None:
            super().handle(*args, **options)
            return
        application_role = connection.settings_dict["USER"]
        with acting_as_owner(connection):
            super().handle(*args, **options)
            if application_role != connection.settings_dict["USER"]:
                grant_application_role(connection, application_role)
