"""`manage.py import_workbook`: the pipeline of the web page, in the foreground."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation
from django.utils.translation import gettext as _

from portal import files
from portal.accounts.models import User
from portal.errors import Refused
from portal.workbooks import runs
from portal.workbooks.choices import BatchState
from portal.workbooks.models import ImportBatch
from portal.workbooks.services import faults, imports
from portal.workbooks.services.mending import write_error_workbook
from portal.workbooks.services.reasons import reason

APPLIED, ROWS_REFUSED, REFUSED = 0, 1, 2
SHOWN = 30


class Command(BaseCommand):
    help = (
        "Checks a workbook and applies it, all or nothing."
        " Exit code 0: applied (or would be); 1: rows refused; 2: file or person refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=", ".join(sorted(runs.kinds())))
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--as", dest="username", required=True, metavar="USERNAME", help="who hands it in"
        )
        parser.add_argument("--cohort", type=int, metavar="YEAR")
        parser.add_argument("--department", metavar="CODE")
        parser.add_argument("--checkpoint", type=int, metavar="NO")
        parser.add_argument(
            "--snapshot", action="store_true", help="the list is complete: what is not in it is settled"
        )
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument(
            "--errors", type=Path, metavar="OUT.xlsx", help="where to write the rows with what to mend"
        )
        parser.add_argument("--json", action="store_true", help="print one object")
        parser.add_argument(
            "--language", choices=["zh-hans", "en"], help="of the messages; else the person's"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        language = options["language"] or (user.language if user else "zh-hans")
        with translation.override(language):
            try:
                batch = self._batch(user, options)
            except Refused as refused:
                self._refused(refused, options)
                sys.exit(REFUSED)
            self._tell(batch, options)
            if options["errors"] and batch.errors_uid:
                self._write_errors(batch, options["errors"], language)
        sys.exit(_exit_code(batch))

    def _batch(self, user: User | None, options: dict[str, Any]) -> ImportBatch:
        """Hand the file in and carry it out. Raises Refused."""
        if user is None:
            raise Refused("user_unknown", _("There is no account %(name)s.") % {"name": options["username"]})
        parameters = {name: options[name] for name in ("cohort", "department", "checkpoint", "snapshot")}
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                batch = imports.receive_workbook(
                    kind=options["kind"],
                    file=file,
                    file_name=path.name,
                    actor=user,
                    parameters=parameters,
                    foreground=True,
                )
        except OSError as error:
            raise Refused(
                "file_unreadable",
                _("%(file)s cannot be read: %(error)s.") % {"file": path, "error": error.strerror},
            ) from error
        return imports.carry_out_now(batch, commit=not options["dry_run"])

    def _tell(self, batch: ImportBatch, options: dict[str, Any]) -> None:
        found = faults.told(
            batch, runs.kind_named(batch.kind), faults.stored(batch).iterator(chunk_size=2000)
        )
        if options["json"]:
            errors = [
                {
                    "row": each.row,
                    "column": each.column,
                    "code": each.code,
                    "value": each.value,
                    "message": each.message,
                }
                for each in found
            ]
            self._print_json(batch.state, batch, errors or _error_of(batch))
            return
        self.stdout.write(
            f"{batch.get_state_display()} · {reason(batch)}"
            if batch.error_code
            else batch.get_state_display()
        )
        counts = {
            "rows": batch.rows,
            "created": batch.created,
            "updated": batch.updated,
            "unchanged": batch.unchanged,
        }
        self.stdout.write(
            _("%(rows)s rows: %(created)s created, %(updated)s changed, %(unchanged)s unchanged") % counts
        )
        for part in runs.kind_named(batch.kind).told_difference(batch.difference):
            self.stdout.write(f"{part.title}: {len(part.rows)}")
            if not part.folded:
                for row in part.rows[:SHOWN]:
                    self.stdout.write("  " + " · ".join(row))
        for number, each in enumerate(found):
            if number == SHOWN:
                self.stdout.write(
                    _("… and %(more)s more; --errors writes them all.") % {"more": batch.faults - SHOWN}
                )
                break
            self.stdout.write(
                " · ".join(part for part in (each.cell, each.column, each.value, each.message) if part)
            )

    def _refused(self, refused: Refused, options: dict[str, Any]) -> None:
        if options["json"]:
            error = {
                "row": None,
                "column": "",
                "code": refused.code,
                "value": "",
                "message": str(refused.message),
            }
            self._print_json(BatchState.REFUSED.value, ImportBatch(), [error])
        else:
            self.stderr.write(str(refused.message))

    def _print_json(self, state: str, batch: ImportBatch, errors: list[dict[str, Any]]) -> None:
        result: dict[str, Any] = {
            "state": str(state),
            "rows": batch.rows,
            "created": batch.created,
            "updated": batch.updated,
            "unchanged": batch.unchanged,
            "errors": errors,
        }
        if batch.difference:
            result["difference"] = batch.difference
        self.stdout.write(json.dumps(result, ensure_ascii=False))

    def _write_errors(self, batch: ImportBatch, path: Path, language: str) -> None:
        with path.open("wb") as out:
            if language == batch.actor.language and batch.errors_uid:
                out.writelines(files.chunks(batch.errors_uid))
            else:
                write_error_workbook(batch, out)


def _error_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """What is wrong with the whole file, as an entry of the same form."""
    if not batch.error_code:
        return []
    place = batch.error_details.get("place", {})
    return [
        {
            "row": place.get("row"),
            "column": place.get("column", ""),
            "code": batch.error_code,
            "value": "",
            "message": reason(batch),
        }
    ]


def _exit_code(batch: ImportBatch) -> int:
    if batch.state in (BatchState.APPLIED, BatchState.CHECKED):
        return APPLIED
    return ROWS_REFUSED if batch.faults and batch.layout else REFUSED
