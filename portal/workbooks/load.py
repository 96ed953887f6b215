"""Bulk writing: COPY into a temporary table, then one INSERT … SELECT … ON CONFLICT (decision 3).

The only place with hand-written SQL for loading:

    with Stage(TARGET, constants={"cohort_id": 7}) as stage:
        stage.add(lines)               # block by block, each line in the order of `stage.columns`
        loaded = stage.merge()         # in a transaction of the caller's

A stage belongs to the connection it was made on. Filling it writes nothing that outlives the connection.
"""

import datetime
import io
import itertools
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg2 import sql

from portal.errors import Refused

NULL = "\x01"  # what stands for NULL in a block; no text may hold it
_UNSAFE = re.compile(r"[\\\t\n\r\x01]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x01": None})
_numbers = itertools.count(1)


def escaped(value: Any) -> str:
    """A value as `Stage.add` takes it: None, bool, int, str, date, UUID, or bytes (as hexadecimal digits)."""
    if isinstance(value, str):
        return value.translate(_ESCAPES) if _UNSAFE.search(value) else value
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes | memoryview):
        return value.hex()
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return value.hex
    return str(value)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a merge did, in rows."""

    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted column: the compared column that is its blind index, and the inserted one that it is bound to.

    The stage gives a ciphertext for new rows and for those whose index changes, and NULL for the others: what did not
    change is neither encrypted anew nor written.
    """

    column: str
    index: str
    bound_to: str = "uid"


@dataclass(frozen=True)
class Target:
    """A table to load into, by the names of its model's fields (`college_id` for a foreign key).

    `key` is a unique constraint; two rows of one stage may not share it. A row that exists is written only if one of
    `compared` differs; `touched` columns are then written too, and `stamped` ones get the transaction's time.
    `inserted` columns are written for new rows only. In a `kept` column (one of `compared`) an empty value or NULL leaves
    what is there.
    """

    model: type[models.Model]
    key: tuple[str, ...]
    compared: tuple[str, ...]
    kept: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    stamped: tuple[str, ...] = ()
    sealed: Sealed | None = None

    @property
    def written(self) -> tuple[str, ...]:
        """Every column that a new row gets from the stage or from a constant."""
        return (
            self.key
            + self.compared
            + self.inserted
            + self.touched
            + ((self.sealed.column,) if self.sealed else ())
        )


