"""The demo's questionnaires: answered but for `overseas`, the same when played again (C1)."""

import pytest

from leaving import demo, questionnaire_demo
from leaving.models import (
    AnonymousAnswer,
    Answer,
    Graduate,
    PooledAnswers,
    Questionnaire,
    QuestionnaireSubmission,
)
from leaving.selectors.questionnaires import due_from
from portal.departments import demo as departments

pytestmark = pytest.mark.django_db


def test_everybody_but_one_has_answered_and_playing_again_changes_nothing() -> None:
    departments.play(0)
    demo.play(40)
    questionnaire_demo.play(40)
    counted = [
        model.objects.count()
        for model in (Questionnaire, QuestionnaireSubmission, Answer, AnonymousAnswer, PooledAnswers)
    ]
    assert counted[0] == 2
    assert counted[1] == 2 * (Graduate.objects.count() - 1)
    assert counted[4] == 0
    due = [graduate for graduate in Graduate.objects.all() if due_from(graduate)]
    assert [graduate.user.username for graduate in due if graduate.user] == ["overseas"]
    assert set(Questionnaire.objects.values_list("anonymous", "state")) == {
        (False, "published"),
        (True, "closed"),
    }
    questionnaire_demo.play(40)
    assert counted == [
        model.objects.count()
        for model in (Questionnaire, QuestionnaireSubmission, Answer, AnonymousAnswer, PooledAnswers)
    ]
