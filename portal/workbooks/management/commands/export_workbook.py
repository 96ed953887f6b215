"""`manage.py export_workbook`: an export in the foreground, recorded like any other."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.errors import Refused
from portal.workbooks import exports
from portal.workbooks.services.exports import request_export, write_now


class Command(BaseCommand):
    help = "Writes data to a workbook; the purpose is recorded. Exit code 0: written; 2: refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=", ".join(sorted(exports.kinds())))
        parser.add_argument(
            "--as", dest="username", required=True, metavar="USERNAME", help="who takes the data out"
        )
        parser.add_argument("--purpose", required=True, metavar="TEXT", help="what for")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE", help=".xlsx or .csv")
        parser.add_argument("--cohort", type=int, metavar="YEAR")
        parser.add_argument("--department", metavar="CODE")
        parser.add_argument(
            "--columns", default="", metavar="KEY,KEY", help="all of them where it is not given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        with translation.override(user.language if user else "zh-hans"):
            try:
                rows = _written(user, options)
            except Refused as refused:
                self.stderr.write(str(refused.message))
                sys.exit(2)
            self.stdout.write(
                _("%(rows)s rows written to %(file)s.") % {"rows": rows, "file": options["out"]}
            )


def _written(user: User | None, options: dict[str, Any]) -> int:
    """Write the file whole or not at all; return the number of rows. Raises Refused."""
    if user is None:
        raise Refused("user_unknown", _("There is no account %(name)s.") % {"name": options["username"]})
    out: Path = options["out"]
    job = request_export(
        kind=options["kind"],
        actor=user,
        purpose=options["purpose"],
        columns=[key for key in options["columns"].split(",") if key],
        file_format=out.suffix.lower().lstrip("."),
        parameters={"cohort": options["cohort"], "department": options["department"]},
        foreground=True,
    )
    try:
        with NamedTemporaryFile(dir=out.resolve().parent, prefix=f".{out.name}.", delete=False) as draft:
            try:
                rows = write_now(job, draft.file)
                draft.flush()
                Path(draft.name).replace(out)
            except BaseException:
                Path(draft.name).unlink()
                raise
    except OSError as error:
        raise Refused(
            "file_unwritable",
            _("%(file)s cannot be written: %(error)s.") % {"file": out, "error": error.strerror},
        ) from error
    return rows
