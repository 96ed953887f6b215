"""What questionnaires brought: figures within reach, and of anonymous ones by the rule of five (C1, C10)."""

import itertools
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from leaving.choices import Level, QuestionKind
from leaving.models import Graduate, Questionnaire
from leaving.selectors.disclosure import LEAST
from leaving.selectors.questionnaire_results import Results, reach_of, results_of
from leaving.services.answers import move_answers
from leaving.services.questionnaires import close_questionnaire
from leaving.workbooks.questionnaires import QuestionnaireAnswers, QuestionnaireFigures
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.workbooks.exports import ExportKind
from tests import builders
from tests.leaving.questionnaires import answered, ask, questionnaire

pytestmark = pytest.mark.django_db


def of(college: str, **fields: Any) -> Graduate:
    return builders.graduate(
        user=builders.user(), college=builders.college(college, f"学院{college}"), **fields
    )


def many(survey: Questionnaire, number: int, college: str = "08", **given: Any) -> None:
    for _ in range(number):
        answered(survey, of(college), **given)


def close(survey: Questionnaire) -> None:
    close_questionnaire(questionnaire=survey, actor=None)
    move_answers(questionnaire_id=survey.pk)
    survey.refresh_from_db()


def dean(code: str = "08", right: Right = Right.STATISTICS) -> User:
    return builders.clerk(f"dean{code}", right, Right.EXPORT, at=builders.college(code, f"学院{code}"))


def affairs() -> User:
    return builders.clerk("affairs", Right.STATISTICS, Right.EXPORT, at=builders.university())


def seen_by(user: User, survey: Questionnaire, college: str = "") -> Results:
    found = Department.objects.get(code=college) if college else None
    return results_of(survey, reach=reach_of(user, survey), college=found)


def figures(results: Results, text: str) -> dict[str, int | None] | None:
    """What is shown of one question; None: nothing."""
    result = next(one for one in results.results if one.question.question.text_zh == text)
    return None if result.asked is None else {one.label: one.count for one in result.figures}


def test_named_answers_are_counted_within_reach() -> None:
    survey, another = questionnaire(), questionnaire()
    many(survey, 3, "08", way="work", fit="well", mark=5)
    many(survey, 2, "11", way="study", mark=2)
    answered(another, of("08"), way="study", mark=1)
    for graduate in Graduate.objects.filter(questionnaire_submissions__questionnaire=survey):
        answered(another, graduate, way="study", mark=1)
    everything = seen_by(affairs(), survey)
    assert (everything.answered, everything.expected) == (5, 6)
    assert figures(everything, "way") == {"work": 3, "study": 2, "abroad": 0}
    assert [one.mean for one in everything.results] == [None, None, None, pytest.approx(3.8)]
    own = seen_by(dean(), survey)
    assert (own.answered, own.expected) == (3, 4)
    assert figures(own, "way") == {"work": 3, "study": 0, "abroad": 0}
    assert figures(seen_by(User.objects.get(username="affairs"), survey, "11"), "fit") == {
        "well": 0,
        "badly": 0,
    }


def test_who_sees_results(client: Client) -> None:
    survey = questionnaire(department=builders.office("careers", "就业处"))
    builders.college("11", "学院11")
    careers = builders.clerk("careers", Right.STATISTICS, at=builders.office("careers"))
    library = builders.clerk("library", Right.STATISTICS, at=builders.office("library"))
    secretary = builders.clerk(
        "secretary", Right.STATISTICS, at=builders.node(builders.college(), "secretary")
    )
    assert [bool(reach_of(user, survey)) for user in (careers, library, secretary)] == [True, False, True]
    for user, status in ((careers, 200), (library, 404), (secretary, 200), (dean("11"), 200)):
        client.force_login(user)
        assert client.get(f"/questionnaires/{survey.uid}/").status_code == status
    # A secretary sees postgraduates; anonymous answers keep no level.
    master = of("08", level=Level.MASTER)
    answered(survey, master, way="study", mark=1)
    many(survey, 2, "08", way="study", mark=1)
    assert seen_by(secretary, survey).answered == 1
    hidden = questionnaire(anonymous=True)
    assert not reach_of(secretary, hidden)
    client.force_login(secretary)
    assert client.get(f"/questionnaires/{hidden.uid}/").status_code == 404
    assert reach_of(secretary, questionnaire(anonymous=True, levels=[Level.MASTER]))


