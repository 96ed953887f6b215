"""One pass over a roster: column by column, each combination of cells worked out once, rows staged as they are checked."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from leaving.choices import Certificates, Training
from leaving.models import ClearanceSheet, Cohort, Graduate
from leaving.selectors.responsibilities import (
    ImportReach,
    Reach,
    Responsibilities,
    Standing,
    is_overseas,
    name_of,
)
from leaving.services.cohorts import open_sheets_for
from leaving.services.identity import identity_index, mask, new_uid, sealed_hex
from leaving.signals import graduates_updated
from leaving.workbooks.graduates import cells, rules
from leaving.workbooks.graduates.block import RESIDENT, Answer, Answers, Block
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.directory import Directory
from leaving.workbooks.graduates.identity import check_number
from leaving.workbooks.graduates.locked import Locked
from leaving.workbooks.graduates.reassigned import Reassignments
from leaving.workbooks.graduates.target import PLAIN, TARGET
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import Refused
from portal.pinyin import sort_key
from portal.workbooks.load import NULL, Stage, escaped
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Fault, Outcome, Row, Run

_EXISTING = (
    "student_no", "uid", "identity_index", "cohort__year", "cohort__month", "name", "name_pinyin",
    "college_id", "level", "study_mode", "certificates", "dispatch", "nationality", "document_type",
)  # fmt: skip

ReachOf = Callable[[User], Reach]  # whose rows a person may bring in


def _iso(value: datetime.date | None) -> str | None:
    return None if value is None else value.isoformat()


class GraduatesRun(Run):
    """Checks and stages the rows of one batch for one cohort; see `rules` and `cells` for the rules."""

    def __init__(self, batch: ImportBatch, cohort: Cohort, reach_of: ReachOf = ImportReach) -> None:
        self._batch = batch
        self._cohort = cohort
        self._actor = batch.actor
        self._directory = Directory()
        self._responsibilities = Responsibilities.current()
        self._reach_of = reach_of
        self._reach = reach_of(batch.actor)
        self._standings: dict[Standing, int | None] = {}
        self._populated = Graduate.objects.exists()
        self._reassignments = Reassignments(cohort)
        self._students: dict[str, int] = {}
        self._identities: dict[tuple[bytes, str], int] = {}
        self._unnamed: list[tuple[int, str, str]] = []
        self._sound = True
        self._stage: Stage | None = None
        self._years = (str(cohort.year - 90), str(cohort.year - 13))
        self._college = Answers(
            lambda name: str(self._directory.college(name)) if name else NULL, single=True
        )
        self._standing = Answers(self._work_out_standing)
        self._place = Answers(self._work_out_place)
        self._supervisors = Answers(self._work_out_supervisors)
        self._dates = Answers(self._work_out_dates)
        self._isos: dict[datetime.date | None, str | None] = {}

    def college(self, name: str) -> int:
        """The college of that name, as a row of this run finds it."""
        return self._directory.college(name)

    # --- checking ---

    def check(self, rows: Sequence[Row]) -> Iterable[Fault]:
        if not rows:
            return ()
        block = Block(rows)
        self._derive(block)
        students = block.texts("student_no")
        existing = self._existing(students) if self._populated else {}
        self._check_students(block, students)
        self._look_up_accounts(block)
        segments: list[Sequence[Answer]] = [
            students,
            *self._names(block, existing),
            *self._identity(block, existing),
            block.answers(
                self._standing, "college_id", "level", "study_mode", "certificates", "dispatch", "training",
                "document_type", "nationality", "campus", "has_class", "has_supervisor", "has_birth_date", "has_counsellor",
            ),
            block.answers(self._place, "college_id", "grade", "school_class", "major", "major_code", "counsellor_no"),
            self._reassignments.keeping(
                students, block.answers(self._supervisors, "supervisor_no", "supervisor_name", "second_supervisor_no")
            ),
            block.answers(self._dates, "enrolled_on", "expected_on", "graduated_on"),
            *map(block.texts, PLAIN),
        ]  # fmt: skip
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

    def _derive(self, block: Block) -> None:
        """Columns that others are asked together with: the college's key, and which cells are filled."""
        cells = block.cells
        cells["college_id"] = [
            answer if type(answer) is str else NULL for answer in block.answers(self._college, "college")
        ]
        for name, column in (
            ("has_class", "school_class"),
            ("has_supervisor", "supervisor_no"),
            ("has_birth_date", "birth_date"),
            ("has_counsellor", "counsellor_no"),
        ):
            cells[name] = [value is not None for value in cells[column]]

    def _check_students(self, block: Block, students: Sequence[Answer]) -> None:
        """A student number stands once in a file."""
        seen = self._students
        for place, (student, number) in enumerate(zip(students, block.numbers, strict=True)):
            if student and type(student) is str and seen.setdefault(student, number) != number:
                block.fault(place, Problem("student_no_twice", first=seen[student]), "student_no")

    def _existing(self, students: Iterable[Answer]) -> dict[str, tuple[Any, ...]]:
        numbers = [student for student in students if type(student) is str]
        return {
            row[0]: row for row in Graduate.objects.filter(student_no__in=numbers).values_list(*_EXISTING)
        }

    def _names(self, block: Block, existing: dict[str, tuple[Any, ...]]) -> list[Sequence[Answer]]:
        names = block.texts("name")
        given = block.texts("name_pinyin")
        block.cells["clean_name"] = names
        keys: list[Answer] = []
        for name, pinyin, student in zip(names, given, block.cells["student_no"], strict=True):
            if type(name) is not str or type(pinyin) is not str or not name:
                keys.append("")
                continue
            if not pinyin and student in existing:
                pinyin = existing[student][6]
            keys.append(sort_key(name, pinyin))
        return [names, given, keys]

    def _identity(self, block: Block, existing: dict[str, tuple[Any, ...]]) -> list[Sequence[Answer]]:
        """Sex, date of birth, index and mask: the number is right, and agrees with the row and with other rows."""
        found: list[Answer] = []
        indexes = block.cells["identity_index"] = [b""] * len(block.numbers)
        isos, (earliest, latest) = self._isos, self._years
        cells = block.cells
        for place, (kind, number, sex, birth, level) in enumerate(
            zip(
                cells["document_type"],
                cells["document_no"],
                cells["sex"],
                cells["birth_date"],
                cells["level"],
                strict=True,
            )
        ):
            if birth not in isos:
                isos[birth] = _iso(birth)
            written = isos[birth]
            if number is None:
                found.append("")
                continue
            kind = kind or RESIDENT
            said = check_number(kind, number)
            if isinstance(said, str):
                block.fault(place, Problem(said), "document_no")
                found.append("")
                continue
            born, says_sex = said
            if says_sex and sex and says_sex != sex:
                block.fault(place, Problem("sex_differs"), "sex")
            if born and written and born != written:
                block.fault(place, Problem("birth_date_differs", said=born), "birth_date")
            born = born or written or NULL
            if born != NULL and not earliest <= born[:4] <= latest:
                block.fault(
                    place, Problem("birth_date_implausible"), "birth_date" if written else "document_no"
                )
            index = indexes[place] = identity_index(kind, number)
            first = self._identities.setdefault((index, level), block.numbers[place])
            if first != block.numbers[place]:
                block.fault(place, Problem("identity_twice", first=first), "document_no")
            found.append(f"{sex}\t{born}\t{index.hex()}\t{mask(kind, number)}")
        return [found]

    def _work_out_standing(
        self, college: str, level: str | None, study_mode: str | None, certificates: str | None, dispatch: str | None,
        training: str | None, document_type: str | None, nationality: str | None, campus: str | None,
        has_class: bool, has_supervisor: bool, has_birth_date: bool, has_counsellor: bool,
    ) -> Answer:  # fmt: skip
        kind = document_type or RESIDENT
        problems = rules.broken(
            rules.CASE_RULES,
            rules.Case(
                level, study_mode, certificates, dispatch, kind, has_class, has_supervisor, has_birth_date, has_counsellor
            ),
        )  # fmt: skip
        if college == NULL or level is None or study_mode is None:
            return problems or NULL
        both = certificates or Certificates.BOTH.value
        boolean = None if dispatch is None else dispatch == "yes"
        standing = Standing(
            int(college), level, study_mode, both, boolean, is_overseas(nationality or "", kind)
        )
        campus_id = NULL
        try:
            campus_id = str(self._directory.campus(campus, int(college)))
        except Problem as problem:
            problems.append(problem)
        if not problems or problems[0].code != "dispatch_missing":
            problems += rules.broken((self._within_reach,), standing)
        values = (
            college,
            level,
            study_mode,
            both,
            boolean,
            training or Training.OPEN.value,
            kind,
            nationality or "",
        )
        return problems or "\t".join([*map(escaped, values), campus_id])

    def _within_reach(self, standing: Standing) -> None:
        """Whose task it is to import this graduate, it must be the actor's (G2)."""
        if standing not in self._standings:
            self._standings[standing] = self._responsibilities.responsible_for(standing)
        responsible = self._standings[standing]
        if not self._reach.covers(responsible, standing.level):
            raise Problem(
                "not_responsible" if responsible else "nobody_responsible", "college", **name_of(responsible)
            )

    def _work_out_place(
        self,
        college: str,
        grade: str | None,
        name: str | None,
        major: str | None,
        code: str | None,
        counsellor: str | None,
    ) -> Answer:
        """Major, class and grade; planned where they are new."""
        problems: list[Problem] = []
        year = ""
        try:
            year = cells.grade(grade) if grade else ""
            if year and not self._cohort.year - 15 <= int(year) <= self._cohort.year:
                raise Problem("grade_implausible", "grade", cohort=self._cohort.year)
        except Problem as problem:
            problems.append(Problem(problem.code, "grade", **problem.params))
        if counsellor:
            try:
                self._directory.counsellor(counsellor)
            except Problem as problem:
                problems.append(problem)
        if problems or not year or college == NULL or major is None:
            return problems or NULL
        major_id = self._directory.major(int(college), major, code or "")
        class_id = NULL
        if name:
            class_id = str(
                self._directory.school_class(int(college), int(year), name, major_id, counsellor or "")
            )
        return f"{major_id}\t{class_id}\t{year}"

    def _work_out_supervisors(self, number: str | None, name: str | None, second: str | None) -> Answer:
        if number is None and name is not None:
            return [Problem("supervisor_number_missing", "supervisor_no")]
        first_id = str(self._directory.supervisor(number, name or "")) if number else NULL
        second_id = str(self._directory.supervisor(second, "")) if second else NULL
        if second and second == number:
            return [Problem("supervisors_equal", "second_supervisor_no")]
        return f"{first_id}\t{second_id}"

    def _work_out_dates(self, *dates: datetime.date | None) -> Answer:
        written = [_iso(date) for date in dates]
        problems = rules.broken(rules.DATE_RULES, rules.Dates(self._cohort.year, *written))
        return problems or "\t".join(date or NULL for date in written)

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

    def _check_existing(self, block: Block, existing: dict[str, tuple[Any, ...]]) -> None:
        """A student number that is known stays in its cohort, with its person, and with whom it is the task of."""
        here = (self._cohort.year, self._cohort.month)
        for place, student in enumerate(block.cells["student_no"]):
            known = existing.get(student)
            if known is None:
                continue
            (
                _no,
                _uid,
                index,
                year,
                month,
                name,
                _pinyin,
                college,
                level,
                mode,
                certificates,
                dispatch,
                nationality,
                kind,
            ) = known
            if (year, month) != here:
                other = Cohort(year=year, month=month).code
                block.fault(place, Problem("other_cohort", cohort=other), "student_no")
            elif (
                name != block.cells["clean_name"][place]
                and bytes(index) != block.cells["identity_index"][place]
            ):
                block.fault(place, Problem("another_person", known=name), "student_no")
            standing = Standing(college, level, mode, certificates, dispatch, is_overseas(nationality, kind))
            for problem in rules.broken((self._within_reach,), standing):
                block.fault(place, Problem("belongs_to_others", **problem.params), "student_no")

    # --- staging and writing ---

    def _put(
        self,
        block: Block,
        segments: Sequence[Sequence[Any]],
        existing: dict[str, tuple[Any, ...]],
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
            known = existing.get(student) if existing else None
            if known is None:
                uid = new_uid()
                tails.append(f"{uid}\t{sealed_hex(uid, number)}")
            elif bytes(known[2]) == index:
                tails.append(f"{known[1]}\t{NULL}")
            else:
                tails.append(f"{known[1]}\t{sealed_hex(str(known[1]), number)}")
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
                yield Fault(
                    self._students[student], "document_no", "identity_known", "", {"student_no": other}
                )

    def apply(self) -> Outcome:
        if self._stage is None:
            return Outcome()
        self._check_rights_again(self._stage)
        written = self._directory.write()
        loaded = self._stage.merge()
        self._stage.drop()
        if loaded.updated:
            changed = Graduate.objects.filter(batch=self._batch)
            graduates_updated.send(Graduate, graduates=changed, actor=self._actor)
        # Opened already: nobody is left without a sheet.
        if ClearanceSheet.objects.filter(cohort=self._cohort).exists():
            touched = Graduate.objects.filter(batch=self._batch).values_list("pk", flat=True)
            open_sheets_for(graduates=touched, actor=self._actor)
        counts = {"created": loaded.created, "updated": loaded.updated, "unchanged": loaded.unchanged}
        record(
            "graduates.imported",
            actor=self._actor,
            target=self._batch,
            details={"cohort": self._cohort.year, **counts, **written},
        )
        return Outcome(loaded.created, loaded.updated, loaded.unchanged)

    def _check_rights_again(self, stage: Stage) -> None:
        """The actor's rights as they are now, over the rows as they are now."""
        reach, responsibilities = self._reach_of(self._actor), Responsibilities.current()
        standings = set(self._standings)
        columns = (
            "college_id",
            "level",
            "study_mode",
            "certificates",
            "dispatch",
            "nationality",
            "document_type",
        )
        for college, level, mode, certificates, dispatch, nationality, kind in stage.met(*columns):
            overseas = is_overseas(nationality, kind)
            standings.add(Standing(college, level, mode, certificates, dispatch, overseas))
        if not all(reach.covers(responsibilities.responsible_for(each), each.level) for each in standings):
            raise Refused(
                "not_responsible",
                _("Your rights have changed meanwhile; some of these graduates are not yours to import."),
            )
