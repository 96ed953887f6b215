"""The results of a questionnaire, for those who may see statistics; of an anonymous one by the rule of five (C1, C10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from leaving.choices import Level, QuestionKind, QuestionnaireState
from leaving.models import AnonymousAnswer, Answer, Graduate, Questionnaire
from leaving.selectors.disclosure import LEAST, Protection, protect, protect_choices
from leaving.selectors.questionnaires import Asked, asked_graduates, questions_of
from leaving.selectors.reach import reached_by
from portal.accounts.access import AnyUser, Rule
from portal.accounts.models import User
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import colleges, departments_where, holdings, holds_university_wide
from portal.localized import localized

NO_COLLEGE = 0
Table = dict[int, list[int]]  # college → how often each column


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of a questionnaire's results somebody may see: all of it, or those of some colleges."""

    whole: bool
    colleges: list[Department]
    graduates: Q

    def __bool__(self) -> bool:
        return self.whole or bool(self.colleges)


def reach_of(user: User, questionnaire: Questionnaire) -> Reach:
    """The university and the office that holds it see everything; a college its own; a postgraduate secretary the postgraduates'.

    Anonymous answers keep no level, so that of those a secretary sees only what postgraduates alone were asked.
    """
    holder = questionnaire.department_id
    if holds_university_wide(user, Right.STATISTICS) or (
        holder and departments_where(user, Right.STATISTICS).filter(pk=holder).exists()
    ):
        return Reach(True, list(colleges()), Q())
    kinds = [DepartmentKind.COLLEGE, DepartmentKind.WORK_GROUP, DepartmentKind.ROLL]
    postgraduates_only = bool(questionnaire.levels) and set(questionnaire.levels) <= set(Level.postgraduate())
    if not questionnaire.anonymous or postgraduates_only:
        kinds.append(DepartmentKind.SECRETARY)
    own = {
        held.department if held.kind == DepartmentKind.COLLEGE else held.parent
        for held in holdings(user, Right.STATISTICS)
        if held.kind in kinds
    }
    return Reach(False, [one for one in colleges() if one.pk in own], reached_by(user, Right.STATISTICS))


def questionnaires_with_results_for(user: User) -> QuerySet[Questionnaire]:
    """The published and closed questionnaires of which `user` may see something."""
    rows = Questionnaire.objects.exclude(state=QuestionnaireState.DRAFT)
    held = holdings(user, Right.STATISTICS)
    if any(one.kind not in {DepartmentKind.OFFICE, DepartmentKind.SECRETARY} for one in held):
        return rows
    visible = Q(department__in=[one.department for one in held])
    if any(one.kind == DepartmentKind.SECRETARY for one in held):
        visible |= Q(anonymous=False) | (Q(levels__contained_by=list(Level.postgraduate())) & ~Q(levels=[]))
    return rows.filter(visible)


def _sees_some(user: AnyUser) -> bool:
    held = holdings(user, Right.STATISTICS)
    offices = [one.department for one in held if one.kind == DepartmentKind.OFFICE]
    return len(offices) < len(held) or (
        bool(offices) and Questionnaire.objects.filter(department__in=offices).exists()
    )


sees_results = Rule("sees results of questionnaires", _sees_some)