def test_anonymous_results_are_published_once_at_the_end(client: Client) -> None:
    survey = questionnaire(anonymous=True)
    many(survey, 12, way="study", mark=4)
    move_answers(questionnaire_id=survey.pk)
    running = seen_by(affairs(), survey)
    assert (running.answered, running.published, running.results) == (12, False, [])
    client.force_login(User.objects.get(username="affairs"))
    page = client.get(f"/questionnaires/{survey.uid}/", headers={"accept-language": "en"}).content.decode()
    assert "Results appear when the questionnaire has closed" in page
    assert 'class="bars"' not in page
    close(survey)
    assert seen_by(User.objects.get(username="affairs"), survey).published


def test_small_figures_are_withheld_with_what_would_tell_them() -> None:
    survey = questionnaire(anonymous=True)
    many(survey, 17, "08", way="study", mark=4)
    many(survey, 8, "08", way="abroad", mark=5)
    many(survey, 3, "08", way="work", fit="well", unit="某公司", mark=4)
    close(survey)
    found = seen_by(affairs(), survey)
    assert figures(found, "way") == {"work": None, "study": 17, "abroad": None}
    # How many were asked about work would tell how many go to work.
    assert figures(found, "fit") is None
    assert next(one for one in found.results if one.question.question.text_zh == "unit").texts is None
    # One answer in two withheld: no mean, for it would solve the equation.
    assert figures(found, "mark") == {"1": None, "2": None, "3": None, "4": 20, "5": None}
    assert all(one.mean is None for one in found.results)


def test_a_college_shows_no_more_than_the_university_can_bear() -> None:
    survey = questionnaire(anonymous=True)
    many(survey, 10, "08", way="study", mark=4)
    many(survey, 10, "08", way="abroad", mark=3)
    many(survey, 12, "11", way="study", mark=4)
    many(survey, 2, "11", way="abroad", mark=3)
    many(survey, 20, "12", way="study", mark=4)
    many(survey, 20, "12", way="abroad", mark=4)
    close(survey)
    everybody = affairs()
    sums = figures(seen_by(everybody, survey), "way")
    assert sums == {"work": None, "study": 42, "abroad": None}  # nobody is less than five, too
    for college in ("08", "11", "12"):
        shown = figures(seen_by(everybody, survey, college), "way")
        assert shown == figures(seen_by(dean(college), survey, college), "way")
        assert shown is not None
        assert [n for n in shown.values() if n is not None and n < LEAST] == []


def test_free_texts_of_anonymous_answers_are_shown_from_five_on_and_without_a_college() -> None:
    survey = questionnaire(anonymous=True)
    for number in range(6):
        many(survey, 1, "08", way="work", fit="well", unit=f"firm {number}", mark=4)
    many(survey, 6, "08", way="work", fit="badly", mark=4)
    many(survey, 6, "08", way="study", mark=4)
    many(survey, 6, "08", way="abroad", mark=4)
    close(survey)
    everybody = affairs()
    (texts,) = (one.texts for one in seen_by(everybody, survey).results if one.texts is not None)
    assert sorted(texts) == [f"firm {number}" for number in range(6)]
    assert all(one.texts is None for one in seen_by(everybody, survey, "08").results)


def test_of_several_choices_each_is_protected_for_itself() -> None:
    survey = questionnaire(anonymous=True, published=False)
    ask(survey, "gain", QuestionKind.MULTIPLE, "a", "b", "c")
    Questionnaire.objects.filter(pk=survey.pk).update(state="published")
    for given, number in ((["a", "b"], 6), (["a"], 7), (["a", "c"], 2)):
        many(survey, number, way="study", mark=4, gain=given)
    close(survey)
    # All chose a: that nobody did not is a small figure, too.
    assert figures(seen_by(affairs(), survey), "gain") == {"a": None, "b": 6, "c": None}


