"""Importing a roster of 100 000 graduates, from the file to the commit, and importing it again."""

import io
from pathlib import Path
from typing import Any, ClassVar

from bench.framework import Benchmark, Measured, apart, emptied, register, settled, timed

ROWS = 100_000
PEER_ROWS = 2_000
YEAR = 2026


def import_roster(file: str) -> dict[str, int]:
    """What `manage.py import_workbook graduates FILE --as admin` does."""
    from portal.accounts.models import User
    from portal.workbooks.services import imports

    path = Path(file)
    with path.open("rb") as opened:
        batch = imports.receive_workbook(
            kind="graduates",
            file=opened,
            file_name=path.name,
            actor=User.objects.get(username="admin"),
            parameters={"cohort": YEAR},
            foreground=True,
        )
    done = imports.carry_out_now(batch, commit=True)
    if done.state != "applied":
        from portal.workbooks.models import ImportFault

        faults = list(ImportFault.objects.filter(batch=done).values_list("row", "column", "code")[:5])
        raise AssertionError(f"{done.state}: {done.error_code} {done.error_details} {faults}")
    return {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}


class Roster(Benchmark):
    """The file, the university, and the rows as they stand in the table afterwards."""

    rows = ROWS
    _file: ClassVar[Path | None] = None

    def prepare(self) -> None:
        from leaving import demo
        from portal.departments import demo as departments

        departments.play(0)
        demo.play(0)
        if Roster._file is None:
            Roster._file = _directory() / "roster.xlsx"
            write_roster(Roster._file, ROWS)
            write_roster(_directory() / "peer.xlsx", PEER_ROWS)

    @property
    def file(self) -> Path:
        assert Roster._file is not None
        return Roster._file


def _directory() -> Path:
    from django.conf import settings

    made = Path(settings.VAR_DIR) / "rosters"
    made.mkdir(exist_ok=True)
    return made


def write_roster(path: Path, rows: int) -> None:
    """The Chinese template filled in, with shared strings and real dates as a spreadsheet program saves it."""
    from rustpy_xlsxwriter import write_worksheet

    from leaving.sample_roster import SampleRoster, as_written
    from leaving.workbooks.graduates.columns import COLUMNS

    titles = [column.header_zh for column in COLUMNS]
    people = SampleRoster(YEAR).rows(rows)
    write_worksheet(
        (dict(zip(titles, as_written(cells), strict=True)) for cells in people),
        str(path),
        sheet_name="毕业生",
        datetime_format="yyyy-mm-dd",
        dedupe_strings=True,
    )


@register
class ImportGraduates(Roster):
    name = "import-graduates"
    peer = f"django-import-export, defaults, {PEER_ROWS} rows, scaled by rows"
    limit = "bare calamine read of the file and bare COPY of the rows into the indexed table"
    _copied: bytes = b""

    def ours(self) -> Measured:
        from leaving.models import Graduate

        emptied(Graduate)
        settled()
        measured = apart(import_roster, str(self.file))
        assert measured.answer == {"created": ROWS, "updated": 0, "unchanged": 0}, measured.answer
        return measured

    def limit_run(self) -> Measured:
        from leaving.models import Graduate

        if not self._copied:
            self.ours()
            self._copied = _copy_out()
        emptied(Graduate)
        settled()
        return timed(lambda: (_read_bare(self.file), _copy_in(self._copied)))

    def peer_run(self) -> Measured:
        from leaving.models import Graduate

        emptied(Graduate)
        settled()
        return apart(import_by_peer, str(self.file.with_name("peer.xlsx"))).scaled(ROWS, PEER_ROWS)


@register
class ReimportUnchanged(Roster):
    name = "reimport-unchanged"
    limit = "bare calamine read of the file"

    def prepare(self) -> None:
        super().prepare()
        from leaving.models import Graduate

        emptied(Graduate)
        import_roster(str(self.file))

    def ours(self) -> Measured:
        before = _written()
        measured = apart(import_roster, str(self.file))
        assert measured.answer == {"created": 0, "updated": 0, "unchanged": ROWS}, measured.answer
        assert _written() == before, "rows were written"
        return measured

    def limit_run(self) -> Measured:
        return timed(lambda: _read_bare(self.file))


