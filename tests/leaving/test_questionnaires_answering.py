"""A graduate answers the questionnaire, and the sheet opens (C1)."""

import datetime
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from leaving.choices import CohortState, Level, Verb
from leaving.models import (
    AnonymousAnswer,
    Answer,
    Cohort,
    Graduate,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSubmission,
)
from leaving.selectors.questionnaires import asked_as, draft_of, due_from
from leaving.services.answers import save_draft, submit_answers
from leaving.services.clearance import decide
from leaving.services.questionnaires import close_questionnaire
from leaving.tasks import tend_questionnaires
from portal.audit.models import AuditEntry
from portal.departments.choices import Right
from portal.errors import Refused
from tests import builders
from tests.leaving.clearance import item, opened, published
from tests.leaving.questionnaires import answered, answers, choice, q, questionnaire

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei(client: Client) -> Graduate:
    """Mei, signed in, with an open sheet."""
    published()
    graduate = builders.graduate(user=builders.user("mei"))
    opened()
    assert graduate.user is not None
    client.force_login(graduate.user)
    return graduate


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def page_of(client: Client, url: str, language: str = "en") -> str:
    answer = client.get(url, headers={"accept-language": language})
    assert answer.status_code == 200
    return text_of(answer)


def data(survey: Questionnaire, **given: Any) -> dict[str, Any]:
    """The answers as a browser posts them."""
    return {f"q{pk}": value for pk, value in answers(survey, **given).items()}


def post(client: Client, survey: Questionnaire, verb: str = "submit", **given: Any) -> HttpResponse:
    answer: Any = client.post(
        f"/questionnaire/{survey.uid}/{verb}/",
        data(survey, **given),
        follow=True,
        headers={"accept-language": "en"},
    )
    return answer  # type: ignore[no-any-return]


def test_without_a_questionnaire_the_sheet_is_there(client: Client, mei: Graduate) -> None:
    assert "data-checkpoint" in page_of(client, "/sheet/")
    questionnaire(published=False)
    questionnaire(levels=[Level.MASTER])
    questionnaire(cohort=builders.cohort(2027))
    questionnaire(opens_at=timezone.now() + datetime.timedelta(days=1))
    assert "data-checkpoint" in page_of(client, "/sheet/")


def test_unanswered_there_is_no_sheet_but_the_way_to_it(client: Client, mei: Graduate) -> None:
    until = timezone.now() + datetime.timedelta(days=3)
    survey = questionnaire(closes_at=until)
    link = f"/questionnaire/{survey.uid}/"
    for url in ("/sheet/", f"/sheet/{mei.uid}/"):
        page = page_of(client, url)
        assert "data-checkpoint" not in page
        assert link in page
        assert f"Open until {timezone.localtime(until):%Y-%m-%d %H:%M}." in page
    start = page_of(client, "/")
    assert link in start
    assert "0 / 9" not in start
    assert client.get("/questionnaire/")["Location"] == link
    # The offices go on meanwhile, and see the sheet with a mark.
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    assert decide(items=[item(mei, 2).pk], verb=Verb.PASS, actor=alice).decided
    client.force_login(builders.clerk("dean", Right.VIEW_GRADUATES, at=mei.college))
    page = page_of(client, f"/sheet/{mei.uid}/")
    assert "data-checkpoint" in page
    assert "Questionnaire unanswered" in page


