"""Answers to questionnaires: the draft, the submission, and how anonymous answers lose their way back (C1).

`leaving.models.questionnaires` says why it is done this way.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import CohortState, QuestionKind, QuestionnaireState
from leaving.models import (
    AnonymousAnswer,
    Answer,
    Graduate,
    MixedAnswers,
    PooledAnswers,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSubmission,
)
from leaving.sealing import opened, sealed
from leaving.selectors.questionnaires import (
    Answers,
    Asked,
    Value,
    checked,
    for_graduate,
    questions_of,
    room_for,
    takes_answers,
)
from leaving.services.questionnaires import close_questionnaire, lock_questionnaire
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

TOGETHER = 10  # people whose answers are moved at once, at least
BLOCK = 5_000
_SHUFFLER = random.SystemRandom()
_POOL, _MIXED = PooledAnswers._meta.db_table, MixedAnswers._meta.db_table


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
    # Nor may the length of a draft, which has a name, tell which of the long texts is its writer's.
    room = room_for(questions_of(questionnaire)) if questionnaire.anonymous else 0
    row.sealed = sealed(dict(answers), table=QuestionnaireDraft._meta.db_table, uid=row.uid, room=room)
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
        room = room_for(questions_of(held))
        for college in sorted({graduate.college_id for graduate, _values in given}):
            of_college = [dict(values) for graduate, values in given if graduate.college_id == college]
            _pool(held, college, of_college, room=room)
    else:
        Answer.objects.bulk_create(
            [
                Answer(submission=submission, question_id=question, value=value)
                for submission, (_graduate, values) in zip(submissions, given, strict=True)
                for question, value in values.items()
            ],
            batch_size=BLOCK,
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
def _pool(questionnaire: Questionnaire, college: int, new: list[dict[int, Value]], *, room: int) -> None:
    """Adds answers to those of the college that wait, and writes all of them anew: one transaction, one random order."""
    together = [*_taken(questionnaire, college), *({str(k): v for k, v in one.items()} for one in new)]
    _SHUFFLER.shuffle(together)
    rows = []
    for content in together:
        row = PooledAnswers(questionnaire=questionnaire, college_id=college)
        row.sealed = sealed(content, table=_POOL, uid=row.uid, room=room)
        rows.append(row)
    PooledAnswers.objects.bulk_create(rows, batch_size=1_000)


def _taken(questionnaire: Questionnaire, college: int) -> list[dict[str, Value]]:
    """Takes what waits of a college out of the pool."""
    rows = list(PooledAnswers.objects.filter(questionnaire=questionnaire, college=college))
    PooledAnswers.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [opened(row.sealed, table=_POOL, uid=row.uid) for row in rows]


@one_transaction
def move_answers(*, questionnaire_id: int) -> int:
    """Moves answers to where they belong to nobody; returns of how many people (C1).

    While the questionnaire is open: those of each college that has at least ten waiting become one batch, shuffled and sealed.
    Once it has closed: all batches and what still waits are opened and written together, shuffled, as the module of the
    models says; with fewer than ten in all they are destroyed. Its results are then published (`settled_at`).
    Idempotent. Not audited, see there.
    """
    held = lock_questionnaire(questionnaire_id)
    if not held.anonymous or held.settled_at:
        return 0
    waiting = PooledAnswers.objects.filter(questionnaire=held).order_by().values_list("college")
    numbers = dict(waiting.annotate(people=Count("pk")))
    if held.state != QuestionnaireState.CLOSED:
        return sum(_mix(held, college) for college, number in numbers.items() if number >= TOGETHER)
    moved = _settle(held, numbers)
    Questionnaire.objects.filter(pk=held.pk).update(settled_at=timezone.now())
    return moved


def _mix(questionnaire: Questionnaire, college: int) -> int:
    """What waits of a college becomes one sealed batch; returns of how many people."""
    taken = _taken(questionnaire, college)
    batch = MixedAnswers(questionnaire=questionnaire, college_id=college)
    content = {"people": len(taken), "values": _torn(taken)}
    batch.sealed = sealed(content, table=_MIXED, uid=batch.uid)
    batch.save(force_insert=True)
    return len(taken)


def _torn(taken: Iterable[Mapping[str, Value]]) -> dict[str, list[Value]]:
    """Question → the answers to it, each question's in an order of its own: nobody's answers are together any more."""
    torn: dict[str, list[Value]] = defaultdict(list)
    for content in taken:
        for question, value in content.items():
            torn[question].append(value)
    for values in torn.values():
        _SHUFFLER.shuffle(values)
    return torn


def _settle(questionnaire: Questionnaire, colleges: Iterable[int]) -> int:
    """Writes the answers to a closed questionnaire, its batches and what still waits of `colleges`, for the first time and for
    good; returns of how many people."""
    people = 0
    given: dict[int, dict[int, list[Value]]] = defaultdict(lambda: defaultdict(list))
    for college, number, torn in _contents(questionnaire, colleges):
        people += number
        for question, values in torn.items():
            given[int(question)][college] += values
    if people < TOGETHER:
        return 0
    keep = colleges_kept(
        questions_of(questionnaire),
        {
            question: {college: len(values) for college, values in of.items()}
            for question, of in given.items()
        },
    )
    rows = [
        (question, college if college in keep[question] else None, value)
        for question, by_college in given.items()
        for college, values in by_college.items()
        for value in values
    ]
    _SHUFFLER.shuffle(rows)
    for start in range(0, len(rows), BLOCK):
        AnonymousAnswer.objects.bulk_create(
            [
                AnonymousAnswer(
                    questionnaire=questionnaire, question_id=question, college_id=college, value=value
                )
                for question, college, value in rows[start : start + BLOCK]
            ]
        )
    return people


def _contents(
    questionnaire: Questionnaire, colleges: Iterable[int]
) -> Iterator[tuple[int, int, Mapping[str, list[Value]]]]:
    """Takes everything out of where it was sealed: a college, of how many people, and their answers."""
    batches = MixedAnswers.objects.filter(questionnaire=questionnaire)
    for batch in batches.iterator(chunk_size=100):
        content = opened(batch.sealed, table=_MIXED, uid=batch.uid)
        yield batch.college_id, content["people"], content["values"]
    batches.delete()
    for college in colleges:
        taken = _taken(questionnaire, college)
        yield college, len(taken), _torn(taken)


def colleges_kept(
    questions: Iterable[Asked], asked: Mapping[int, Mapping[int, int]]
) -> dict[int, frozenset[int]]:
    """Question → the colleges that the answers to it keep. `asked`: question → college → how many people were asked.

    A college keeps its name on ten answers to a question or on none; the nameless are ten, too, if need be with the smallest
    other college. An answer to a question that hangs on another keeps no college that the other's answers gave up: the
    numbers of the two would tell what it was. Free texts keep none.
    """
    kept: dict[int, frozenset[int]] = {}
    for one in questions:
        sizes = asked.get(one.pk, {})
        named = {college for college, number in sizes.items() if number >= TOGETHER}
        if one.parent is not None:
            named &= kept.get(one.parent, frozenset())
        nameless = sum(number for college, number in sizes.items() if college not in named)
        if named and 0 < nameless < TOGETHER:
            named.discard(min(named, key=lambda college: (sizes[college], college)))
        kept[one.pk] = frozenset() if one.kind == QuestionKind.TEXT else frozenset(named)
    return kept


def close_those_whose_time_has_come() -> int:
    """Closes the questionnaires whose last moment has passed, and those of closed cohorts; returns how many."""
    over = Questionnaire.objects.filter(
        Q(closes_at__lte=timezone.now()) | Q(cohort__state=CohortState.CLOSED),
        state=QuestionnaireState.PUBLISHED,
    )
    for questionnaire in over:
        close_questionnaire(questionnaire=questionnaire, actor=None)
    return len(over)


def delete_late_drafts() -> int:
    """Deletes drafts that were saved in the moment in which their questionnaire closed; returns how many."""
    return QuestionnaireDraft.objects.filter(questionnaire__state=QuestionnaireState.CLOSED).delete()[0]


def with_answers_to_move() -> list[int]:
    """The questionnaires (ids) whose pool is to be looked at."""
    return list(
        Questionnaire.objects.filter(anonymous=True, settled_at=None)
        .exclude(state=QuestionnaireState.DRAFT)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
