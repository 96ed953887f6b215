"""A questionnaire in few words, for the stories about it."""

from typing import Any

from leaving.choices import QuestionKind
from leaving.models import (
    Choice,
    Graduate,
    Question,
    Questionnaire,
    QuestionnaireSection,
    QuestionnaireSubmission,
)
from leaving.selectors.questionnaires import Value
from leaving.services.answers import submit_answers
from leaving.services.questionnaires import publish_questionnaire
from tests import builders


def ask(
    questionnaire: Questionnaire,
    text: str,
    kind: QuestionKind = QuestionKind.SINGLE,
    *choices: str,
    after: list[Choice] | None = None,
    **fields: Any,
) -> Question:
    """A question at the end of the questionnaire, asked after one of `after`."""
    section, _made = QuestionnaireSection.objects.get_or_create(
        questionnaire=questionnaire, order=1, defaults={"title_zh": "第一部分", "title_en": "Part one"}
    )
    made = Question.objects.create(
        questionnaire=questionnaire,
        section=section,
        order=questionnaire.questions.count() + 1,
        kind=kind,
        text_zh=text,
        text_en=text,
        shown_if=after[0].question if after else None,
        **fields,
    )
    made.shown_if_choices.set(after or [])
    for order, choice in enumerate(choices, start=1):
        Choice.objects.create(question=made, order=order, text_zh=choice, text_en=choice)
    return made


def choice(question: Question, text: str) -> Choice:
    return question.choices.get(text_zh=text)


def questionnaire(*, published: bool = True, **fields: Any) -> Questionnaire:
    """Where somebody goes; who goes to work is asked how well it fits and, if they like, for whom; and a mark from 1 to 5."""
    made = Questionnaire.objects.create(
        **{"cohort": builders.cohort(), "title_zh": "调研问卷", "title_en": "Survey", **fields}
    )
    way = ask(made, "way", QuestionKind.SINGLE, "work", "study", "abroad")
    ask(made, "fit", QuestionKind.SINGLE, "well", "badly", after=[choice(way, "work")])
    ask(made, "unit", QuestionKind.TEXT, after=[choice(way, "work")], required=False)
    ask(made, "mark", QuestionKind.SCALE)
    if published:
        publish_questionnaire(questionnaire=made, actor=None)
        made.refresh_from_db()
    return made


def q(questionnaire: Questionnaire, text: str) -> Question:
    return questionnaire.questions.get(text_zh=text)


def answers(questionnaire: Questionnaire, **given: Any) -> dict[int, Value]:
    """`answers(survey, way="work", fit="well", mark=4)` by the names of questions and choices."""
    found: dict[int, Value] = {}
    for text, value in given.items():
        question = q(questionnaire, text)
        if question.kind in QuestionKind.with_choices():
            names = [value] if isinstance(value, str) else value
            found[question.pk] = sorted(choice(question, name).pk for name in names)
        else:
            found[question.pk] = value
    return found


def answered(
    questionnaire: Questionnaire, graduate: Graduate | None = None, **given: Any
) -> QuestionnaireSubmission:
    """A graduate (a new one with an account, unless named) hands in answers."""
    graduate = graduate or builders.graduate(user=builders.user())
    assert graduate.user is not None
    return submit_answers(
        questionnaire=questionnaire,
        graduate=graduate,
        answers=answers(questionnaire, **(given or {"way": "study", "mark": 4})),
        actor=graduate.user,
    )
