"""Rules over several cells of a row. Each holds one rule: it returns nothing, or raises `Problem`.

They see the cells that few rows tell apart, so a run asks them once for each combination, not once for each row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from leaving.choices import DocumentType, Level, StudyMode
from leaving.workbooks.graduates.cells import Problem

POSTGRADUATE = frozenset(level.value for level in Level.postgraduate())
FIRST_DEGREE = frozenset(level.value for level in Level.first_degree())
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Case:
    """The cells that say which others are needed. None: the cell is empty."""

    level: str | None
    study_mode: str | None
    certificates: str | None
    dispatch: str | None
    document_type: str
    has_class: bool
    has_supervisor: bool
    has_birth_date: bool
    has_counsellor: bool


def dispatch_for_full_time(case: Case) -> None:
    if case.study_mode == StudyMode.FULL_TIME and case.dispatch is None:
        raise Problem("dispatch_missing", "dispatch")


def certificates_for_postgraduates(case: Case) -> None:
    if case.level in POSTGRADUATE and case.certificates is None:
        raise Problem("certificates_missing", "certificates")


def supervisor_for_postgraduates(case: Case) -> None:
    if case.level in POSTGRADUATE and not case.has_supervisor:
        raise Problem("supervisor_missing", "supervisor_no")


def class_for_first_degrees(case: Case) -> None:
    if case.level in FIRST_DEGREE and not case.has_class:
        raise Problem("class_missing", "school_class")


def class_for_a_counsellor(case: Case) -> None:
    if case.has_counsellor and not case.has_class:
        raise Problem("counsellor_without_class", "counsellor_no")


def birth_date_without_resident_number(case: Case) -> None:
    if case.document_type != DocumentType.RESIDENT and not case.has_birth_date:
        raise Problem("birth_date_missing", "birth_date")


CASE_RULES: tuple[Callable[[Case], None], ...] = (
    dispatch_for_full_time,
    certificates_for_postgraduates,
    supervisor_for_postgraduates,
    class_for_first_degrees,
    class_for_a_counsellor,
    birth_date_without_resident_number,
)


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a row as 2026-06-30 (they compare as they sort), with the year of the cohort."""

    cohort_year: int
    enrolled_on: str | None
    expected_on: str | None
    graduated_on: str | None


def graduation_after_enrolment(dates: Dates) -> None:
    if dates.enrolled_on and dates.graduated_on and dates.graduated_on <= dates.enrolled_on:
        raise Problem("graduated_before_enrolled", "graduated_on")


def expected_after_enrolment(dates: Dates) -> None:
    if dates.enrolled_on and dates.expected_on and dates.expected_on <= dates.enrolled_on:
        raise Problem("expected_before_enrolled", "expected_on")


def enrolment_plausible(dates: Dates) -> None:
    if dates.enrolled_on and not dates.cohort_year - 15 <= int(dates.enrolled_on[:4]) <= dates.cohort_year:
        raise Problem("date_implausible", "enrolled_on", cohort=dates.cohort_year)


def expected_plausible(dates: Dates) -> None:
    if dates.expected_on and abs(int(dates.expected_on[:4]) - dates.cohort_year) > 1:
        raise Problem("date_implausible", "expected_on", cohort=dates.cohort_year)


def graduation_plausible(dates: Dates) -> None:
    if dates.graduated_on and abs(int(dates.graduated_on[:4]) - dates.cohort_year) > 1:
        raise Problem("date_implausible", "graduated_on", cohort=dates.cohort_year)


DATE_RULES: tuple[Callable[[Dates], None], ...] = (
    graduation_after_enrolment,
    expected_after_enrolment,
    enrolment_plausible,
    expected_plausible,
    graduation_plausible,
)


def broken(rules: Sequence[Callable[[S], None]], subject: S) -> list[Problem]:
    """The problems of all rules that `subject` breaks."""
    problems: list[Problem] = []
    for rule in rules:
        try:
            rule(subject)
        except Problem as problem:
            problems.append(problem)
    return problems
