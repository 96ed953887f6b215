"""Answers to questionnaires: the draft, the submission, and how anonymous answers lose their way back (C1).

`leaving.models.questionnaires` says why it is done this way.
"""

import random
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, QuestionKind, QuestionnaireState
from leaving.models import (
    AnonymousAnswer,
    Answer,
    Graduate,
    PooledAnswers,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSubmission,
)
from leaving.sealing import opened, sealed
from leaving.selectors.questionnaires import (
    Answers,
    Value,
    checked,
    for_graduate,
    questions_of,
    takes_answers,
)
from leaving.services.questionnaires import close_questionnaire, lock_questionnaire
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

TOGETHER = 10  # answers of a college that are moved at once, at least
_SHUFFLER = random.SystemRandom()
_POOL = PooledAnswers._meta.db_table


@one_transaction
def save_draft(*, questionnaire: Questionnaire, graduate: Graduate, answers: Answers, actor: User) -> None:
    """Keeps what the graduate has filled in so far, sealed; only the graduate reads it again. Not audited.

    Raises Refused (`not_yours`, `not_open`, `answered`).
    """
    _refuse_unless_may_answer(questionnaire, graduate, actor)
    row, _made = QuestionnaireDraft.objects.get_or_create(
        questionnaire=questionnaire,
        graduate=graduate,
        defaults={"sealed": b"", "saved_at": timezone.now()},
    )
    row.sealed = sealed(dict(answers), table=QuestionnaireDraft._meta.db_table, uid=row.uid)
    row.saved_at = timezone.now()
    row.save(update_fields=["sealed", "saved_at"])


@one_transaction
def submit_answers(
    *, questionnaire: Questionnaire, graduate: Graduate, answers: Answers, actor: User
) -> QuestionnaireSubmission:
    """Hands all answers in as one, and opens the graduate's sheet (C1). Answers to questions that are not asked are dropped.

    Deletes the draft. Audited as `questionnaire.submitted`: who and when, never what. Raises Refused (`not_yours`, `not_open`,
    `answered`, and `missing` with the ids of the questions in `details["questions"]`).
    """
    _refuse_unless_may_answer(questionnaire, graduate, actor)
    found = checked(questions_of(questionnaire), answers)
    if found.missing:
        raise Refused(
            "missing",
            _("Some questions still need an answer."),
            questions=[asked.pk for asked in found.missing],
        )
    QuestionnaireDraft.objects.filter(questionnaire=questionnaire, graduate=graduate).delete()
    (submission,) = keep_answers(questionnaire, [(graduate, found.values)])
    record("questionnaire.submitted", actor=actor, target=questionnaire)
    return submission


def keep_answers(
    questionnaire: Questionnaire, given: Sequence[tuple[Graduate, Mapping[int, Value]]]
) -> list[QuestionnaireSubmission]:
    """Writes checked answers of graduates in a fixed number of statements, inside the caller's transaction.

    Raises Refused (`not_open`) where it was closed in the meantime: answers that came after its results would be lost.
    """
    held = lock_questionnaire(questionnaire.pk)
    if held.state != QuestionnaireState.PUBLISHED:
        raise _not_open()
    submissions = QuestionnaireSubmission.objects.bulk_create(
        [QuestionnaireSubmission(questionnaire=held, graduate=graduate) for graduate, _values in given]
    )
    if held.anonymous:
        for college in sorted({graduate.college_id for graduate, _values in given}):
            _pool(
                held, college, [dict(values) for graduate, values in given if graduate.college_id == college]
            )
    else:
        Answer.objects.bulk_create(
            [
                Answer(submission=submission, question_id=question, value=value)
                for submission, (_graduate, values) in zip(submissions, given, strict=True)
                for question, value in values.items()
            ],
            batch_size=5_000,
        )
    return submissions


def _refuse_unless_may_answer(questionnaire: Questionnaire, graduate: Graduate, actor: User) -> None:
    """Holds the graduate, so that a late autosave cannot bring a draft back after the submission."""
    held = Graduate.objects.select_for_update(no_key=True).defer("identity_cipher").get(pk=graduate.pk)
    if held.user_id != actor.pk or not for_graduate(held).filter(pk=questionnaire.pk).exists():
        raise Refused("not_yours", _("This questionnaire is not for you."))
    if not Questionnaire.objects.filter(takes_answers(), pk=questionnaire.pk).exists():
        raise _not_open()
    if QuestionnaireSubmission.objects.filter(questionnaire=questionnaire, graduate=held).exists():
        raise Refused("answered", _("You have answered this questionnaire already. Thank you."))


def _not_open() -> Refused:
    return Refused("not_open", _("This questionnaire is not open for answers."))


