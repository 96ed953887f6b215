"""Combinations of cells that many rows share, each worked out once: what is stored for them, or what is wrong."""

import datetime

from leaving.choices import Certificates, Training
from leaving.models import Cohort
from leaving.selectors.responsibilities import Standing, is_overseas
from leaving.workbooks.graduates import cells, rules
from leaving.workbooks.graduates.block import RESIDENT, Answer, Answers, Block, iso
from leaving.workbooks.graduates.cells import Problem
from leaving.workbooks.graduates.directory import Directory
from leaving.workbooks.graduates.reach import RowReach
from portal.workbooks.load import NULL, escaped


class Combinations:
    """What one run has worked out so far. `Block.answers` goes through them; the columns stand in `target`'s order."""

    def __init__(self, cohort: Cohort, directory: Directory, reach: RowReach) -> None:
        self._cohort = cohort
        self._directory = directory
        self._reach = reach
        self._college = Answers(lambda name: str(directory.college(name)) if name else NULL, single=True)
        self._standing = Answers(self._work_out_standing)
        self._place = Answers(self._work_out_place)
        self._supervisors = Answers(self._work_out_supervisors)
        self._dates = Answers(self._work_out_dates)

    def prepare(self, block: Block) -> None:
        """Adds columns that others are asked together with: the college's key, and which cells are filled."""
        block.cells["college_id"] = [
            answer if type(answer) is str else NULL for answer in block.answers(self._college, "college")
        ]
        for name, column in (
            ("has_class", "school_class"),
            ("has_supervisor", "supervisor_no"),
            ("has_birth_date", "birth_date"),
            ("has_counsellor", "counsellor_no"),
        ):
            block.cells[name] = [value is not None for value in block.cells[column]]

    def standings(self, block: Block) -> list[Answer]:
        """College, level and what else decides who imports a graduate, with the campus."""
        return block.answers(
            self._standing, "college_id", "level", "study_mode", "certificates", "dispatch", "training",
            "document_type", "nationality", "campus", "has_class", "has_supervisor", "has_birth_date", "has_counsellor",
        )  # fmt: skip

    def places(self, block: Block) -> list[Answer]:
        """Major, class and grade; planned where they are new."""
        return block.answers(
            self._place, "college_id", "grade", "school_class", "major", "major_code", "counsellor_no"
        )

    def supervisors(self, block: Block) -> list[Answer]:
        """The first and the second supervisor; an account is planned for who is named and not known yet."""
        return block.answers(self._supervisors, "supervisor_no", "supervisor_name", "second_supervisor_no")

    def dates(self, block: Block) -> list[Answer]:
        return block.answers(self._dates, "enrolled_on", "expected_on", "graduated_on")

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
            problems += rules.broken((self._reach.require,), standing)
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

    def _work_out_place(
        self,
        college: str,
        grade: str | None,
        name: str | None,
        major: str | None,
        code: str | None,
        counsellor: str | None,
    ) -> Answer:
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
        written = [iso(date) for date in dates]
        problems = rules.broken(rules.DATE_RULES, rules.Dates(self._cohort.year, *written))
        return problems or "\t".join(date or NULL for date in written)
