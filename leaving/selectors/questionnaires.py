"""Which questionnaire somebody has to answer, what it asks, and which answers count (C1)."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, Level, QuestionKind, QuestionnaireState, SheetState
from leaving.models import (
    Choice,
    ClearanceSheet,
    Cohort,
    Graduate,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSection,
    QuestionnaireSubmission,
)
from leaving.sealing import opened
from portal.accounts.access import AnyUser, Rule
from portal.departments.choices import Right
from portal.departments.selectors import holds_university_wide

TEXT_LENGTH = 2_000
_CONTROLS = {
    code: None for code in range(32) if chr(code) not in "\t\n"
}  # no text has them, nor a workbook's cell

# A list of choices (ids, ascending), a number, a text, or nothing; answers go by the question's id.
Value = list[int] | int | str | None
Answers = Mapping[int, Value]

sets_up_questionnaires = Rule(
    "sets up cohorts", lambda user: user.is_authenticated and holds_university_wide(user, Right.OPEN_COHORT)
)


@dataclass(frozen=True)
class Asked:
    """A question with its number, its choices, and the answers to an earlier question on which it hangs."""

    question: Question
    number: int
    choices: tuple[Choice, ...] = ()
    condition: frozenset[int] = frozenset()

    @property
    def pk(self) -> int:
        return self.question.pk

    @property
    def parent(self) -> int | None:
        return self.question.shown_if_id

    @property
    def kind(self) -> str:
        return self.question.kind

    @cached_property
    def ids(self) -> frozenset[int]:
        return frozenset(choice.pk for choice in self.choices)

    def understood(self, value: object) -> Value:
        """What can be an answer to this question; nothing of all else."""
        match self.kind, value:
            case QuestionKind.TEXT, str() if value.strip():
                return value.translate(_CONTROLS).strip()[:TEXT_LENGTH] or None
            case QuestionKind.SCALE, int() if 1 <= value <= self.question.scale_max:
                return value
            case ((QuestionKind.SINGLE | QuestionKind.MULTIPLE), list()):
                chosen = sorted(self.ids.intersection(one for one in value if isinstance(one, int)))
                return (
                    None if not chosen or (self.kind == QuestionKind.SINGLE and len(chosen) > 1) else chosen
                )
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """A section with its questions."""

    section: QuestionnaireSection
    questions: list[Asked]


def questions_of(questionnaire: Questionnaire) -> list[Asked]:
    """Its questions in order, numbered from 1. Three queries."""
    rows = (
        Question.objects.filter(questionnaire=questionnaire)
        .select_related("section", "shown_if")
        .prefetch_related("choices", "shown_if_choices")
    )
    return [
        Asked(
            row,
            number,
            tuple(row.choices.all()) if row.kind in QuestionKind.with_choices() else (),
            frozenset(choice.pk for choice in row.shown_if_choices.all()) if row.shown_if_id else frozenset(),
        )
        for number, row in enumerate(rows, start=1)
    ]


def room_for(questions: Iterable[Asked]) -> int:
    """How many bytes the longest answers to all of them take as JSON: sealed with that room, none look longer than others."""
    longest = {QuestionKind.TEXT.value: 4 * TEXT_LENGTH}  # UTF-8; what JSON escapes takes two
    return sum(longest.get(one.kind, 24 * len(one.choices)) + 32 for one in questions)


def parts_of(questions: Iterable[Asked]) -> list[Part]:
    """The same by section."""
    parts: list[Part] = []
    for asked in questions:
        if not parts or parts[-1].section.pk != asked.question.section_id:
            parts.append(Part(asked.question.section, []))
        parts[-1].questions.append(asked)
    return parts


def applicable(questions: Iterable[Asked], answers: Answers) -> list[Asked]:
    """The questions that are asked of somebody who answers so: a condition is met by an answer that counts itself."""
    counted: dict[int, Value] = {}
    asked = []
    for one in questions:
        if one.parent is None or one.condition.intersection(_chosen(counted.get(one.parent))):
            counted[one.pk] = one.understood(answers.get(one.pk))
            asked.append(one)
    return asked


def _chosen(value: Value) -> list[int]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Checked:
    """What counts of somebody's answers: a value (or None) for each question that is asked, and which are missing."""

    values: dict[int, Value]
    missing: list[Asked]

    @property
    def answered(self) -> int:
        return sum(value is not None for value in self.values.values())


def checked(questions: Sequence[Asked], answers: Answers) -> Checked:
    """Keeps what answers the questions that are asked and drops the rest, above all answers to hidden questions."""
    asked = applicable(questions, answers)
    values = {one.pk: one.understood(answers.get(one.pk)) for one in asked}
    return Checked(values, [one for one in asked if one.question.required and values[one.pk] is None])


def for_graduate(graduate: Graduate) -> QuerySet[Questionnaire]:
    """The questionnaires of this graduate's cohort and level that are or were open to answers."""
    return Questionnaire.objects.filter(_asks(graduate)).exclude(state=QuestionnaireState.DRAFT)