# --- anonymous answers ---------------------------------------------------------------------------------------------
def _pool(questionnaire: Questionnaire, college: int, new: list[dict[int, Value]]) -> None:
    """Adds answers to those of the college that wait, and writes all of them anew: one transaction, one random order."""
    waiting = _taken(PooledAnswers.objects.filter(questionnaire=questionnaire, college=college))
    together = [
        *(content for _college, content in waiting),
        *({str(k): v for k, v in one.items()} for one in new),
    ]
    _SHUFFLER.shuffle(together)
    rows = []
    for content in together:
        row = PooledAnswers(questionnaire=questionnaire, college_id=college)
        row.sealed = sealed(content, table=_POOL, uid=row.uid)
        rows.append(row)
    PooledAnswers.objects.bulk_create(rows, batch_size=1_000)


def _taken(pool: Iterable[PooledAnswers]) -> list[tuple[int, dict[str, Value]]]:
    """Takes rows out of the pool: (college, answers) of each."""
    rows = list(pool)
    PooledAnswers.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [(row.college_id, opened(row.sealed, table=_POOL, uid=row.uid)) for row in rows]


@one_transaction
def move_answers(*, questionnaire_id: int) -> int:
    """Moves sealed answers into the open, where they belong to nobody; returns of how many people (C1).

    While the questionnaire is open: those of each college that has at least ten waiting, all of them, shuffled. Once it has
    closed: the rest, as the module of the models says, and the whole is written anew; with fewer than ten in all they
    are destroyed. Its results are then published (`settled_at`). Idempotent. Not audited, see there.
    """
    held = lock_questionnaire(questionnaire_id)
    if not held.anonymous or held.settled_at:
        return 0
    pool = PooledAnswers.objects.filter(questionnaire=held)
    waiting = dict(pool.order_by().values_list("college").annotate(people=Count("pk")))
    if held.state != QuestionnaireState.CLOSED:
        full = [college for college, number in waiting.items() if number >= TOGETHER]
        return _move(held, _taken(pool.filter(college__in=full)), keep=set(full))
    moved = _move_rest(held, waiting)
    _mix_all(held)
    QuestionnaireDraft.objects.filter(questionnaire=held).delete()  # one that was saved while it closed
    Questionnaire.objects.filter(pk=held.pk).update(settled_at=timezone.now())
    return moved


def _move_rest(questionnaire: Questionnaire, waiting: Mapping[int, int]) -> int:
    """The leftovers of a closed questionnaire. A college keeps its name on ten answers or on none."""
    pool = PooledAnswers.objects.filter(questionnaire=questionnaire)
    there = AnonymousAnswer.objects.filter(questionnaire=questionnaire).exclude(college=None)
    sizes = dict(there.order_by().values_list("college").annotate(rows=Count("pk")))
    keep = sizes.keys() | {college for college, number in waiting.items() if number >= TOGETHER}
    nameless = sum(number for college, number in waiting.items() if college not in keep)
    if 0 < nameless < TOGETHER and keep:
        smallest = min(keep, key=lambda college: (sizes.get(college, 0) + waiting.get(college, 0), college))
        keep.discard(smallest)
        there.filter(college=smallest).update(college=None)
    elif 0 < nameless < TOGETHER and not AnonymousAnswer.objects.filter(questionnaire=questionnaire).exists():
        pool.delete()
    return _move(questionnaire, _taken(pool), keep=keep)


def _move(questionnaire: Questionnaire, taken: list[tuple[int, dict[str, Value]]], *, keep: set[int]) -> int:
    texts = {asked.pk for asked in questions_of(questionnaire) if asked.kind == QuestionKind.TEXT}
    rows = [
        AnonymousAnswer(
            questionnaire=questionnaire,
            question_id=int(question),
            college_id=college if college in keep and int(question) not in texts else None,
            value=value,
        )
        for college, content in taken
        for question, value in content.items()
    ]
    _SHUFFLER.shuffle(rows)
    AnonymousAnswer.objects.bulk_create(rows, batch_size=5_000)
    return len(taken)


def _mix_all(questionnaire: Questionnaire) -> None:
    """Writes every answer anew, in a random order, in one statement: the batches in which they came are gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM leaving_anonymousanswer WHERE questionnaire_id = %s RETURNING *)
            INSERT INTO leaving_anonymousanswer (uid, questionnaire_id, question_id, college_id, value)
            SELECT gen_random_uuid(), questionnaire_id, question_id, college_id, value
            FROM gone ORDER BY gen_random_uuid()
            """,
            [questionnaire.pk],
        )


def close_those_whose_time_has_come() -> int:
    """Closes the questionnaires whose last moment has passed, and those of closed cohorts; returns how many."""
    over = Questionnaire.objects.filter(
        Q(closes_at__lte=timezone.now()) | Q(cohort__state=CohortState.CLOSED),
        state=QuestionnaireState.PUBLISHED,
    )
    for questionnaire in over:
        close_questionnaire(questionnaire=questionnaire, actor=None)
    return len(over)


def with_answers_to_move() -> list[int]:
    """The questionnaires (ids) whose pool is to be looked at."""
    return list(
        Questionnaire.objects.filter(anonymous=True, settled_at=None)
        .exclude(state=QuestionnaireState.DRAFT)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