class Stage:
    """Rows on their way into a target. `constants` are columns that have the same value in every row."""

    def __init__(self, target: Target, *, constants: Mapping[str, Any] | None = None) -> None:
        self.target = target
        self.constants = dict(constants or {})
        self.columns = tuple(name for name in target.written if name not in self.constants)
        self.rows = 0
        self.name = sql.Identifier(f"stage_{target.model._meta.db_table}_{next(_numbers)}")
        self._binary = {
            name for name in target.written if self._field(name).get_internal_type() == "BinaryField"
        }

    def __enter__(self) -> Self:
        columns = sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(
                sql.SQL("NULL::text") if name in self._binary else self._column(name), self._column(name)
            )
            for name in self.columns
        )
        self._execute(
            sql.SQL("CREATE TEMPORARY TABLE {} {} AS SELECT {} FROM {} WITH NO DATA").format(
                self.name,
                sql.SQL("ON COMMIT DROP" if connection.in_atomic_block else ""),
                columns,
                self._table,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # In a broken transaction nothing can be dropped, and its rollback or the connection's end takes the table along.
        if connection.connection is not None and not connection.needs_rollback and kind is None:
            self.drop()

    def drop(self) -> None:
        """Forgets the rows."""
        self._execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.name))

    def add(self, lines: Sequence[str]) -> None:
        """Appends a block of rows: each the values in the order of `columns`, as `escaped` writes them, joined by tabs."""
        if not lines:
            return
        copy = sql.SQL("COPY {} FROM STDIN WITH (FORMAT text, ENCODING 'UTF8', NULL E'\\x01')").format(
            self.name
        )
        with connection.cursor() as cursor:
            cursor.copy_expert(copy.as_string(connection.connection), io.BytesIO("\n".join(lines).encode()))
        self.rows += len(lines)

    def add_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Appends rows of Python values; for blocks that need not be fast."""
        self.add(["\t".join(map(escaped, row)) for row in rows])

    def merge(self) -> Loaded:
        """Writes the rows into the target in one statement, inside the caller's transaction.

        Loads into one table wait for each other, so that two of them cannot deadlock. Raises Refused
        (`changed_meanwhile`) when a ciphertext was made for a row that another load has since added or changed.
        """
        if not self.rows:
            return Loaded(0, 0, 0)
        self._wait_for_others()
        if self.target.sealed and self._execute(self._stale(self.target.sealed)):
            raise Refused(
                "changed_meanwhile", _("Somebody else has just imported the same rows. Please try again.")
            )
        created, updated = self._execute(self._merge_statement())[0]
        return Loaded(created, updated, self.rows - created - updated)

    def changes(self, *names: str) -> list[Any]:
        """The keys (the first column of the target's) of rows that `merge` will add, or change in one of these columns.

        Ask before merging, in the same transaction. None of the columns is a binary one.
        """
        if not self.rows:
            return []
        self._wait_for_others()
        found = self._execute(
            sql.SQL(
                "SELECT excluded.{key} FROM {stage} AS excluded LEFT JOIN {table} AS old USING ({keys})"
                " WHERE old.{pk} IS NULL OR ({before}) IS DISTINCT FROM ({after})"
            ).format(
                key=self._column(self.target.key[0]),
                keys=self._columns(self.target.key),
                stage=self.name,
                table=self._table,
                pk=sql.Identifier(self.target.model._meta.pk.column),
                before=sql.SQL(", ").join(sql.SQL("old.{}").format(self._column(name)) for name in names),
                after=sql.SQL(", ").join(self._new(name) for name in names),
            )
        )
        return [row[0] for row in found]

    def _wait_for_others(self) -> None:
        self._execute(
            sql.SQL("SELECT pg_advisory_xact_lock({}::regclass::oid::bigint)").format(self._table_name)
        )

    def _merge_statement(self) -> sql.Composed:
        names = self.target.written
        sets = [
            sql.SQL("{} = {}").format(self._column(name), self._new(name))
            for name in self.target.compared + self.target.touched
        ]
        if self.target.sealed:
            keep = sql.SQL("{0} = COALESCE(NULLIF(excluded.{0}, ''::bytea), old.{0})")
            sets.append(keep.format(self._column(self.target.sealed.column)))
        sets += [sql.SQL("{} = now()").format(self._column(name)) for name in self.target.stamped]
        compared = [sql.SQL("old.{}").format(self._column(name)) for name in self.target.compared]
        against = [self._new(name) for name in self.target.compared]
        return sql.SQL(
            "WITH done AS (INSERT INTO {table} AS old ({names}) SELECT {values} FROM {stage} ORDER BY {order}"
            " ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE ({compared}) IS DISTINCT FROM ({against})"
            " RETURNING xmax = 0 AS new)"
            " SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new) FROM done"
        ).format(
            table=self._table,
            names=self._columns(names),
            values=sql.SQL(", ").join(self._value(name) for name in names),
            stage=self.name,
            key=self._columns(self.target.key),
            order=self._columns(name for name in self.target.key if name in self.columns),
            sets=sql.SQL(", ").join(sets),
            compared=sql.SQL(", ").join(compared),
            against=sql.SQL(", ").join(against),
        )

    def _value(self, name: str) -> sql.Composable:
        if name in self.constants:
            return sql.Literal(self.constants[name])
        if name not in self._binary:
            return self._column(name)
        value = sql.SQL("decode({}, 'hex')").format(self._column(name))
        if self.target.sealed and name == self.target.sealed.column:
            # NOT NULL is checked before the conflict is found, so “keep what is there” travels as an empty value.
            return sql.SQL("COALESCE({}, ''::bytea)").format(value)
        return value

    def _new(self, name: str) -> sql.Composed:
        """What a column of a row that exists becomes."""
        column = self._column(name)
        if name not in self.target.kept:
            return sql.SQL("excluded.{}").format(column)
        if self._field(name).empty_strings_allowed:
            return sql.SQL("COALESCE(NULLIF(excluded.{0}, ''), old.{0})").format(column)
        return sql.SQL("COALESCE(excluded.{0}, old.{0})").format(column)

    def _stale(self, sealed: Sealed) -> sql.Composed:
        return sql.SQL(
            "SELECT 1 FROM {stage} s LEFT JOIN {table} t USING ({key}) WHERE CASE"
            " WHEN t.{bound} IS NULL THEN s.{cipher} IS NULL"
            " WHEN s.{cipher} IS NULL THEN {index} <> t.{stored}"
            " ELSE s.{bound} <> t.{bound} END LIMIT 1"
        ).format(
            stage=self.name,
            table=self._table,
            key=self._columns(self.target.key),
            bound=self._column(sealed.bound_to),
            cipher=self._column(sealed.column),
            index=self._staged(sealed.index),
            stored=self._column(sealed.index),
        )

    def met(self, *names: str) -> list[tuple[Any, ...]]:
        """The different values of columns of the target's rows that the stage will meet."""
        columns = sql.SQL(", ").join(sql.SQL("t.{}").format(self._column(name)) for name in names)
        return self._execute(
            sql.SQL("SELECT DISTINCT {columns} FROM {stage} JOIN {table} t USING ({key})").format(
                columns=columns, stage=self.name, table=self._table, key=self._columns(self.target.key)
            )
        )

    def clashes(self, *names: str, among: str) -> list[tuple[Any, ...]]:
        """(key staged, key found) where a row of the target that the stage does not hold agrees with a staged row in `names`.

        Only rows with this stage's constant in the column `among` are looked at; the key is the first column of the target's.
        """
        equal = sql.SQL(" AND ").join(
            sql.SQL("t.{} = {}").format(self._column(name), self._staged(name)) for name in names
        )
        return self._execute(
            sql.SQL(
                "SELECT s.{key}, t.{key} FROM {stage} s JOIN {table} t ON {equal} AND t.{key} <> s.{key}"
                " WHERE t.{among} = {constant} AND NOT EXISTS (SELECT FROM {stage} o WHERE o.{key} = t.{key})"
            ).format(
                key=self._column(self.target.key[0]),
                stage=self.name,
                table=self._table,
                equal=equal,
                among=self._column(among),
                constant=sql.Literal(self.constants[among]),
            )
        )

    def _staged(self, name: str) -> sql.Composed:
        """A staged value in the type of its column."""
        return sql.SQL("decode(s.{}, 'hex')" if name in self._binary else "s.{}").format(self._column(name))

    def _execute(self, statement: sql.Composable) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _field(self, name: str) -> models.Field[Any, Any]:
        return next(field for field in self.target.model._meta.concrete_fields if field.attname == name)

    def _column(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._field(name).column)

    def _columns(self, names: Iterable[str]) -> sql.Composed:
        return sql.SQL(", ").join(self._column(name) for name in names)

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self.target.model._meta.db_table)

    @property
    def _table_name(self) -> sql.Literal:
        return sql.Literal(self.target.model._meta.db_table)
