"""One pass over a roster: column by column, rows staged as they are checked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from leaving.models import ClearanceSheet, Cohort, Graduate
from leaving.selectors.responsibilities import ImportReach
from leaving.services.cohorts import open_sheets_for
from leaving.services.identity import new_uid, sealed_hex
from leaving.signals import graduates_updated
from leaving.workbooks.graduates import rules
from leaving.workbooks.graduates.block import Answer, Block
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.combinations import Combinations
from leaving.workbooks.graduates.directory import Directory
from leaving.workbooks.graduates.known import Known, known_among
from leaving.workbooks.graduates.locked import Locked
from leaving.workbooks.graduates.persons import Persons
from leaving.workbooks.graduates.reach import ReachOf, RowReach
from leaving.workbooks.graduates.reassigned import Reassignments
from leaving.workbooks.graduates.target import PLAIN, RULED, TARGET
from portal.audit.services import record
from portal.workbooks.load import NULL, Stage
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row, Run


class GraduatesRun(Run):
    """Checks and stages the rows of one batch for one cohort.

    `cells` has the rules of a cell, `persons` says who a row is, `combinations` where they belong, `reach` whose they are.
    """

    def __init__(self, batch: ImportBatch, cohort: Cohort, reach_of: ReachOf = ImportReach) -> None:
        self._batch = batch
        self._cohort = cohort
        self._actor = batch.actor
        self._directory = Directory()
        self._reach = RowReach(batch.actor, reach_of)
        self._persons = Persons(cohort)
        self._combinations = Combinations(cohort, self._directory, self._reach)
        self._populated = Graduate.objects.exists()
        self._reassignments = Reassignments(cohort)
        self._unnamed: list[tuple[int, str, str]] = []
        self._sound = True
        self._stage: Stage | None = None

    def college(self, name: str) -> int:
        """The college of that name, as a row of this run finds it."""
        return self._directory.college(name)

    # --- checking ---

    def check(self, rows: Sequence[Row]) -> Iterable[Fault]:
        if not rows:
            return ()
        block = Block(rows)
        combinations, persons = self._combinations, self._persons
        combinations.prepare(block)
        students = block.texts("student_no")
        existing = known_among(students) if self._populated else {}
        persons.note(block, students)
        self._look_up_accounts(block)
        segments: list[Sequence[Answer]] = [
            students,
            *persons.names(block, existing),
            persons.identities(block),
            combinations.standings(block),
            combinations.places(block),
            self._reassignments.keeping(students, combinations.supervisors(block)),
            combinations.dates(block),
            *map(block.texts, PLAIN),
        ]
        self._note_unnamed(block)
        locked = Locked.among(existing)
        if existing:
            self._check_existing(block, existing)
            for place, problem in locked.changed(block.cells, segments):
                block.fault(place, problem)
        self._sound = self._sound and not block.faults
        if self._sound:
            self._put(block, segments, existing, locked)
        return block.faults

    def _look_up_accounts(self, block: Block) -> None:
        numbers: set[str | None] = set()
        for column in ("supervisor_no", "second_supervisor_no", "counsellor_no"):
            numbers.update(block.cells[column])
        self._directory.look_up(number for number in numbers if number)

    def _note_unnamed(self, block: Block) -> None:
        """Rows with a staff number that nobody knows and no row has named yet; a later row may."""
        for column in ("supervisor_no", "second_supervisor_no"):
            unnamed = {
                number for number in set(block.cells[column]) if number and self._directory.nameless(number)
            }
            if unnamed:
                self._unnamed += [
                    (row, column, number)
                    for row, number in zip(block.numbers, block.cells[column], strict=True)
                    if number in unnamed
                ]

    def _check_existing(self, block: Block, existing: Mapping[str, Known]) -> None:
        """A student number that is known stays in its cohort, with its person, and with whom it is the task of."""
        here = (self._cohort.year, self._cohort.month)
        names, indexes = block.cells["clean_name"], block.cells["identity_index"]
        for place, student in enumerate(block.cells["student_no"]):
            known = existing.get(student)
            if known is None:
                continue
            if (known.year, known.month) != here:
                other = Cohort(year=known.year, month=known.month).code
                block.fault(place, Problem("other_cohort", cohort=other), "student_no")
            elif known.name != names[place] and bytes(known.identity_index) != indexes[place]:
                block.fault(place, Problem("another_person", known=known.name), "student_no")
            for problem in rules.broken((self._reach.require,), known.standing):
                block.fault(place, Problem("belongs_to_others", **problem.params), "student_no")

    # --- staging and writing ---

    def _put(
        self,
        block: Block,
        segments: Sequence[Sequence[Any]],
        existing: Mapping[str, Known],
        locked: Locked,
    ) -> None:
        """Stages the block; only numbers that are new or have changed are encrypted."""
        if self._stage is None:
            constants = {"cohort_id": self._cohort.pk, "batch_id": self._batch.pk}
            self._stage = Stage(TARGET, constants=constants).__enter__()
        tails: list[str] = []
        indexes = block.cells["identity_index"]
        for student, number, index in zip(
            block.cells["student_no"], block.cells["document_no"], indexes, strict=True
        ):
            known = existing.get(student)
            if known is None:
                uid = new_uid()
                tails.append(f"{uid}\t{sealed_hex(uid, number)}")
            elif bytes(known.identity_index) == index:
                tails.append(f"{known.uid}\t{NULL}")
            else:
                tails.append(f"{known.uid}\t{sealed_hex(str(known.uid), number)}")
        lines = list(map("\t".join, zip(*segments, tails, strict=True)))
        self._stage.add(locked.kept(block.cells["student_no"], lines))

    def finish(self) -> Iterator[Fault]:
        for row, column, number in self._unnamed:
            if self._directory.nameless(number):
                self._sound = False
                yield Fault(row, column, "supervisor_unknown", number)
        if self._stage is not None and self._sound and self._populated:
            for student, other in self._stage.clashes("identity_index", "level", among="cohort_id"):
                self._sound = False
                row = self._persons.rows[student]
                yield Fault(row, "document_no", "identity_known", "", {"student_no": other})

    def apply(self) -> Outcome:
        if self._stage is None:
            return Outcome()
        self._reach.require_still(self._stage)
        written = self._directory.write()
        opened = ClearanceSheet.objects.filter(cohort=self._cohort).exists()
        concerned = self._stage.changes(*RULED) if opened else []
        loaded = self._stage.merge()
        self._stage.drop()
        if loaded.updated:
            changed = Graduate.objects.filter(batch=self._batch)
            graduates_updated.send(Graduate, graduates=changed, actor=self._actor)
        if concerned:  # opened already: nobody is left without a sheet, or with another than the rules give
            graduates = Graduate.objects.filter(student_no__in=concerned)
            open_sheets_for(graduates=graduates.values_list("pk", flat=True), actor=self._actor)
        counts = {"created": loaded.created, "updated": loaded.updated, "unchanged": loaded.unchanged}
        record(
            "graduates.imported",
            actor=self._actor,
            target=self._batch,
            details={"cohort": self._cohort.code, **counts, **written},
        )
        return Outcome(loaded.created, loaded.updated, loaded.unchanged)
