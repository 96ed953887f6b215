"""What questionnaires brought, as workbooks: figures of all, and the answers of those that are not anonymous (C1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from leaving.choices import Level, QuestionnaireState
from leaving.models import Cohort, Graduate, Questionnaire
from leaving.selectors.cohorts import cohort_choices, cohort_for
from leaving.selectors.questionnaire_results import (
    Result,
    named_answers,
    questionnaires_with_results_for,
    reach_of,
    results_of,
    sees_results,
)
from leaving.selectors.questionnaires import Asked, Value, questions_of
from leaving.selectors.reach import reached_by
from leaving.workbooks.clearance import CHUNK, NAME, SCHOOL_CLASS, STUDENT_NO
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import colleges, holds_anywhere
from portal.errors import Refused
from portal.localized import localized
from portal.workbooks.exports import ExportKind
from portal.workbooks.spec import CellKind, Column

QUESTIONNAIRE = Column("questionnaire", "问卷", "Questionnaire")
COLLEGE = Column("college", "学院", "College")
NUMBER = Column("number", "题号", "No.", kind=CellKind.NUMBER)
QUESTION = Column("question", "题目", "Question")


class _OfQuestionnaires(ExportKind):
    """Of all questionnaires of a cohort, perhaps of one college."""

    parameters = ("cohort", "department")

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        if parameter == "cohort":
            return cohort_choices()
        return [(college.code, str(college)) for college in colleges()]

    def asked(self, parameters: Mapping[str, Any]) -> tuple[Cohort, Department | None]:
        """The cohort and the college. Raises Refused."""
        year, code = parameters.get("cohort"), parameters.get("department")
        try:
            cohort = cohort_for(int(year) if year else None)
        except ValueError:
            raise Refused("cohort_unknown", _lazy("Say which cohort is meant (its year).")) from None
        college = colleges().filter(code=code).first() if code else None
        if code and college is None:
            raise Refused("department_unknown", _lazy("There is no college %(code)s.") % {"code": code})
        return cohort, college


class QuestionnaireFigures(_OfQuestionnaires):
    """The results as tables: the whole within reach, then each college. Anonymous ones as they are published, and no further."""

    kind = "questionnaire-figures"
    title = _lazy("Figures of questionnaires")
    description = _lazy("How often each answer was given, in all and by college, and the free texts.")
    columns = (
        QUESTIONNAIRE,
        COLLEGE,
        NUMBER,
        QUESTION,
        Column("answer", "选项", "Answer"),
        Column("count", "人数", "Number", kind=CellKind.NUMBER),
        Column("share", "比例（%）", "Share (%)", kind=CellKind.NUMBER),
    )

    def may_export(self, user: User) -> bool:
        return sees_results.allows(user)

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        cohort, only = self.asked(parameters)
        for questionnaire in questionnaires_with_results_for(user).filter(cohort=cohort).order_by("pk"):
            reach = reach_of(user, questionnaire)
            places: list[Department | None] = [None, *reach.colleges]
            for college in places if only is None else [one for one in reach.colleges if one == only]:
                found = results_of(questionnaire, reach=reach, college=college)
                if college is not None and not found.answered:
                    continue
                place = str(college) if college else _("All")
                for result in found.results:
                    for line in _lines(result):
                        row = {
                            "questionnaire": str(questionnaire),
                            "college": place,
                            "number": result.question.number,
                            "question": localized(result.question.question, "text"),
                            **line,
                        }
                        yield [row[key] for key in columns]


def _lines(result: Result) -> Iterator[dict[str, Any]]:
    if result.asked is None:
        yield {"answer": _("withheld, or no answers"), "count": None, "share": None}
    for text in result.texts or ():
        yield {"answer": text, "count": None, "share": None}
    for figure in result.figures:
        withheld = figure.count is None
        label = f"{figure.label} ({_('withheld')})" if withheld else figure.label
        yield {"answer": label, "count": figure.count, "share": figure.share}


class QuestionnaireAnswers(_OfQuestionnaires):
    """Who answered what, a row for each answer: of questionnaires that are not anonymous."""

    kind = "questionnaire-answers"
    title = _lazy("Answers with names")
    description = _lazy("Every answer to the questionnaires that are not anonymous, graduate by graduate.")
    columns = (
        STUDENT_NO,
        NAME,
        COLLEGE,
        SCHOOL_CLASS,
        Column("level", "层次", "Level"),
        QUESTIONNAIRE,
        NUMBER,
        QUESTION,
        Column("answer", "回答", "Answer"),
    )

    def may_export(self, user: User) -> bool:
        return holds_anywhere(user, Right.EXPORT) and sees_results.allows(user)

    def rows(
        self, user: User, parameters: Mapping[str, Any], columns: Sequence[str]
    ) -> Iterator[Sequence[Any]]:
        cohort, college = self.asked(parameters)
        levels = dict(Level.choices)
        names = {one.pk: str(one) for one in colleges()}
        for questionnaire in self._named(user, cohort):
            questions = {asked.pk: asked for asked in questions_of(questionnaire)}
            for answer in self._answers(user, questionnaire, college).iterator(chunk_size=CHUNK):
                graduate, asked = answer.submission.graduate, questions[answer.question_id]
                row = {
                    "student_no": graduate.student_no,
                    "name": graduate.name,
                    "college": names.get(graduate.college_id, ""),
                    "class": str(graduate.school_class or ""),
                    "level": str(levels[graduate.level]),
                    "questionnaire": str(questionnaire),
                    "number": asked.number,
                    "question": localized(asked.question, "text"),
                    "answer": in_words(asked, answer.value),
                }
                yield [row[key] for key in columns]

    def _named(self, user: User, cohort: Cohort) -> list[Questionnaire]:
        rows = questionnaires_with_results_for(user).filter(cohort=cohort, anonymous=False)
        return list(rows.exclude(state=QuestionnaireState.DRAFT).order_by("pk"))

    def _answers(self, user: User, questionnaire: Questionnaire, college: Department | None) -> Any:
        """Within reach of the right to see results and of the right to take data out."""
        may_take = Graduate.objects.filter(reached_by(user, Right.EXPORT))
        return (
            named_answers(questionnaire, reach_of(user, questionnaire), college)
            .filter(submission__graduate__in=may_take, value__isnull=False)
            .select_related("submission__graduate__school_class")
            .defer("submission__graduate__identity_cipher")
            .order_by("submission", "question__section__order", "question__order", "pk")
        )


def in_words(asked: Asked, value: Value) -> str:
    """An answer as it was read."""
    if isinstance(value, list):
        return _(", ").join(localized(choice, "text") for choice in asked.choices if choice.pk in value)
    return "" if value is None else str(value)
