"""Building a questionnaire in the administration; publishing, closing, copying it (C1)."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaving.choices import QuestionKind, QuestionnaireState
from leaving.models import Choice, Question, Questionnaire
from leaving.selectors.questionnaires import problems, questions_of
from leaving.services.questionnaires import (
    close_questionnaire,
    copy_questionnaire,
    publish_questionnaire,
)
from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.questionnaires import answered, ask, choice, q, questionnaire

pytestmark = pytest.mark.django_db


@pytest.fixture
def affairs(client: Client) -> User:
    """Sets up cohorts, and is staff of the administration."""
    made = builders.clerk("affairs", Right.OPEN_COHORT, at=builders.university())
    made.is_staff = True
    made.save()
    client.force_login(made)
    return made


def test_what_is_wrong_is_said_before_it_is_published() -> None:
    empty = Questionnaire.objects.create(cohort=builders.cohort(), title_zh="空")
    assert len(problems(empty)) == 1
    survey = questionnaire(published=False, closes_at=timezone.now() - datetime.timedelta(minutes=1))
    way, fit = q(survey, "way"), q(survey, "fit")
    ask(survey, "lonely", QuestionKind.MULTIPLE, "one")
    late = ask(survey, "late", QuestionKind.SINGLE, "a", "b")
    way.shown_if = late
    way.save()
    fit.shown_if_choices.clear()
    assert len(problems(survey)) == 4
    with pytest.raises(Refused) as refused:
        publish_questionnaire(questionnaire=survey, actor=None)
    assert refused.value.code == "not_ready"
    survey.refresh_from_db()
    assert survey.state == QuestionnaireState.DRAFT


def test_an_anonymous_one_lets_one_of_several_choices_lead_on() -> None:
    for anonymous in (True, False):
        survey = questionnaire(published=False, anonymous=anonymous)
        several = ask(survey, "several", QuestionKind.MULTIPLE, "a", "b", "c")
        ask(survey, "then", after=[choice(several, "a"), choice(several, "b")], kind=QuestionKind.TEXT)
        assert len(problems(survey)) == int(anonymous)


def test_it_is_published_and_closed_once_by_those_who_may(affairs: User) -> None:
    survey = questionnaire(published=False)
    with pytest.raises(Refused):
        publish_questionnaire(questionnaire=survey, actor=builders.user("anyone"))
    publish_questionnaire(questionnaire=survey, actor=affairs)
    with pytest.raises(Refused) as refused:
        publish_questionnaire(questionnaire=survey, actor=affairs)
    assert refused.value.code == "not_draft"
    close_questionnaire(questionnaire=survey, actor=affairs)
    with pytest.raises(Refused) as refused:
        close_questionnaire(questionnaire=survey, actor=affairs)
    assert refused.value.code == "not_published"
    verbs = AuditEntry.objects.filter(actor=affairs).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["questionnaire.published", "questionnaire.closed"]


def test_the_copy_for_the_next_year_asks_the_same_of_its_own() -> None:
    survey = questionnaire(anonymous=True, closes_at=timezone.now() + datetime.timedelta(days=1))
    copied = copy_questionnaire(questionnaire=survey, cohort=builders.cohort(2027), actor=None)

    def told(one: Questionnaire) -> list[tuple[Any, ...]]:
        questions = questions_of(one)
        names = {item.pk: item.text_zh for item in Choice.objects.all()}
        by_id = {asked.pk: asked.question.text_zh for asked in questions}
        return [
            (asked.question.text_zh, asked.kind, asked.question.required, [str(c) for c in asked.choices],
             by_id.get(asked.parent or 0), sorted(names[pk] for pk in asked.condition))
            for asked in questions
        ]  # fmt: skip

    assert told(copied) == told(survey)
    assert (copied.state, copied.anonymous, copied.closes_at) == (QuestionnaireState.DRAFT, True, None)
    assert not {a.pk for a in questions_of(survey)} & {a.pk for a in questions_of(copied)}
    assert all(
        a.condition <= {c.pk for b in questions_of(copied) for c in b.choices} for a in questions_of(copied)
    )


def test_the_preview_shows_it_all_and_publishes(client: Client, affairs: User) -> None:
    survey = questionnaire(published=False)
    url = f"/questionnaires/{survey.uid}/preview/"
    page = client.get(url, headers={"accept-language": "en"}).content.decode()
    assert "Only if you answered question 1 with “work”:" in page
    client.post(f"/questionnaires/{survey.uid}/publish/")
    survey.refresh_from_db()
    assert survey.state == QuestionnaireState.PUBLISHED
    builders.cohort(2027)
    client.post(f"/questionnaires/{survey.uid}/copy/", {"cohort": builders.cohort(2027).pk})
    assert Questionnaire.objects.filter(cohort__year=2027).count() == 1
    client.post(f"/questionnaires/{survey.uid}/close/")
    survey.refresh_from_db()
    assert survey.state == QuestionnaireState.CLOSED


def form_of(page: Any) -> dict[str, Any]:
    """What the administration's page would post back as it is."""
    data: dict[str, Any] = {}
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is None or value is False:
                continue
            widget = bound.field.widget
            if hasattr(widget, "decompress"):
                for place, part in enumerate(widget.decompress(value)):
                    data[f"{bound.html_name}_{place}"] = part or ""
            else:
                data[bound.html_name] = value
    return data


