"""The life of a questionnaire: built in the administration, published, closed; and copied to another cohort (C1)."""

from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.choices import QuestionnaireState
from leaving.models import (
    Choice,
    Cohort,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireSection,
)
from leaving.selectors.questionnaires import problems
from leaving.services.checkpoints import refuse_unless_may_set_up
from portal.accounts.models import User
from portal.audit.services import record
from portal.doors import one_transaction
from portal.errors import Refused

TEXTS = ("text_zh", "text_en", "help_zh", "help_en", "low_zh", "low_en", "high_zh", "high_en")


def lock_questionnaire(pk: int) -> Questionnaire:
    """The questionnaire, held until the transaction ends. Its answers are locked by it."""
    return (
        Questionnaire.objects.select_for_update(no_key=True, of=("self",)).select_related("cohort").get(pk=pk)
    )


@one_transaction
def publish_questionnaire(*, questionnaire: Questionnaire, actor: User | None) -> None:
    """Lets the graduates answer; from now on only texts can change. `actor` needs the right to set up cohorts.

    Raises Refused (`not_draft`, `not_ready` with all that is to be mended). Audited as `questionnaire.published`.
    """
    refuse_unless_may_set_up(actor)
    held = lock_questionnaire(questionnaire.pk)
    if held.state != QuestionnaireState.DRAFT:
        raise Refused("not_draft", _("It has been published already."))
    if found := problems(held):
        raise Refused("not_ready", " ".join(found))
    Questionnaire.objects.filter(pk=held.pk).update(state=QuestionnaireState.PUBLISHED)
    record("questionnaire.published", actor=actor, target=held, details={"anonymous": held.anonymous})


@one_transaction
def close_questionnaire(*, questionnaire: Questionnaire, actor: User | None) -> None:
    """Ends it for good: nobody answers any more, drafts are deleted, sheets open without it (C1).

    The results of an anonymous one appear when its last answers have been mixed (`services.answers.move_answers`, by a task
    within minutes). Raises Refused (`not_published`). Audited as `questionnaire.closed`.
    """
    refuse_unless_may_set_up(actor)
    held = lock_questionnaire(questionnaire.pk)
    if held.state != QuestionnaireState.PUBLISHED:
        raise Refused("not_published", _("It is not open."))
    QuestionnaireDraft.objects.filter(questionnaire=held).delete()
    settled_at = None if held.anonymous else timezone.now()
    Questionnaire.objects.filter(pk=held.pk).update(state=QuestionnaireState.CLOSED, settled_at=settled_at)
    record(
        "questionnaire.closed",
        actor=actor,
        target=held,
        details={"answered": held.submissions.count()},
    )


@one_transaction
def copy_questionnaire(*, questionnaire: Questionnaire, cohort: Cohort, actor: User | None) -> Questionnaire:
    """A draft for `cohort` with the same sections, questions, choices and conditions, without its dates and answers.

    Audited as `questionnaire.copied`. Raises Refused when the actor may not set up cohorts.
    """
    refuse_unless_may_set_up(actor)
    copied = Questionnaire.objects.create(
        cohort=cohort,
        levels=questionnaire.levels,
        department=questionnaire.department,
        anonymous=questionnaire.anonymous,
        title_zh=questionnaire.title_zh,
        title_en=questionnaire.title_en,
        intro_zh=questionnaire.intro_zh,
        intro_en=questionnaire.intro_en,
    )
    sections = {
        section.pk: QuestionnaireSection.objects.create(
            questionnaire=copied,
            order=section.order,
            title_zh=section.title_zh,
            title_en=section.title_en,
            intro_zh=section.intro_zh,
            intro_en=section.intro_en,
        )
        for section in questionnaire.sections.all()
    }
    questions: dict[int, Question] = {}
    choices: dict[int, Choice] = {}
    for row in Question.objects.filter(questionnaire=questionnaire).prefetch_related(
        "choices", "shown_if_choices"
    ):
        made = Question.objects.create(
            questionnaire=copied,
            section=sections[row.section_id],
            order=row.order,
            kind=row.kind,
            required=row.required,
            scale_max=row.scale_max,
            shown_if=questions.get(row.shown_if_id or 0),
            **{name: getattr(row, name) for name in TEXTS},
        )
        questions[row.pk] = made
        for choice in row.choices.all():
            choices[choice.pk] = Choice.objects.create(
                question=made, order=choice.order, text_zh=choice.text_zh, text_en=choice.text_en
            )
        made.shown_if_choices.set(choices[one.pk] for one in row.shown_if_choices.all() if one.pk in choices)
    record("questionnaire.copied", actor=actor, target=copied, details={"from": str(questionnaire.uid)})
    return copied