def test_who_alone_chose_both_of_two_choices_is_not_found_by_subtraction() -> None:
    survey = questionnaire(anonymous=True, published=False)
    ask(survey, "gain", QuestionKind.MULTIPLE, "a", "b")
    ask(survey, "wish", QuestionKind.MULTIPLE, "a", "b", required=False)
    Questionnaire.objects.filter(pk=survey.pk).update(state="published")
    for given, number in ((["a"], 9), (["b"], 10), (["a", "b"], 1)):
        many(survey, number, way="study", mark=4, gain=given, wish=given)
    close(survey)
    everybody = affairs()
    for college in ("", "08"):
        found = seen_by(everybody, survey, college)
        assert figures(found, "gain") == {"a": None, "b": 11}
        assert figures(found, "wish") == {"a": 10, "b": 11}  # nobody had to choose
    for line in taken(QuestionnaireFigures(), everybody):
        assert (line[3], line[5]) != ("gain", 10)


def test_eight_queries_however_many_answers(django_assert_max_num_queries: Any) -> None:
    for anonymous in (False, True):
        survey = questionnaire(anonymous=anonymous)
        many(survey, 11, way="study", mark=4)
        close(survey)
        everybody = User.objects.filter(username="affairs").first() or affairs()
        reach = reach_of(everybody, survey)
        with django_assert_max_num_queries(8):
            results_of(survey, reach=reach, college=None)


def test_the_page_draws_bars_that_a_screen_reader_reads_as_a_table(client: Client) -> None:
    survey = questionnaire()
    many(survey, 3, way="study", mark=5)
    many(survey, 1, way="abroad", mark=5)
    client.force_login(affairs())
    page = client.get(f"/questionnaires/{survey.uid}/", headers={"accept-language": "en"}).content.decode()
    page = re.sub(r"\s+", " ", page)
    assert '<caption class="visually-hidden">way</caption>' in page
    assert '<th scope="row">study</th>' in page
    assert '<rect width="75" height="1"/>' in page
    assert '3 <span class="muted">75%</span>' in page
    assert "mean 5.00" in page
    assert "style=" not in page


def taken(kind: ExportKind, user: User, **parameters: Any) -> list[list[Any]]:
    with transaction.atomic(), translation.override("en"):
        return [list(row) for row in kind.rows(user, parameters, [column.key for column in kind.columns])]


def test_figures_are_taken_out_as_they_are_shown() -> None:
    survey = questionnaire(anonymous=True)
    many(survey, 9, "08", way="study", mark=4)
    many(survey, 9, "08", way="abroad", mark=4)
    many(survey, 1, "08", way="work", fit="well", unit="某公司", mark=1)
    assert taken(QuestionnaireFigures(), affairs()) == []
    close(survey)
    lines = taken(QuestionnaireFigures(), User.objects.get(username="affairs"))
    assert {line[5] for line in lines if line[5] is not None} <= {9, 18, 19}
    assert [line[4] for line in lines if "某公司" in str(line)] == []
    own = taken(QuestionnaireFigures(), dean(), department="08")
    assert {line[1] for line in own} == {"School of Computer Science"}


def test_answers_with_names_are_taken_out_by_those_who_may_and_never_anonymous_ones() -> None:
    survey, hidden = questionnaire(), questionnaire(anonymous=True)
    mei = of("08", name="梅花")
    for one in (survey, hidden):
        answered(one, mei, way="work", fit="well", unit="=公司", mark=4)
    many(survey, 1, "11", way="study", mark=1)
    close(hidden)
    rows = taken(QuestionnaireAnswers(), dean())
    assert [(row[1], row[6], row[7], row[8]) for row in rows] == [
        ("梅花", 1, "way", "work"),
        ("梅花", 2, "fit", "well"),
        ("梅花", 3, "unit", "=公司"),
        ("梅花", 4, "mark", "4"),
    ]
    only_sees = builders.clerk("only", Right.STATISTICS, at=builders.college())
    assert not QuestionnaireAnswers().may_export(only_sees)
    assert len(taken(QuestionnaireAnswers(), affairs())) == 6


def test_a_condition_counts_where_its_question_is_told() -> None:
    survey = questionnaire(anonymous=True)
    for college, way in itertools.product(("08", "11"), ("study", "abroad")):
        many(survey, 8, college, way=way, mark=4)
    for college in ("08", "11"):
        many(survey, 6, college, way="work", fit="well", mark=4)
        many(survey, 6, college, way="work", fit="badly", mark=4)
    close(survey)
    everybody = affairs()
    assert figures(seen_by(everybody, survey), "fit") == {"well": 12, "badly": 12}
    assert figures(seen_by(everybody, survey, "08"), "fit") == {"well": 6, "badly": 6}
