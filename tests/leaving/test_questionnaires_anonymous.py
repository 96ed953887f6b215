"""Anonymous answers cannot be joined to people again: by no column, no order, no transaction, no other table (C1)."""

import datetime
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leaving.choices import QuestionKind
from leaving.models import (
    AnonymousAnswer,
    Answer,
    Graduate,
    PooledAnswers,
    Questionnaire,
    QuestionnaireSubmission,
)
from leaving.services.answers import TOGETHER, move_answers
from leaving.services.questionnaires import close_questionnaire, publish_questionnaire
from leaving.tasks import tend_questionnaires
from portal.audit.models import AuditEntry
from tests import builders
from tests.leaving.questionnaires import answered, ask, q, questionnaire

ANSWERS, POOL = AnonymousAnswer._meta.db_table, PooledAnswers._meta.db_table


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def secret(graduate: Graduate) -> str:
    """What this graduate alone writes."""
    return f"only-{graduate.student_no}-writes-this"


def hand_in(survey: Questionnaire, number: int, college: str = "08") -> list[Graduate]:
    """So many graduates of a college answer, one after the other, each with words of their own."""
    made = []
    for _ in range(number):
        graduate = builders.graduate(
            user=builders.user(), college=builders.college(college, f"学院{college}")
        )
        answered(survey, graduate, way="work", fit="well", unit=secret(graduate), mark=4)
        made.append(graduate)
    return made


def close(survey: Questionnaire) -> None:
    close_questionnaire(questionnaire=survey, actor=None)
    move_answers(questionnaire_id=survey.pk)


def colleges_of(survey: Questionnaire, question: str = "mark") -> Counter[str]:
    found = AnonymousAnswer.objects.filter(questionnaire=survey, question=q(survey, question))
    return Counter(code or "" for code in found.values_list("college__code", flat=True))


@pytest.mark.django_db(transaction=True)
def test_nothing_in_the_database_leads_from_an_answer_to_a_person() -> None:
    survey = questionnaire(anonymous=True)
    people = [*hand_in(survey, 12, "08"), *hand_in(survey, 11, "11")]
    in_order = [secret(graduate) for graduate in people]

    # While they wait: sealed, of one length, and of one transaction though they were handed in by many.
    assert "only-" not in str(rows(f"SELECT encode(sealed, 'escape') FROM {POOL}"))
    assert len(rows(f"SELECT DISTINCT length(sealed) FROM {POOL}")) == 1
    assert len(rows(f"SELECT DISTINCT college_id, xmin FROM {POOL}")) == 2
    assert {name for (name,) in columns(POOL)} == {"uid", "questionnaire_id", "college_id", "sealed"}

    assert move_answers(questionnaire_id=survey.pk) == 23
    assert not PooledAnswers.objects.exists()

    # No column says who or when, and none counts.
    assert {name for (name,) in columns(ANSWERS)} == {
        "uid",
        "questionnaire_id",
        "question_id",
        "college_id",
        "value",
    }
    assert rows("SELECT pg_get_serial_sequence(%s, 'uid')", ANSWERS) == [(None,)]
    keys = {str(uid) for (uid,) in rows(f"SELECT uid FROM {ANSWERS}")}
    assert len(keys) == 23 * 4

    # No order is that of the handing in, nor its reverse, nor keeps the answers of one person together.
    for order in ("ctid", "xmin::text::bigint, ctid", "uid", "value::text", "cmin::text::bigint, ctid"):
        written = [
            text
            for text, in rows(f"SELECT value #>> '{{}}' FROM {ANSWERS} WHERE value::text LIKE '%%only-%%' ORDER BY {order}")
        ]  # fmt: skip
        assert sorted(written) == sorted(in_order)
        if order != "value::text":  # by what they wrote themselves
            assert written not in (in_order, in_order[::-1])
    places = [question for (question,) in rows(f"SELECT question_id FROM {ANSWERS} ORDER BY ctid")]
    assert Counter(pairwise(places)).most_common(1)[0][1] < 23

    # One transaction wrote them all, and none of those in which somebody handed in.
    (written_by,) = rows(f"SELECT DISTINCT xmin::text FROM {ANSWERS}")
    handed_in = rows("SELECT xmin::text FROM leaving_questionnairesubmission")
    assert len(set(handed_in)) == 23
    assert written_by not in handed_in
    assert written_by not in rows("SELECT xid::text FROM audit_auditentry")

    # What somebody wrote stands in this table and nowhere else, and the keys of the rows neither.
    elsewhere = everything_but(ANSWERS)
    assert "only-" not in elsewhere
    assert not [key for key in keys if key in elsewhere]
    assert not Answer.objects.exists()
    assert AuditEntry.objects.filter(verb="questionnaire.submitted").count() == 23