def _read_bare(file: Path) -> int:
    from python_calamine import CalamineWorkbook

    return sum(1 for _ in CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).iter_rows())


def _copy_out() -> bytes:
    from django.db import connection

    out = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY leaving_graduate TO STDOUT", out)
    return out.getvalue()


def _copy_in(rows: bytes) -> int:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.copy_expert("COPY leaving_graduate FROM STDIN", io.BytesIO(rows))
        return int(cursor.rowcount)


def _written() -> list[Any]:
    """Changes whenever a row is written, encrypted columns included: place and transaction of every version."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), md5(string_agg(ctid::text || xmin::text || md5(identity_cipher), ',' ORDER BY id))"
            " FROM leaving_graduate"
        )
        return list(cursor.fetchone())


def import_by_peer(file: str) -> dict[str, int]:
    """The same rows by a plain ModelResource with its defaults: `instance.save()` row by row, in one transaction."""
    import tablib  # type: ignore[import-untyped]
    from import_export import fields, resources, widgets

    from leaving.models import Cohort, Graduate, Major, SchoolClass
    from leaving.services.identity import sealed_identity
    from leaving.workbooks.graduates.columns import COLUMNS
    from portal.accounts.models import User
    from portal.departments.models import Campus, Department

    cohort = Cohort.objects.get(year=YEAR)
    related = {
        "college": ("college", Department, "code"),
        "campus": ("campus", Campus, "name_zh"),
        "major": ("major", Major, "name_zh"),
        "school_class": ("school_class", SchoolClass, "name"),
        "supervisor_no": ("supervisor", User, "username"),
    }
    words = {c.key: {choice.zh: choice.value for choice in c.choices} for c in COLUMNS if c.choices}
    words["dispatch"] = {"是": "1", "否": "0"}
    own = {field.name for field in Graduate._meta.concrete_fields}

    class First(widgets.ForeignKeyWidget):  # type: ignore[misc]
        def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
            return self.model.objects.filter(**{self.field: value}).first() if value else None

    class Word(widgets.CharWidget):  # type: ignore[misc]
        def __init__(self, key: str) -> None:
            super().__init__()
            self._words = words[key]
            self._empty = {"certificates": "both", "training": "open", "document_type": "resident"}.get(
                key, ""
            )

        def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
            return self._words.get(value, self._empty)

    class Yes(widgets.BooleanWidget):  # type: ignore[misc]
        TRUE_VALUES: ClassVar[list[Any]] = ["是"]
        FALSE_VALUES: ClassVar[list[Any]] = ["否"]

    def widget(key: str) -> Any:
        if key == "dispatch":
            return Yes()
        if key in words:
            return Word(key)
        if key.endswith(("_on", "birth_date")):
            return widgets.DateWidget(format="%Y-%m-%d")
        return widgets.IntegerWidget() if key == "grade" else widgets.CharWidget()

    declared: dict[str, Any] = {}
    for column in COLUMNS:
        if column.key in related:
            attribute, model, by = related[column.key]
            declared[attribute] = fields.Field(attribute, column.header_zh, First(model, by))
        elif column.key in own:
            declared[column.key] = fields.Field(column.key, column.header_zh, widget(column.key))

    def seal(self: Any, instance: Graduate, row: Any, **kwargs: Any) -> None:
        sealed = sealed_identity(
            uid=instance.uid, document_type=instance.document_type, number=row["证件号码"]
        )
        instance.cohort = cohort
        instance.identity_cipher, instance.identity_index, instance.identity_mask = (
            sealed.cipher,
            sealed.index,
            sealed.mask,
        )

    meta = type("Meta", (), {"model": Graduate, "import_id_fields": ["student_no"], "fields": list(declared)})
    made = type(
        "PeerResource", (resources.ModelResource,), {**declared, "before_save_instance": seal, "Meta": meta}
    )
    with open(file, "rb") as opened:
        rows = tablib.Dataset().load(opened.read(), format="xlsx")
    result = made().import_data(rows, raise_errors=True)
    assert result.totals["new"] == PEER_ROWS, result.totals
    return {"created": result.totals["new"]}
