#!/usr/bin/env python
"""Django's command line. Where no database is configured, the embedded servers are started for it."""

import os
import sys

from portal import localplaces, localservers

# Commands that touch neither database nor broker; everything else may.
WITHOUT_SERVERS = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "version",
}


def needs_servers(arguments: list[str]) -> bool:
    """Say whether the command line may need the servers, and they are ours to start."""
    if not localservers.are_wanted():
        return False
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    asks_for_help = {"--help", "-h", "--version"} & set(arguments)
    if command == "check":
        return "--database" in arguments
    return command not in WITHOUT_SERVERS and not asks_for_help


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is missing: run `make setup`, then `.venv/bin/python manage.py …`")
    if needs_servers(sys.argv[1:]):
        try:
            localservers.ensure_running(localservers.default_var())
        except localplaces.LocalServersError as problem:
            sys.exit(str(problem))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
