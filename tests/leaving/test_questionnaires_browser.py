"""The questionnaire in front of a person: with a script, and without one (C1, X3)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from leaving.models import Answer, Graduate, QuestionnaireDraft
from tests import builders
from tests.browser import visitor
from tests.leaving.questionnaires import choice, q, questionnaire

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mei() -> Graduate:
    return builders.graduate(user=builders.user("mei"))


def test_questions_appear_with_the_answer_they_hang_on_and_save_themselves(
    mei: Graduate, live_server: Any, chromium: Browser
) -> None:
    survey = questionnaire()
    fit = f"[data-question='{q(survey, 'fit').pk}']"
    with visitor(chromium, live_server.url, width=360) as person:
        person.sign_in("mei")
        page = person.go("/questionnaire/")
        assert not page.locator(fit).is_visible()
        assert "0 of 2 answered" in page.inner_text("#questionnaire-status")
        pick(page, survey, "way", "work")
        assert page.locator(fit).is_visible()
        page.get_by_text("1 of 4 answered").wait_for()
        assert QuestionnaireDraft.objects.count() == 1
        # By keyboard: the next choice of the same question.
        page.keyboard.press("ArrowDown")
        assert not page.locator(fit).is_visible()
        page.get_by_text("1 of 2 answered").wait_for()
        page.click("button.primary")
        page.click("text=4. mark >> nth=0")  # the summary leads to the question
        page.check(f"[name=q{q(survey, 'mark').pk}][value='5']")
        page.click("button.primary")
        page.get_by_text("Your answers have been handed in").wait_for()
        assert page.url.endswith("/sheet/")
    assert set(Answer.objects.values_list("question__text_zh", flat=True)) == {"way", "mark"}


def test_without_a_script_everything_is_there_and_says_when_it_is_meant(
    mei: Graduate, live_server: Any, chromium: Browser
) -> None:
    survey = questionnaire()
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "django_language", "value": "en", "url": live_server.url}])
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/questionnaire/")
    page.fill("#id_username", "mei")
    page.fill("#id_password", "demo-2026")
    page.click("main form button.primary")
    note = page.get_by_text("Only if you answered question 1 with “work”:").first
    assert note.is_visible()
    pick(page, survey, "way", "study")
    pick(page, survey, "fit", "badly")
    page.get_by_role("button", name="Save, go on later").click()
    assert page.get_by_text("1 of 2 answered").is_visible()
    page.check(f"[name=q{q(survey, 'mark').pk}][value='2']")
    page.get_by_role("button", name="Hand in").click()
    assert page.get_by_text("Your answers have been handed in").is_visible()
    context.close()
    assert set(Answer.objects.values_list("question__text_zh", flat=True)) == {"way", "mark"}


def pick(page: Page, survey: Any, question: str, answer: str) -> None:
    asked = q(survey, question)
    page.check(f"[name=q{asked.pk}][value='{choice(asked, answer).pk}']")