@dataclass(frozen=True, slots=True)
class Figure:
    """One answer and how often it was given; None: withheld."""

    label: str
    count: int | None
    share: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """What was answered to one question. `asked` None: nothing of it can be told; `texts` None: not here, or too few."""

    question: Asked
    asked: int | None
    figures: list[Figure] = field(default_factory=list)
    mean: float | None = None
    texts: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a questionnaire, of the whole or of one college. `published` False: an anonymous one that still runs."""

    questionnaire: Questionnaire
    college: Department | None
    expected: int
    answered: int
    published: bool
    results: list[Result]


def results_of(questionnaire: Questionnaire, *, reach: Reach, college: Department | None) -> Results:
    """The results within `reach`, of one college where `college` is given. Eight queries, however many answers there are."""
    graduates = asked_graduates(questionnaire).filter(reach.graduates)
    if college is not None:
        graduates = graduates.filter(college=college)
    expected = graduates.count()
    answered = graduates.filter(questionnaire_submissions__questionnaire=questionnaire).count()
    published = not questionnaire.anonymous or questionnaire.settled_at is not None
    found: list[Result] = []
    if published:
        make = _anonymous if questionnaire.anonymous else _named
        found = make(questionnaire, reach, college)
    return Results(questionnaire, college, expected, answered, published, found)


# --- with names -----------------------------------------------------------------------------------------------------
def _named(questionnaire: Questionnaire, reach: Reach, college: Department | None) -> list[Result]:
    answers = named_answers(questionnaire, reach, college)
    questions = questions_of(questionnaire)
    written = _texts(answers)
    tables = _tables(questions, answers, "submission__graduate__college")
    return [
        _text(one, written.get(one.pk, []), least=1)
        if one.kind == QuestionKind.TEXT
        else _result(one, tables[one.pk], None, [])
        for one in questions
    ]


def named_answers(
    questionnaire: Questionnaire, reach: Reach, college: Department | None = None
) -> QuerySet[Answer]:
    """The answers to a questionnaire that is not anonymous, of the graduates within reach."""
    graduates = Graduate.objects.filter(reach.graduates)
    if college is not None:
        graduates = graduates.filter(college=college)
    return Answer.objects.filter(
        submission__questionnaire=questionnaire,
        question__questionnaire__anonymous=False,
        submission__graduate__in=graduates,
    )


# --- without ----------------------------------------------------------------------------------------------------------
def _anonymous(questionnaire: Questionnaire, reach: Reach, college: Department | None) -> list[Result]:
    """From one protected table a question, the same for everybody: comparing what different people see tells no more."""
    answers = AnonymousAnswer.objects.filter(questionnaire=questionnaire)
    questions = questions_of(questionnaire)
    tables = _tables(questions, answers, "college")
    written = _texts(answers.order_by("uid")) if reach.whole and college is None else {}
    if not reach.whole and college is None:
        return []
    protections: dict[int, list[Protection]] = {}
    made = []
    for one in questions:
        silent = _told_by_another(one, tables, questions, protections)
        if one.kind == QuestionKind.TEXT:
            texts = [] if silent is None else written.get(one.pk, [])
            made.append(_text(one, texts, least=LEAST))
            continue
        protections[one.pk] = _protections(one, tables[one.pk], silent)
        made.append(_result(one, tables[one.pk], college.pk if college else None, protections[one.pk]))
    return made


def _told_by_another(
    one: Asked,
    tables: Mapping[int, Table],
    questions: Iterable[Asked],
    known: Mapping[int, Sequence[Protection]],
) -> set[int] | None:
    """The rows of which nothing can be told, None for all: how many were asked a question that hangs on another tells how many
    answered that one so, and there it may be withheld."""
    if one.parent is None:
        return set()
    parent = next(asked for asked in questions if asked.pk == one.parent)
    columns = [place for place, choice in enumerate(parent.choices) if choice.pk in one.condition]
    of_parent = [(known[parent.pk][column], _column(parent, column)) for column in columns]
    if any(protection.hides(None, column) for protection, column in of_parent):
        return None
    return {
        row
        for row in tables[one.pk]
        if any(protection.hides(row, column) for protection, column in of_parent)
    }


def _protections(one: Asked, table: Table, silent: set[int] | None) -> list[Protection]:
    """For each column the protection of the table in which it stands."""
    if silent is None:
        return [Protection(frozenset(), everything=True)] * width(one)
    if one.kind != QuestionKind.MULTIPLE:
        return [protect(table, silent=silent)] * width(one)
    return protect_choices(table, required=one.question.required, silent=silent)


def _column(one: Asked, column: int) -> int:
    """Where a choice stands in its protection: of several choices each has a table of its own, chosen or not."""
    return 0 if one.kind == QuestionKind.MULTIPLE else column


# --- both -------------------------------------------------------------------------------------------------------------
def width(one: Asked) -> int:
    """How many columns the table of a question has: its answers, and one for none; of several choices one for how many
    were asked."""
    answers = one.question.scale_max if one.kind == QuestionKind.SCALE else len(one.choices)
    return answers + (one.kind == QuestionKind.MULTIPLE or not one.question.required)


def _tables(
    questions: Iterable[Asked], answers: QuerySet[Answer] | QuerySet[AnonymousAnswer], college_path: str
) -> dict[int, Table]:
    """For each question how often each answer was given in each college, counted by the database."""
    by_id = {one.pk: one for one in questions}
    tables: dict[int, Table] = {pk: {} for pk in by_id}
    counted = (
        answers.exclude(question__kind=QuestionKind.TEXT)
        .order_by()
        .values_list("question", college_path, "value")
        .annotate(times=Count("pk"))
    )
    for question, college, value, times in counted:
        one = by_id[question]
        cells = tables[question].setdefault(college or NO_COLLEGE, [0] * width(one))
        if one.kind == QuestionKind.MULTIPLE:
            cells[-1] += times
        if one.kind == QuestionKind.SCALE and value is not None:
            cells[value - 1] += times
        elif isinstance(value, list):
            for place, choice in enumerate(one.choices):
                cells[place] += times * (choice.pk in value)
        elif one.kind != QuestionKind.MULTIPLE:
            cells[-1] += times
    return tables


def _result(one: Asked, table: Table, row: int | None, protections: Sequence[Protection]) -> Result:
    several = one.kind == QuestionKind.MULTIPLE
    cells = (
        table.get(row, [0] * width(one))
        if row is not None
        else [sum(each) for each in zip(*table.values(), strict=True)]
    )
    cells = cells or [0] * width(one)
    asked = cells[-1] if several else sum(cells)
    if any(protection.hides_row(row) for protection in protections) or (protections and not asked):
        return Result(one, None)
    figures = [
        Figure(label, None, None)
        if protections and protections[column].hides(row, _column(one, column))
        else Figure(label, cells[column], round(100 * cells[column] / asked) if asked else 0)
        for column, label in enumerate(_labels(one))
    ]
    mean = None
    if one.kind == QuestionKind.SCALE and all(figure.count is not None for figure in figures):
        given = cells[: one.question.scale_max]
        mean = sum(value * n for value, n in enumerate(given, start=1)) / sum(given) if sum(given) else None
    return Result(one, asked, figures, mean)


def _labels(one: Asked) -> list[str]:
    if one.kind == QuestionKind.SCALE:
        low, high = localized(one.question, "low"), localized(one.question, "high")
        ends = {1: low, one.question.scale_max: high}
        labels = [
            f"{value} · {ends[value]}" if ends.get(value) else str(value)
            for value in range(1, one.question.scale_max + 1)
        ]
    else:
        labels = [localized(choice, "text") for choice in one.choices]
    if one.kind != QuestionKind.MULTIPLE and not one.question.required:
        labels.append(_("No answer"))
    return labels


def _texts(answers: QuerySet[Answer] | QuerySet[AnonymousAnswer]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    written = answers.filter(question__kind=QuestionKind.TEXT, value__isnull=False)
    for question, text in written.values_list("question", "value"):
        if isinstance(text, str):
            found.setdefault(question, []).append(text)
    return found


def _text(one: Asked, texts: list[str], *, least: int) -> Result:
    return Result(one, len(texts), texts=texts) if len(texts) >= least else Result(one, None)
