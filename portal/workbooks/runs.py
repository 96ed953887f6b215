"""What a kind of workbook is: its columns, who may hand it in, and how its rows are checked and applied (decision 8).

An app registers its kinds in `AppConfig.ready()`:

    from portal.workbooks.runs import register
    register(GraduatesWorkbook())

The pipeline (`portal.workbooks.services`) does everything else: scanning, reading, normalising, faults, progress,
the transaction.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.errors import Refused
from portal.workbooks.models import ImportBatch
from portal.workbooks.spec import Column

# One row as the pipeline hands it over: its number in the sheet (as Excel shows it), then a value per column of the kind, in the
# order of `columns`, normalised by the column's kind (None where the cell is empty or the column is missing).
Row = tuple[int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: where, what stood there, and a code whose message the kind knows.

    `column` is a column's key, or "" for the row. An empty `value` is filled in by the pipeline with what stands in the cell.
    """

    row: int
    column: str
    code: str
    value: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applying did, in rows; and, with a code for programs, what its person must know of it.

    `difference`, JSON of the kind's own, is kept with the batch and told by the kind. `kept` is shown to nobody: the real run
    finds in the batch's `kept` what the check has left there.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    difference: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of what an import would change or changed, row by row."""

    title: str | Promise
    tone: str
    headers: Sequence[str | Promise]
    rows: Sequence[Sequence[str]]
    folded: bool = False

    @property
    def labelled(self) -> list[list[tuple[str | Promise, str]]]:
        """The rows with each cell's header beside it, for narrow windows."""
        return [list(zip(self.headers, row, strict=True)) for row in self.rows]


class Run(ABC):
    """One pass over one workbook. The same object checks and then applies; a dry run is rolled back after `apply`."""

    @abstractmethod
    def check(self, rows: Sequence[Row]) -> Iterable[Fault]:
        """Checks a block of rows, keeps what applying will need, and returns every fault found in it.

        Missing values of `required` columns and cells that make no sense to their column are reported already; such a cell
        is None here, and what is returned about it is dropped. All of a run happens in one transaction, which is rolled back
        when there are faults: temporary tables with ON COMMIT DROP are fine.
        """

    def finish(self) -> Iterable[Fault]:
        """Faults that only the whole file shows (doubles, what the database says). Called once, after the last block."""
        return ()

    @abstractmethod
    def apply(self) -> Outcome:
        """Writes everything in a fixed number of statements, inside the pipeline's transaction, which holds the batch's row.

        Called only when there is no fault, for the dry run (then rolled back) as for the real one.

        Re-checks the actor's rights over the rows it is about to write and raises Refused when they no longer suffice.
        """


class Workbook(ABC):
    """A kind of workbook."""

    kind: str
    title: str | Promise
    columns: tuple[Column, ...]
    # Parameters of `import_workbook` and of the page's form that this kind takes:
    # cohort, department, checkpoint, snapshot.
    parameters: tuple[str, ...] = ()
    # Those of them that must be given.
    required_parameters: tuple[str, ...] = ()
    # What the form calls a parameter, where the usual words do not fit.
    labels: Mapping[str, str | Promise] = {}
    # Column order must be exactly that of `columns` (the published alumni workbook).
    exact_order: bool = False
    # code → (what is wrong, what to do), both with %(name)s places for a fault's params, `value` and `column`.
    messages: Mapping[str, tuple[str | Promise, str | Promise]] = {}

    @abstractmethod
    def may_hand_in(self, user: User) -> bool:
        """May this person hand in this kind at all? (Which rows is asked in the run.)"""

    @abstractmethod
    def run(self, batch: ImportBatch) -> Run:
        """A run for `batch`, whose `actor` and `parameters` say for whom and what. Raises Refused when they make no sense.

        `parameters` has the names above as far as they are given: `cohort` (int), `department` (code), `checkpoint` (int),
        `snapshot` (bool).
        """

    def overseen_by(self, user: User) -> Q:
        """A condition on ImportBatch: those of this kind, handed in by others, that `user` may look at."""
        return Q(pk__in=[])

    def template_columns(self, user: User) -> Sequence[Column]:
        """The columns as the template for this person shows them: the same ones, their help may say more."""
        return self.columns

    def links(self, batch: ImportBatch, user: User) -> Sequence[tuple[str, str]]:
        """Where `user` can go on from an applied batch of this kind, as (label, URL)."""
        return ()

    def told_difference(self, difference: Mapping[str, Any]) -> Sequence[Difference]:
        """What of an outcome's `difference` the page and the command show, in the reader's language."""
        return ()

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        """What the page's form offers for a parameter as (value, label); nothing means that it is typed in."""
        return ()


_kinds: dict[str, Workbook] = {}


def register(workbook: Workbook) -> None:
    """Makes a kind known to the web page and the command."""
    _kinds[workbook.kind] = workbook


def kinds() -> Mapping[str, Workbook]:
    """All kinds by name."""
    return _kinds


def kind_named(kind: str) -> Workbook:
    """The kind of that name. Raises Refused."""
    try:
        return _kinds[kind]
    except KeyError:
        raise Refused(
            "kind_unknown", _("There is no kind of workbook called %(kind)s.") % {"kind": kind}
        ) from None