def test_it_is_built_in_the_administration(client: Client, affairs: User) -> None:
    survey = questionnaire(published=False)
    url = f"/admin/leaving/questionnaire/{survey.pk}/change/"
    data = form_of(client.get(url))
    section = survey.sections.get()
    total = int(data["questions-TOTAL_FORMS"])
    data |= {
        "questions-TOTAL_FORMS": total + 1,
        f"questions-{total}-questionnaire": survey.pk,
        f"questions-{total}-section": section.pk,
        f"questions-{total}-order": 9,
        f"questions-{total}-kind": "multiple",
        f"questions-{total}-text_zh": "还有什么？",
    }
    assert client.post(url, data).status_code == 302
    made = q(survey, "还有什么？")
    url = f"/admin/leaving/question/{made.pk}/change/"
    page = client.get(url)
    # Only earlier questions with choices can lead to it.
    offered = page.context["adminform"].form.fields["shown_if"].queryset
    assert set(offered.values_list("text_zh", flat=True)) == {"way", "fit"}
    data = form_of(page) | {
        "shown_if": q(survey, "way").pk,
        "shown_if_choices": choice(q(survey, "fit"), "well").pk,
    }
    assert client.post(url, data).status_code == 200  # a choice of another question
    data |= {
        "shown_if_choices": choice(q(survey, "way"), "study").pk,
        "choices-TOTAL_FORMS": 2,
        "choices-0-question": made.pk,
        "choices-0-order": 1,
        "choices-0-text_zh": "甲",
        "choices-1-question": made.pk,
        "choices-1-order": 2,
        "choices-1-text_zh": "乙",
    }
    assert client.post(url, data).status_code == 302
    asked = next(one for one in questions_of(survey) if one.pk == made.pk)
    assert [str(one) for one in asked.choices] == ["甲", "乙"]
    assert asked.condition == {choice(q(survey, "way"), "study").pk}
    assert problems(survey) == []


def test_once_published_only_texts_change(client: Client, affairs: User) -> None:
    survey = questionnaire(anonymous=True)
    fit = q(survey, "fit")
    before = list(Question.objects.order_by("pk").values("order", "kind", "required", "shown_if", "section"))
    url = f"/admin/leaving/questionnaire/{survey.pk}/change/"
    data = form_of(client.get(url)) | {
        "anonymous": "",
        "questions-0-text_zh": "去向",
        "questions-0-order": 7,
        "questions-0-kind": "text",
        "questions-1-DELETE": "on",
        "questions-TOTAL_FORMS": 5,
        "questions-4-section": survey.sections.get().pk,
        "questions-4-order": 9,
        "questions-4-kind": "text",
        "questions-4-text_zh": "新题",
    }
    assert client.post(url, data).status_code == 302
    url = f"/admin/leaving/question/{fit.pk}/change/"
    data = form_of(client.get(url)) | {
        "shown_if": "",
        "required": "",
        "choices-0-text_zh": "很好",
        "choices-1-DELETE": "on",
    }
    assert client.post(url, data).status_code == 302
    survey.refresh_from_db()
    assert survey.anonymous
    assert (
        list(Question.objects.order_by("pk").values("order", "kind", "required", "shown_if", "section"))
        == before
    )
    assert survey.questions.filter(text_zh="去向").exists()
    assert [str(one.text_zh) for one in fit.choices.all()] == ["很好", "badly"]


def test_the_list_takes_the_same_queries_for_one_and_for_three(client: Client, affairs: User) -> None:
    client.get("/questionnaires/")
    found = []
    for number in (1, 2):
        for _ in range(number):
            questionnaire()
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/questionnaires/").status_code == 200
        found.append(len(queries))
    assert found[0] == found[1]


def test_a_colleague_without_the_right_sees_nothing_of_it(client: Client) -> None:
    survey = questionnaire()
    answered(survey)
    client.force_login(builders.clerk("alice", Right.DECIDE, at=builders.office("library")))
    for path in ("", "preview/"):
        assert client.get(f"/questionnaires/{survey.uid}/{path}").status_code == 404
    for path in ("publish", "close", "copy"):
        assert client.post(f"/questionnaires/{survey.uid}/{path}/").status_code == 404


def test_a_draft_is_deleted_whole_and_what_was_published_stays(client: Client, affairs: User) -> None:
    draft, published = questionnaire(published=False), questionnaire()
    for survey in (published, draft):
        page = client.post(f"/admin/leaving/questionnaire/{survey.pk}/delete/", {"post": "yes"})
        assert page.status_code == (302 if survey is draft else 403)
    assert [each.pk for each in Questionnaire.objects.all()] == [published.pk]
    assert Question.objects.exclude(questionnaire=published).count() == 0
    client.post(
        "/admin/leaving/questionnaire/",
        {"action": "delete_selected", "_selected_action": [published.pk], "post": "yes"},
    )
    assert Questionnaire.objects.get().pk == published.pk


def test_a_question_that_others_wait_for_is_not_taken_from_a_draft_alone(
    client: Client, affairs: User
) -> None:
    survey = questionnaire(published=False)
    page = client.post(f"/admin/leaving/question/{q(survey, 'way').pk}/delete/", {"post": "yes"})
    assert page.status_code == 200  # says which questions stand in the way
    assert q(survey, "way").leads_to.count() == 2
