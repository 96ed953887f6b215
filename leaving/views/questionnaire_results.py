"""Questionnaires for those who look after them: results, and preview, publishing, closing, copying (C1)."""

import uuid
from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leaving.choices import CohortState, QuestionnaireState
from leaving.forms.questionnaires import AnswersForm, CollegeForm, CopyForm
from leaving.models import Questionnaire
from leaving.selectors.questionnaire_results import (
    questionnaires_with_results_for,
    reach_of,
    results_of,
    sees_results,
)
from leaving.selectors.questionnaires import problems, questions_of, sets_up_questionnaires
from leaving.selectors.statistics import key_of, sights_of
from leaving.services.questionnaires import close_questionnaire, copy_questionnaire, publish_questionnaire
from leaving.views.questionnaires import filled
from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.errors import refusal_told
from portal.workbooks.selectors import exports_for


@access(sees_results | sets_up_questionnaires)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The questionnaires whose results one may see, and all of them for those who set them up."""
    user = user_of(request)
    sets_up = sets_up_questionnaires.allows(user)
    with_results = set(questionnaires_with_results_for(user).values_list("pk", flat=True))
    rows = Questionnaire.objects.select_related("cohort")
    if not sets_up:
        rows = rows.filter(pk__in=with_results)
    context = {
        "rows": [(questionnaire, questionnaire.pk in with_results) for questionnaire in rows],
        "sets_up": sets_up,
    }
    return render(request, "leaving/questionnaire_list.html", context)


@access(sees_results)
@require_GET
def results(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """What was answered: of everything within reach, or of one college."""
    user = user_of(request)
    questionnaire = get_object_or_404(
        questionnaires_with_results_for(user).select_related("cohort", "department"), uid=uid
    )
    reach = reach_of(user, questionnaire)
    if not reach:
        raise Http404
    # Anonymous results are those of whole colleges: who does not see all of them looks at one at a time.
    all_together = reach.whole or not questionnaire.anonymous
    form = CollegeForm(request.GET, colleges=reach.colleges, whole=all_together)
    college = form.chosen()
    if college is None and (not all_together or len(reach.colleges) == 1):
        college = reach.colleges[0]
    wanted = {"questionnaire-figures"} | (set() if questionnaire.anonymous else {"questionnaire-answers"})
    context = {
        "questionnaire": questionnaire,
        "found": results_of(questionnaire, reach=reach, college=college),
        "form": form if len(reach.colleges) > 1 else None,
        "exports": [kind for kind in exports_for(user) if kind.kind in wanted],
        "sets_up": sets_up_questionnaires.allows(user),
        "remind_url": _remind(user, questionnaire),
    }
    return render(request, "leaving/questionnaire_results.html", context)


def _remind(user: User, questionnaire: Questionnaire) -> str:
    """Where those are reminded who have not answered; empty where it is not open, and for an office, which reaches nobody."""
    if questionnaire.state != QuestionnaireState.PUBLISHED or questionnaire.cohort.state != CohortState.OPEN:
        return ""
    sight = next((one for one in sights_of(user) if not one.office), None)
    if sight is None:
        return ""
    said = {"sight": sight.key, "cohort": key_of(questionnaire.cohort), "about": "questionnaire"}
    return f"{reverse('leaving:reminder-new')}?{urlencode(said)}"


@access(sets_up_questionnaires)
@require_GET
def preview(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The questionnaire as graduates will see it, what must still be mended, and what can be done with it."""
    questionnaire = _questionnaire(uid)
    form = AnswersForm(questions=questions_of(questionnaire))
    context = {
        "questionnaire": questionnaire,
        "problems": problems(questionnaire) if questionnaire.state == "draft" else [],
        "copy": CopyForm(initial={"cohort": questionnaire.cohort_id}),
        **filled(form),
    }
    return render(request, "leaving/questionnaire_preview.html", context)


@access(sets_up_questionnaires)
@require_POST
def publish(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Lets the graduates answer."""
    return _carried_out(
        request, uid, publish_questionnaire, _("Published. Sheets open when it has been answered.")
    )


@access(sets_up_questionnaires)
@require_POST
def close(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ends it for good."""
    return _carried_out(request, uid, close_questionnaire, _("Closed. Sheets open without it now."))


@access(sets_up_questionnaires)
@require_POST
def copy(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Makes a draft of it for a cohort."""
    questionnaire = _questionnaire(uid)
    form = CopyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a cohort."))
        return redirect("leaving:questionnaire-preview", uid)
    made = copy_questionnaire(
        questionnaire=questionnaire, cohort=form.cleaned_data["cohort"], actor=user_of(request)
    )
    messages.success(request, _("Copied. This is the new draft; set its dates in the administration."))
    return redirect("leaving:questionnaire-preview", made.uid)


def _carried_out(
    request: HttpRequest, uid: uuid.UUID, verb: Callable[..., None], done: str
) -> HttpResponseRedirect:
    with refusal_told(request):
        verb(questionnaire=_questionnaire(uid), actor=user_of(request))
        messages.success(request, done)
    return redirect("leaving:questionnaire-preview", uid)


def _questionnaire(uid: uuid.UUID) -> Questionnaire:
    return get_object_or_404(Questionnaire.objects.select_related("cohort"), uid=uid)
