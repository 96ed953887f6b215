"""Once published, a questionnaire stays what the graduates were asked; the database sees to it (C1)."""

import datetime
import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError
from django.utils import timezone

from leaving.choices import QuestionKind, QuestionnaireState
from leaving.models import (
    Choice,
    Question,
    Questionnaire,
    QuestionnaireSection,
)
from leaving.services.questionnaires import close_questionnaire, copy_questionnaire, publish_questionnaire
from tests import builders
from tests.leaving.questionnaires import answered, ask, choice, q, questionnaire

pytestmark = pytest.mark.django_db
Change = Callable[[Questionnaire], object]


CHANGES: dict[str, Change] = {
    "another section": lambda one: QuestionnaireSection.objects.create(
        questionnaire=one, order=2, title_zh="二"
    ),
    "section moved": lambda one: one.sections.update(order=7),
    "section gone": lambda one: QuestionnaireSection.objects.filter(questionnaire=one)._raw_delete("default"),
    "another question": lambda one: ask(one, "late", QuestionKind.TEXT),
    "another kind": lambda one: one.questions.filter(text_zh="mark").update(kind="text"),
    "not required": lambda one: one.questions.update(required=False),
    "another scale": lambda one: one.questions.update(scale_max=7),
    "question moved": lambda one: one.questions.filter(text_zh="way").update(order=9),
    "question gone": lambda one: one.questions.filter(text_zh="mark").delete(),
    "another choice": lambda one: Choice.objects.create(question=q(one, "way"), order=9, text_zh="army"),
    "choice moved": lambda one: q(one, "way").choices.update(order=5),
    "choice gone": lambda one: q(one, "fit").choices.all().delete(),
    "choice taken elsewhere": lambda one: q(one, "way").choices.update(question=q(_draft(), "way")),
    "asked of all": lambda one: one.questions.update(shown_if=None),
    "condition gone": lambda one: q(one, "fit").shown_if_choices.clear(),
    "another condition": lambda one: q(one, "fit").shown_if_choices.add(choice(q(one, "way"), "abroad")),
    "not anonymous any more": lambda one: Questionnaire.objects.filter(pk=one.pk).update(anonymous=False),
    "asked of others": lambda one: Questionnaire.objects.filter(pk=one.pk).update(levels=["master"]),
    "of another cohort": lambda one: Questionnaire.objects.filter(pk=one.pk).update(
        cohort=builders.cohort(2027)
    ),
    "a draft again": lambda one: Questionnaire.objects.filter(pk=one.pk).update(state="draft"),
    "gone": lambda one: Questionnaire.objects.filter(pk=one.pk)._raw_delete("default"),
}


def _draft() -> Questionnaire:
    return questionnaire(published=False, title_zh="草稿")


@pytest.mark.parametrize("name", CHANGES)
def test_a_draft_can_be_changed_but_nothing_of_what_was_published(name: str) -> None:
    published = questionnaire(anonymous=True)
    with pytest.raises(IntegrityError, match="the questionnaire is published"), transaction.atomic():
        CHANGES[name](published)
    if name not in ("gone", "section gone"):  # a draft is taken apart in order, see below
        CHANGES[name](questionnaire(anonymous=True, published=False))


def test_texts_and_the_time_of_closing_can_still_change_and_it_can_be_closed() -> None:
    survey = questionnaire()
    answered(survey)
    way = q(survey, "way")
    way.text_zh, way.help_en = "毕业去向", "Where do you go?"
    way.save()  # all columns, as the administration writes them
    section = survey.sections.get()
    section.title_zh = "去向"
    section.save()
    way.choices.update(text_en="job")
    survey.closes_at = timezone.now() + datetime.timedelta(days=1)
    survey.intro_zh = "三分钟"
    survey.save()
    close_questionnaire(questionnaire=survey, actor=None)
    survey.refresh_from_db()
    assert survey.state == QuestionnaireState.CLOSED
    for change in ({"closes_at": None}, {"state": "published"}):
        with pytest.raises(IntegrityError, match="the questionnaire is closed"), transaction.atomic():
            Questionnaire.objects.filter(pk=survey.pk).update(**change)


def test_a_copy_is_a_draft_and_a_draft_can_go() -> None:
    copied = copy_questionnaire(questionnaire=questionnaire(), cohort=builders.cohort(2027), actor=None)
    ask(copied, "more", QuestionKind.TEXT)
    with pytest.raises(RestrictedError):
        q(copied, "way").delete()  # “fit” is asked only if …
    assert copied.delete()[0] > 5
    assert Question.objects.exists()  # those of the first


@pytest.mark.django_db(transaction=True)
def test_what_is_added_while_it_is_published_comes_before_or_not_at_all() -> None:
    survey = questionnaire(published=False)
    inserted, published, refused = threading.Event(), threading.Event(), []

    def publish() -> None:
        inserted.wait(5)
        publish_questionnaire(questionnaire=survey, actor=None)
        published.set()
        connection.close()

    thread = threading.Thread(target=publish)
    thread.start()
    with transaction.atomic():
        ask(survey, "first", QuestionKind.TEXT)
        inserted.set()
        assert not published.wait(0.3)  # it waits for what is under way
    thread.join(5)
    assert published.is_set()
    try:
        ask(survey, "second", QuestionKind.TEXT)
    except IntegrityError as error:
        refused.append(error)
    assert (len(refused), survey.questions.filter(text_zh__in=["first", "second"]).count()) == (1, 1)
