"""Handed in at the moment of closing: either it counts, or the graduate is told that it does not (C1)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from leaving.models import (
    AnonymousAnswer,
    Answer,
    PooledAnswers,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSubmission,
)
from leaving.sealing import sealed
from leaving.selectors.questionnaires import checked
from leaving.services.answers import move_answers, save_draft
from leaving.services.questionnaires import close_questionnaire
from leaving.tasks import tend_questionnaires
from portal.errors import Refused
from tests import builders
from tests.leaving.questionnaires import answered, questionnaire


def closed_by_another(survey: Questionnaire) -> None:
    """The office closes it and the task settles it, on a connection of their own, both committed."""

    def close() -> None:
        try:
            close_questionnaire(questionnaire=survey, actor=None)
            move_answers(questionnaire_id=survey.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as another:
        another.submit(close).result(timeout=30)


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.django_db(transaction=True)
def test_what_is_handed_in_while_it_closes_is_refused_and_not_lost(
    monkeypatch: pytest.MonkeyPatch, anonymous: bool
) -> None:
    survey = questionnaire(anonymous=anonymous)
    mei = builders.graduate(user=builders.user("mei"))

    def closed_after_the_look(*args: Any) -> Any:
        closed_by_another(survey)  # it was open when the graduate's right to answer was looked at
        return checked(*args)

    monkeypatch.setattr("leaving.services.answers.checked", closed_after_the_look)
    with pytest.raises(Refused) as refused:
        answered(survey, mei)
    assert refused.value.code == "not_open"
    for model in (QuestionnaireSubmission, PooledAnswers, AnonymousAnswer, Answer):
        assert not model.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_saved_while_it_closes_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    survey = questionnaire()
    mei = builders.graduate(user=builders.user("mei"))
    assert mei.user is not None

    def closed_after_the_look(*args: Any, **kwargs: Any) -> bytes:
        closed_by_another(survey)
        return sealed(*args, **kwargs)

    monkeypatch.setattr("leaving.services.answers.sealed", closed_after_the_look)
    save_draft(questionnaire=survey, graduate=mei, answers={}, actor=mei.user)
    assert QuestionnaireDraft.objects.count() == 1
    tend_questionnaires()
    assert not QuestionnaireDraft.objects.exists()