def test_handed_in_the_answers_are_kept_and_the_sheet_opens(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    page = text_of(post(client, survey, way="work", fit="well", mark=4))
    assert "Thank you! Your answers have been handed in." in page
    assert "data-checkpoint" in page
    kept = dict(Answer.objects.values_list("question__text_zh", "value"))
    work, well = choice(q(survey, "way"), "work"), choice(q(survey, "fit"), "well")
    assert kept == {"way": [work.pk], "fit": [well.pk], "unit": None, "mark": 4}
    assert QuestionnaireSubmission.objects.get().graduate == mei
    entry = AuditEntry.objects.get(verb="questionnaire.submitted")
    assert (entry.actor, entry.details) == (mei.user, {})
    assert "You have answered this questionnaire. Thank you!" in page_of(
        client, f"/questionnaire/{survey.uid}/"
    )
    assert "answered this questionnaire already" in text_of(post(client, survey, way="study", mark=1))
    assert Answer.objects.count() == 4


def test_what_is_missing_is_listed_with_links_and_nothing_is_lost(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    fit, mark = q(survey, "fit"), q(survey, "mark")
    page = text_of(post(client, survey, way="work", unit="某某公司"))
    links = re.findall(r'<a href="#id_(q\d+)">(.*?)</a>: Please answer', page)
    assert links == [(f"q{fit.pk}", "2. fit"), (f"q{mark.pk}", "4. mark")]
    assert f'id="id_q{fit.pk}"' in page
    assert "某某公司</textarea>" in page
    assert not QuestionnaireSubmission.objects.exists()


def test_answers_to_questions_that_are_not_asked_are_dropped(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    # Without a script everything can be filled in; whoever goes on studying is not asked about work.
    post(client, survey, way="study", fit="badly", unit="某某公司", mark=5)
    assert set(Answer.objects.values_list("question__text_zh", flat=True)) == {"way", "mark"}


def test_the_draft_waits_sealed_and_goes_with_the_submission(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    page = text_of(post(client, survey, "save", way="work", unit="某某公司"))
    assert "Saved. You can go on whenever you like" in page
    assert "某某公司</textarea>" in page
    assert "2 of 4 answered" in page
    draft = QuestionnaireDraft.objects.get()
    assert "某某公司".encode() not in bytes(draft.sealed)
    post(client, survey, way="work", fit="well", mark=4)
    assert not QuestionnaireDraft.objects.exists()
    # An autosave that comes late brings no draft back.
    with pytest.raises(Refused) as refused:
        save_draft(questionnaire=survey, graduate=mei, answers={}, actor=mei.user)  # type: ignore[arg-type]
    assert refused.value.code == "answered"
    assert not QuestionnaireDraft.objects.exists()


def test_autosave_answers_with_how_far_one_is(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    answer = client.post(
        f"/questionnaire/{survey.uid}/save/",
        data(survey, way="study"),
        headers={"HX-Request": "true", "accept-language": "en"},
    )
    page = text_of(answer)
    assert "1 of 2 answered" in page
    assert "Saved at" in page
    assert "<html" not in page


def test_a_long_text_with_line_breaks_is_kept_as_the_browser_counts_it(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    text = "\n".join(["字" * 199] * 9 + ["字" * 200])
    assert len(text) == 2_000
    sent = text.replace("\n", "\r\n")  # nine more than the page let in
    page = text_of(post(client, survey, "save", way="work", unit=sent))
    assert "Saved." in page
    assert "was not kept" not in page
    assert draft_of(survey, mei)[q(survey, "unit").pk] == text
    post(client, survey, way="work", fit="well", unit=sent, mark=4)
    assert Answer.objects.get(question=q(survey, "unit")).value == text


def test_an_autosave_says_what_it_could_not_keep(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    too_long = data(survey, way="work", unit="字" * 2_001)
    for headers in ({"HX-Request": "true"}, {}):
        answer = client.post(
            f"/questionnaire/{survey.uid}/save/",
            too_long,
            follow=True,
            headers={"accept-language": "en", **headers},
        )
        page = text_of(answer)
        assert "Question 3 was not kept: At most 2000 characters; these are 2001." in page
        assert "Saved" in page
    assert set(draft_of(survey, mei)) == {q(survey, "way").pk}


def test_a_foreign_or_broken_answer_is_none(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    answer = client.post(
        f"/questionnaire/{survey.uid}/submit/",
        {f"q{q(survey, 'way').pk}": "999999", f"q{q(survey, 'mark').pk}": "11"},
        headers={"accept-language": "en"},
    )
    assert answer.status_code == 200
    assert not QuestionnaireSubmission.objects.exists()


def test_when_it_closes_unanswered_the_sheet_opens_and_answers_come_too_late(
    client: Client, mei: Graduate
) -> None:
    survey = questionnaire(closes_at=timezone.now() + datetime.timedelta(days=3))
    assert due_from(mei) == survey
    Questionnaire.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
    assert "data-checkpoint" in page_of(client, "/sheet/")
    assert "not open for answers" in text_of(post(client, survey, way="study", mark=1))
    assert not QuestionnaireSubmission.objects.exists()
    Questionnaire.objects.filter(pk=survey.pk).update(closes_at=None)
    assert due_from(mei) == survey
    post(client, survey, "save", way="study")
    close_questionnaire(questionnaire=survey, actor=None)
    assert due_from(mei) is None
    assert not QuestionnaireDraft.objects.exists()


def test_nobody_answers_for_somebody_else(client: Client, mei: Graduate) -> None:
    survey = questionnaire()
    other = builders.graduate(user=builders.user("other"))
    with pytest.raises(Refused) as refused:
        submit_answers(questionnaire=survey, graduate=other, answers={}, actor=mei.user)  # type: ignore[arg-type]
    assert refused.value.code == "not_yours"
    for_masters = questionnaire(levels=[Level.MASTER])
    assert client.get(f"/questionnaire/{for_masters.uid}/").status_code == 404
    draft = questionnaire(published=False)
    assert client.get(f"/questionnaire/{draft.uid}/").status_code == 404
    client.force_login(builders.user("nobody"))
    assert client.get(f"/questionnaire/{survey.uid}/").status_code == 404


def test_several_are_answered_one_after_the_other(client: Client, mei: Graduate) -> None:
    first, second = questionnaire(), questionnaire()
    Questionnaire.objects.filter(pk=second.pk).update(closes_at=timezone.now() + datetime.timedelta(days=1))
    assert due_from(mei) == second
    answered(second, mei)
    assert due_from(mei) == first
    answered(first, mei)
    assert due_from(mei) is None


def test_the_gate_costs_one_query(django_assert_num_queries: Any, mei: Graduate) -> None:
    with django_assert_num_queries(1):
        assert due_from(mei) is None
    for _ in range(3):
        questionnaire()
    with django_assert_num_queries(1):
        assert due_from(mei)


def closed(cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(state=CohortState.CLOSED)


def test_a_questionnaire_ends_with_its_cohort(client: Client, mei: Graduate) -> None:
    named, anonymous = questionnaire(), questionnaire(anonymous=True)
    for _ in range(10):
        answered(anonymous)
    assert due_from(mei) == named
    closed(mei.cohort)
    assert due_from(mei) is None
    assert "data-checkpoint" in page_of(client, "/sheet/")
    assert "not open for answers" in text_of(post(client, named, way="study", mark=1))
    tend_questionnaires()
    for one in (named, anonymous):
        one.refresh_from_db()
        assert (one.state, one.settled_at is not None) == ("closed", True)
    assert AnonymousAnswer.objects.filter(question=q(anonymous, "mark")).count() == 10


def test_who_graduates_again_still_answers_for_the_older_sheet(
    client: Client, mei: Graduate, django_assert_num_queries: Any
) -> None:
    survey = questionnaire()
    later = builders.graduate(user=mei.user, cohort=builders.cohort(2029), level=Level.MASTER)
    older = f"/sheet/{mei.uid}/"
    assert older in page_of(client, "/sheet/")
    link = f"/questionnaire/{survey.uid}/"
    assert link in page_of(client, older)
    assert "way" in page_of(client, link)
    assert client.get("/questionnaire/")["Location"] == link
    answer: Any = post(client, survey, way="study", mark=4)
    assert answer.redirect_chain == [(older, 302)]
    assert QuestionnaireSubmission.objects.get().graduate == mei
    assert due_from(later, mei) is None
    assert mei.user is not None
    # Whoever has three records is looked up like whoever has one.
    builders.graduate(user=mei.user, cohort=builders.cohort(2032))
    with django_assert_num_queries(2):
        assert asked_as(mei.user, survey.uid) == (survey, mei)
    with django_assert_num_queries(1):
        assert due_from(mei, later) is None


def test_the_record_that_has_yet_to_answer_answers(mei: Graduate) -> None:
    """Two degrees in one cohort: each has a sheet, and each answers."""
    survey = questionnaire()
    second = builders.graduate(user=mei.user)
    assert mei.user is not None
    answered(survey, mei)
    assert asked_as(mei.user, survey.uid) == (survey, second)
    answered(survey, second)
    assert due_from(mei, second) is None
