"""What the reminder says to graduates who have not answered: which questionnaires, and until when (C1, C10)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.models import ClearanceSheet, Cohort, Questionnaire, QuestionnaireSubmission
from leaving.reminder_texts import written
from leaving.selectors.questionnaires import open_in
from leaving.selectors.reminders import BLOCK, common, in_both_languages
from portal.notify.kinds import Texts
from portal.notify.services.messages import Letter


def letters_to_unanswered(
    texts: Texts, sheets: QuerySet[ClearanceSheet], cohort: Cohort
) -> Iterator[tuple[list[Letter], int]]:
    """Blocks of letters, each with the number of graduates without an account. `sheets` are those that are shut.

    Two queries a block. Who answers while the letters go out gets none any more.
    """
    questionnaires = open_in(cohort)
    last = 0
    rows = sheets.select_related("graduate__user", "cohort").defer("graduate__identity_cipher").order_by("pk")
    while block := list(rows.filter(pk__gt=last)[:BLOCK]):
        last = block[-1].pk
        reachable = [sheet for sheet in block if sheet.graduate.user and sheet.graduate.user.is_active]
        answered = _answered(reachable, questionnaires)
        due = {
            sheet: [
                one
                for one in questionnaires
                if _asks(one, sheet) and one.pk not in answered[sheet.graduate_id]
            ]
            for sheet in reachable
        }
        pairs = [(sheet, asked) for sheet, asked in due.items() if asked]
        values = in_both_languages(pairs, _of_graduate)
        letters = [
            Letter(sheet.graduate.user_id or 0, written(texts, chinese, english), sheet.graduate.email)
            for (sheet, _due), chinese, english in zip(pairs, *values, strict=True)
        ]
        yield letters, len(block) - len(reachable)


def _answered(sheets: list[ClearanceSheet], questionnaires: list[Questionnaire]) -> dict[int, set[int]]:
    """Graduate → the questionnaires that this graduate has answered."""
    found: dict[int, set[int]] = defaultdict(set)
    submissions = QuestionnaireSubmission.objects.filter(
        questionnaire__in=questionnaires, graduate__in=[sheet.graduate_id for sheet in sheets]
    )
    for graduate, questionnaire in submissions.values_list("graduate", "questionnaire"):
        found[graduate].add(questionnaire)
    return found


def _asks(questionnaire: Questionnaire, sheet: ClearanceSheet) -> bool:
    return not questionnaire.levels or sheet.level in questionnaire.levels


def _of_graduate(pair: tuple[ClearanceSheet, list[Questionnaire]]) -> Mapping[str, object]:
    sheet, due = pair
    ends = [timezone.localtime(one.closes_at) for one in due if one.closes_at]
    values = common(sheet.graduate.name, sheet.cohort, len(due), [_line(one) for one in due])
    return {**values, "deadline": f"{min(ends):%Y-%m-%d %H:%M}"} if ends else values


def _line(questionnaire: Questionnaire) -> str:
    if questionnaire.anonymous:
        return _("%(questionnaire)s – anonymous") % {"questionnaire": questionnaire}
    return str(questionnaire)
