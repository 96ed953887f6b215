"""Anonymous answers cannot be joined to people again: by no column, no order, no transaction, no other table (C1)."""

import datetime
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaving.choices import QuestionKind
from leaving.models import (
    AnonymousAnswer,
    Answer,
    Graduate,
    MixedAnswers,
    PooledAnswers,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSubmission,
)
from leaving.sealing import opened
from leaving.selectors.questionnaires import Asked, draft_of
from leaving.services.answers import TOGETHER, colleges_kept, move_answers, save_draft, submit_answers
from leaving.services.questionnaires import close_questionnaire, publish_questionnaire
from leaving.tasks import tend_questionnaires
from portal.audit.models import AuditEntry
from tests import builders
from tests.leaving.questionnaires import answered, answers, ask, q, questionnaire

ANSWERS, MIXED, POOL = (model._meta.db_table for model in (AnonymousAnswer, MixedAnswers, PooledAnswers))


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

    # Mixed, they are sealed still, a row for each college, and nothing is written open before the end.
    assert move_answers(questionnaire_id=survey.pk) == 23
    assert not PooledAnswers.objects.exists()
    assert {name for (name,) in columns(MIXED)} == {"uid", "questionnaire_id", "college_id", "sealed"}
    assert MixedAnswers.objects.count() == 2
    assert "only-" not in str(rows(f"SELECT encode(sealed, 'escape') FROM {MIXED}"))
    assert "only-" not in everything_but("")
    close(survey)
    assert not MixedAnswers.objects.exists()

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
    assert batches(survey) == {"11": [TOGETHER]}
    assert PooledAnswers.objects.count() == TOGETHER - 1
    assert move_answers(questionnaire_id=survey.pk) == 0
    hand_in(survey, 2, "08")
    assert move_answers(questionnaire_id=survey.pk) == TOGETHER + 1
    assert batches(survey) == {"11": [TOGETHER], "08": [TOGETHER + 1]}
    assert not AnonymousAnswer.objects.exists()
    close(survey)
    assert colleges_of(survey) == {"11": TOGETHER, "08": TOGETHER + 1}
    # Free texts keep no college at any time.
    assert colleges_of(survey, "unit") == {"": 2 * TOGETHER + 1}


def batches(survey: Questionnaire) -> dict[str, list[int]]:
    """College → of how many people each of its sealed batches is."""
    found: dict[str, list[int]] = {}
    for batch in MixedAnswers.objects.filter(questionnaire=survey).select_related("college"):
        content = opened(batch.sealed, table=MIXED, uid=batch.uid)
        found.setdefault(batch.college.code, []).append(content["people"])
    return found


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_the_tables_differ_by_nothing_or_by_all() -> None:
    """The nightly backup is taken after ten were mixed; one more answers, and it closes."""
    survey = questionnaire(anonymous=True)
    with CaptureQueriesContext(connection) as running:
        people = hand_in(survey, TOGETHER, "08")
        move_answers(questionnaire_id=survey.pk)
        backup = everything_but("")
        people += hand_in(survey, 1, "08")
        move_answers(questionnaire_id=survey.pk)
        close_questionnaire(questionnaire=survey, actor=None)
    assert "only-" not in backup
    with CaptureQueriesContext(connection) as closing:
        move_answers(questionnaire_id=survey.pk)
    assert colleges_of(survey) == {"08": TOGETHER + 1}

    # What nobody writes stands in no dead row and no log of writes either: each answer is written open once, in the end.
    assert "only-" not in str([query["sql"] for query in running.captured_queries])
    written = [query["sql"] for query in closing.captured_queries if "only-" in query["sql"]]
    assert len(written) == 1
    assert written[0].startswith(f'INSERT INTO "{ANSWERS}"')
    assert [written[0].count(secret(graduate)) for graduate in people] == [1] * (TOGETHER + 1)
    state = rows(f"SELECT uid, xmin FROM {ANSWERS} ORDER BY uid")
    tend_questionnaires()
    assert rows(f"SELECT uid, xmin FROM {ANSWERS} ORDER BY uid") == state


@pytest.mark.django_db
def test_in_a_batch_nobodys_answers_stand_together() -> None:
    survey = Questionnaire.objects.create(cohort=builders.cohort(), title_zh="建议", anonymous=True)
    ask(survey, "good", QuestionKind.TEXT)
    ask(survey, "bad", QuestionKind.TEXT)
    publish_questionnaire(questionnaire=survey, actor=None)
    for number in range(20):
        answered(survey, good=f"{number:02d}", bad=f"{number:02d}")
    move_answers(questionnaire_id=survey.pk)
    batch = MixedAnswers.objects.get()
    content = opened(batch.sealed, table=MIXED, uid=batch.uid)
    assert set(content) == {"people", "values"}
    good, bad = content["values"].values()
    assert sorted(good) == sorted(bad) == [f"{number:02d}" for number in range(20)]
    assert good != bad  # by chance: once in 20 factorial
    assert sorted(good) not in (good, bad)


