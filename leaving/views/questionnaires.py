"""The graduate's questionnaire: answered section by section, handed in as one (C1)."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from leaving.forms.questionnaires import AnswersForm, name_of
from leaving.models import Graduate, Questionnaire, QuestionnaireSubmission
from leaving.selectors.questionnaires import (
    Asked,
    Checked,
    asked_as,
    draft_of,
    due_from,
    parts_of,
    questions_of,
    takes_answers,
)
from leaving.selectors.sheets import has_graduate_record, other_records, own_graduate
from leaving.services.answers import save_draft, submit_answers
from portal.accounts.access import access, user_of
from portal.errors import Refused
from portal.localized import localized


@access(has_graduate_record)
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """To the questionnaire that is due by any record of the person, else to the sheet."""
    graduate = _graduate(request)
    due = due_from(graduate, *other_records(graduate))
    return redirect("leaving:questionnaire-fill", due.uid) if due else redirect("leaving:sheet-own")


@access(has_graduate_record)
@never_cache
@require_GET
def fill(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The questions, with what was filled in before."""
    graduate, questionnaire = _mine(request, uid)
    submission = QuestionnaireSubmission.objects.filter(
        questionnaire=questionnaire, graduate=graduate
    ).first()
    is_open = Questionnaire.objects.filter(takes_answers(), pk=questionnaire.pk).exists()
    if submission or not is_open:
        context = {"questionnaire": questionnaire, "submission": submission, "closed": not is_open}
        return render(request, "leaving/questionnaire_over.html", context)
    draft = draft_of(questionnaire, graduate)
    form = AnswersForm(questions=questions_of(questionnaire), draft=draft)
    return _page(request, questionnaire, form)


@access(has_graduate_record)
@require_POST
def save(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Keeps the draft: by itself while one fills in, or by the button."""
    graduate, questionnaire = _mine(request, uid)
    form = AnswersForm(request.POST, questions=questions_of(questionnaire))
    try:
        save_draft(
            questionnaire=questionnaire, graduate=graduate, answers=form.answers, actor=user_of(request)
        )
    except Refused as refused:
        if request.headers.get("HX-Request"):
            return render(request, "leaving/_questionnaire_status.html", {"refused": refused})
        messages.error(request, str(refused))
        return redirect("leaving:questionnaire-fill", uid)
    if request.headers.get("HX-Request"):
        context = {"saved_at": timezone.localtime(), "not_kept": form.not_kept, **_progress(form.checked)}
        return render(request, "leaving/_questionnaire_status.html", context)
    for asked, problem in form.not_kept:
        said = {"number": asked.number, "problem": problem}
        messages.error(request, _("Question %(number)d was not kept: %(problem)s") % said)
    messages.success(request, _("Saved. You can go on whenever you like, on this device or another."))
    return redirect("leaving:questionnaire-fill", uid)


@access(has_graduate_record)
@require_POST
def submit(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Hands it in, and on to the sheet."""
    graduate, questionnaire = _mine(request, uid)
    form = AnswersForm(request.POST, questions=questions_of(questionnaire))
    if not form.is_valid():
        return _page(request, questionnaire, form)
    try:
        submit_answers(
            questionnaire=questionnaire, graduate=graduate, answers=form.answers, actor=user_of(request)
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("leaving:questionnaire-fill", uid)
    messages.success(request, _("Thank you! Your answers have been handed in."))
    if graduate != own_graduate(request.user):  # on to the older sheet that waited for it
        return redirect("leaving:sheet-detail", graduate.uid)
    return redirect("leaving:questionnaire-own")


def _page(request: HttpRequest, questionnaire: Questionnaire, form: AnswersForm) -> HttpResponse:
    context = {"questionnaire": questionnaire, **filled(form)}
    return render(request, "leaving/questionnaire_fill.html", context)


def filled(form: AnswersForm) -> dict[str, object]:
    """What the template needs of the form: its parts with their fields and conditions, and how far one is."""
    by_id = {asked.pk: asked for asked in form.questions}

    def line(asked: Asked) -> dict[str, object]:
        parent = by_id.get(asked.parent or 0)
        chosen = [choice for choice in parent.choices if choice.pk in asked.condition] if parent else []
        return {
            "asked": asked,
            "field": form[name_of(asked)],
            "shown": asked.pk in form.checked.values,
            "parent": parent,
            "choices": chosen,
            "if": _(" or ").join(f"“{localized(choice, 'text')}”" for choice in chosen),
        }

    parts = [(part.section, [line(asked) for asked in part.questions]) for part in parts_of(form.questions)]
    return {"form": form, "parts": parts, **_progress(form.checked)}


def _progress(found: Checked) -> dict[str, int]:
    return {"answered": found.answered, "asked": len(found.values)}


def _mine(request: HttpRequest, uid: uuid.UUID) -> tuple[Graduate, Questionnaire]:
    found = asked_as(request.user, uid)
    if found is None:
        raise Http404
    questionnaire, graduate = found
    return graduate, questionnaire


def _graduate(request: HttpRequest) -> Graduate:
    graduate = own_graduate(request.user)
    if graduate is None:
        raise Http404
    return graduate