def _asks(graduate: Graduate) -> Q:
    return Q(cohort=graduate.cohort_id) & (Q(levels=[]) | Q(levels__contains=[graduate.level]))


def asked_as(user: AnyUser, uid: uuid.UUID) -> tuple[Questionnaire, Graduate] | None:
    """The questionnaire `uid` and the record by which it asks this person, who may have several: a bachelor comes back as a
    master. One that has yet to answer comes first. None where it asks none of them. Two queries."""
    questionnaire = Questionnaire.objects.exclude(state=QuestionnaireState.DRAFT).filter(uid=uid).first()
    if questionnaire is None or not user.is_authenticated:
        return None
    answered = Exists(questionnaire.submissions.filter(graduate=OuterRef("pk")))
    own = asked_graduates(questionnaire).filter(user=user).select_related("cohort")
    graduate = own.order_by(answered, "pk").first()
    return (questionnaire, graduate) if graduate else None


def takes_answers() -> Q:
    """A condition on Questionnaire: it can be answered at this moment. It never outlives its cohort."""
    now = timezone.now()
    return (
        Q(state=QuestionnaireState.PUBLISHED)
        & ~Q(cohort__state=CohortState.CLOSED)
        & (Q(opens_at=None) | Q(opens_at__lte=now))
        & (Q(closes_at=None) | Q(closes_at__gt=now))
    )


def due_from(graduate: Graduate, *others: Graduate) -> Questionnaire | None:
    """What this graduate must answer before the sheet opens (C1), the one that closes first; None where nothing is due.
    `others` are more records of the same person. One query.

    When a questionnaire has closed unanswered, the sheet opens without it: nobody is locked out for good.
    """
    due = Q(pk__in=[])
    for record in (graduate, *others):
        answered = QuestionnaireSubmission.objects.filter(questionnaire=OuterRef("pk"), graduate=record)
        due |= _asks(record) & ~Q(Exists(answered))
    return Questionnaire.objects.filter(takes_answers(), due).order_by("closes_at", "pk").first()


def open_in(cohort: Cohort) -> list[Questionnaire]:
    """The questionnaires of a cohort that can be answered at this moment, the one that closes first first."""
    return list(Questionnaire.objects.filter(takes_answers(), cohort=cohort).order_by("closes_at", "pk"))


def unanswered(sheets: QuerySet[ClearanceSheet], cohort: Cohort) -> QuerySet[ClearanceSheet]:
    """Those of the open `sheets` of a cohort that stay shut for their graduates, because a questionnaire is due (C1).

    That somebody has answered is known, of an anonymous questionnaire too: the sheet opens by it. What was answered is not
    looked at here.
    """
    due = Q(pk__in=[])
    for one in open_in(cohort):
        answered = QuestionnaireSubmission.objects.filter(questionnaire=one, graduate=OuterRef("graduate"))
        due |= Q(~Exists(answered), level__in=one.levels or Level.values)
    return sheets.filter(due, cohort=cohort, state=SheetState.OPEN)


def draft_of(questionnaire: Questionnaire, graduate: Graduate) -> dict[int, Value]:
    """What the graduate has filled in so far."""
    draft = QuestionnaireDraft.objects.filter(questionnaire=questionnaire, graduate=graduate).first()
    if draft is None:
        return {}
    kept = opened(draft.sealed, table=QuestionnaireDraft._meta.db_table, uid=draft.uid)
    return {int(question): value for question, value in kept.items()}


def asked_graduates(questionnaire: Questionnaire) -> QuerySet[Graduate]:
    """Everybody who is to answer it."""
    levels = Q(level__in=questionnaire.levels) if questionnaire.levels else Q()
    return Graduate.objects.filter(levels, cohort=questionnaire.cohort_id)


def problems(questionnaire: Questionnaire) -> list[str]:
    """What must be mended before it can be published, in sentences; nothing when it is ready."""
    found = []
    questions = questions_of(questionnaire)
    if not questions:
        found.append(_("It asks nothing yet."))
    if questionnaire.closes_at and questionnaire.closes_at <= timezone.now():
        found.append(_("The time when it closes has passed."))
    places = {one.pk: one for one in questions}
    for one in questions:
        number = {"number": one.number}
        if one.kind in QuestionKind.with_choices() and len(one.choices) < 2:
            found.append(_("Question %(number)d needs at least two choices.") % number)
        if one.parent is None:
            continue
        parent = places.get(one.parent)
        if parent is None or parent.number >= one.number:
            found.append(_("Question %(number)d must come after the question on which it hangs.") % number)
        elif not one.condition or not one.condition <= parent.ids:
            found.append(_("Question %(number)d: choose the answers after which it is asked.") % number)
        elif questionnaire.anonymous and parent.kind == QuestionKind.MULTIPLE and len(one.condition) > 1:
            # How many are asked would tell how many chose both.
            found.append(
                _(
                    "Question %(number)d: where answers are anonymous, only one of several choices can lead on."
                )
                % number
            )
    return found