@pytest.mark.django_db
def test_no_length_tells_whose_a_long_text_is() -> None:
    survey = questionnaire(anonymous=True)
    for text in ("短", '"😀' * 1_000, "字" * 2_000, "\x01\x02字\x00"):
        graduate = builders.graduate(user=builders.user())
        given = answers(survey, way="work", fit="well", unit=text, mark=4)
        assert graduate.user is not None
        save_draft(questionnaire=survey, graduate=graduate, answers=given, actor=graduate.user)
    drafts = QuestionnaireDraft.objects.select_related("graduate__user")
    assert len({len(draft.sealed) for draft in drafts}) == 1
    for draft in drafts:
        given = draft_of(survey, draft.graduate)
        assert draft.graduate.user is not None
        submit_answers(
            questionnaire=survey, graduate=draft.graduate, answers=given, actor=draft.graduate.user
        )
    assert len({len(row.sealed) for row in PooledAnswers.objects.all()}) == 1


@pytest.mark.django_db
def test_an_answer_keeps_its_college_only_where_ten_of_it_were_asked() -> None:
    survey = questionnaire(anonymous=True)
    hand_in(survey, 1, "08")  # the only one there who goes to work
    for college, number in (("08", 14), ("11", 12)):
        for _ in range(number):
            graduate = builders.graduate(user=builders.user(), college=builders.college(college))
            answered(survey, graduate, way="study", mark=4)
    hand_in(survey, 11, "12")
    move_answers(questionnaire_id=survey.pk)
    close(survey)
    assert colleges_of(survey) == {"08": 15, "11": 12, "12": 11}
    # One nameless answer alone would be that of the only one: the smallest college hides it.
    assert colleges_of(survey, "fit") == {"": 12}


def test_what_hangs_on_an_answer_keeps_no_college_that_the_answer_gave_up() -> None:
    way, fit, more, wish = (
        Asked(Question(pk=pk, kind=kind, shown_if_id=parent), pk)
        for pk, kind, parent in ((1, "single", None), (2, "single", 1), (3, "single", 2), (4, "text", None))
    )
    everybody = {8: 11, 11: 14, 12: 2}
    asked = {1: everybody, 2: {8: 11, 11: 10, 12: 2}, 3: {8: 10}, 4: everybody}
    kept = colleges_kept([way, fit, more, wish], asked)
    # Of 12 there are two only, and 8 hides them; though fewer of 11 are asked next, 8 must not appear again.
    assert kept == {1: {11}, 2: {11}, 3: frozenset(), 4: frozenset()}
    assert colleges_kept([fit], {2: {8: 30}}) == {2: frozenset()}  # whatever was answered before is not known
    assert colleges_kept([way], {1: {8: 10, 11: 9, 12: 1}}) == {1: {8}}
    assert colleges_kept([way], {1: {8: 10, 11: 8, 12: 1}}) == {1: frozenset()}
    assert colleges_kept([way], {}) == {1: frozenset()}


@pytest.mark.django_db
def test_at_the_end_the_rest_joins_and_every_batch_is_gone() -> None:
    survey = questionnaire(anonymous=True)
    hand_in(survey, 10, "08")
    move_answers(questionnaire_id=survey.pk)
    hand_in(survey, 3, "08")  # of a college that has ten already
    hand_in(survey, 6, "11")
    hand_in(survey, 5, "12")  # eleven together give up their colleges
    close(survey)
    assert colleges_of(survey) == {"08": 13, "": 11}
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
def test_texts_alone_are_kept_from_ten_people_on() -> None:
    survey = Questionnaire.objects.create(cohort=builders.cohort(), title_zh="建议", anonymous=True)
    ask(survey, "wish", QuestionKind.TEXT)
    publish_questionnaire(questionnaire=survey, actor=None)
    for _ in range(12):
        answered(survey, wish="more books")
        move_answers(questionnaire_id=survey.pk)
    assert batches(survey) == {"08": [TOGETHER]}
    close(survey)
    assert AnonymousAnswer.objects.count() == 12


@pytest.mark.django_db
def test_the_clock_closes_and_moves() -> None:
    survey = questionnaire(anonymous=True, closes_at=timezone.now() + datetime.timedelta(days=1))
    hand_in(survey, 12)
    tend_questionnaires()
    assert batches(survey) == {"08": [12]}
    Questionnaire.objects.filter(pk=survey.pk).update(closes_at=timezone.now())
    tend_questionnaires()
    survey.refresh_from_db()
    assert (survey.state, survey.settled_at is not None) == ("closed", True)
    assert AnonymousAnswer.objects.count() == 48
    assert [entry.actor for entry in AuditEntry.objects.filter(verb="questionnaire.closed")] == [None]