def columns(table: str) -> list[tuple[Any, ...]]:
    return rows("SELECT column_name FROM information_schema.columns WHERE table_name = %s", table)


def everything_but(table: str) -> str:
    """All rows of all other tables as text."""
    names = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s", table)
    return "\n".join(
        str(text) for name, in names for text, in rows(f'SELECT t::text FROM "{name}" AS t')
    )  # fmt: skip


@pytest.mark.django_db
def test_fewer_than_ten_of_a_college_wait() -> None:
    survey = questionnaire(anonymous=True)
    hand_in(survey, TOGETHER - 1, "08")
    hand_in(survey, TOGETHER, "11")
    assert move_answers(questionnaire_id=survey.pk) == TOGETHER
    assert colleges_of(survey) == {"11": TOGETHER}
    assert PooledAnswers.objects.count() == TOGETHER - 1
    assert move_answers(questionnaire_id=survey.pk) == 0
    hand_in(survey, 1, "08")
    assert move_answers(questionnaire_id=survey.pk) == TOGETHER
    # Free texts keep no college at any time.
    assert colleges_of(survey, "unit") == {"": 2 * TOGETHER}


@pytest.mark.django_db
def test_at_the_end_the_rest_joins_and_every_batch_is_gone() -> None:
    survey = questionnaire(anonymous=True)
    hand_in(survey, 10, "08")
    move_answers(questionnaire_id=survey.pk)
    before = set(AnonymousAnswer.objects.values_list("uid", flat=True))
    hand_in(survey, 3, "08")  # of a college that has ten already
    hand_in(survey, 6, "11")
    hand_in(survey, 5, "12")  # eleven together give up their colleges
    close(survey)
    assert colleges_of(survey) == {"08": 13, "": 11}
    assert before.isdisjoint(AnonymousAnswer.objects.values_list("uid", flat=True))
    assert len(rows(f"SELECT DISTINCT xmin::text FROM {ANSWERS}")) == 1
    survey.refresh_from_db()
    assert survey.settled_at is not None
    assert move_answers(questionnaire_id=survey.pk) == 0


@pytest.mark.django_db
def test_a_few_without_a_college_take_the_smallest_one_with_them() -> None:
    survey = questionnaire(anonymous=True)
    hand_in(survey, 11, "08")
    hand_in(survey, 14, "11")
    hand_in(survey, 2, "12")
    move_answers(questionnaire_id=survey.pk)
    close(survey)
    assert colleges_of(survey) == {"11": 14, "": 13}


@pytest.mark.django_db
def test_fewer_than_ten_in_all_are_destroyed_unread() -> None:
    survey = questionnaire(anonymous=True)
    hand_in(survey, TOGETHER - 1)
    close(survey)
    assert not PooledAnswers.objects.exists()
    assert not AnonymousAnswer.objects.exists()
    assert QuestionnaireSubmission.objects.count() == TOGETHER - 1


@pytest.mark.django_db
def test_texts_alone_are_kept_at_the_end_when_there_were_ten_before() -> None:
    survey = Questionnaire.objects.create(cohort=builders.cohort(), title_zh="建议", anonymous=True)
    ask(survey, "wish", QuestionKind.TEXT)
    publish_questionnaire(questionnaire=survey, actor=None)
    for _ in range(12):
        answered(survey, wish="more books")
        move_answers(questionnaire_id=survey.pk)
    assert AnonymousAnswer.objects.count() == TOGETHER
    close(survey)
    assert AnonymousAnswer.objects.count() == 12


@pytest.mark.django_db
def test_the_clock_closes_and_moves() -> None:
    survey = questionnaire(anonymous=True, closes_at=timezone.now() + datetime.timedelta(days=1))
    hand_in(survey, 12)
    tend_questionnaires()
    assert AnonymousAnswer.objects.count() == 48
    Questionnaire.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
    tend_questionnaires()
    survey.refresh_from_db()
    assert (survey.state, survey.settled_at is not None) == ("closed", True)
    assert [entry.actor for entry in AuditEntry.objects.filter(verb="questionnaire.closed")] == [None]
