"""A nomination, its printed form, the lists of those who give opinions, and the classes with their quota."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leaving.models import SchoolClass
from leaving.selectors.roster import waits_deferred
from leaving.titles import class_title
from liaisons.access import reviews
from liaisons.choices import NominationState, Step
from liaisons.documents import recommendation_form
from liaisons.forms import STEP_SIGNERS, OpinionForm
from liaisons.models import Nomination
from liaisons.selectors.reach import (
    may_give_opinion,
    may_recommend,
    nomination_for,
    reach_of,
    steps_of,
    waiting_for,
)
from liaisons.selectors.rounds import (
    classes_of,
    latest_round,
    majors_of,
    own_graduate,
    rounds,
    with_major_quota,
    with_quota,
)
from liaisons.services.nominations import recommend
from liaisons.services.opinions import give_opinion, take_back_opinion
from liaisons.views.answers import carried_out, numbers, pdf, show
from portal.accounts.access import access, signed_in, user_of
from portal.keyset import keyset_page


@access(signed_in)
@require_safe
def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The recommendation form with the opinions given so far, and what this person can do about it."""
    user = user_of(request)
    nomination = nomination_for(user, uid)
    context: dict[str, Any] = {
        "nomination": nomination,
        "opinions": _opinions(nomination),
        "own": own_graduate(user, nomination.graduate.uid) is not None,
        "step": next((step for step in Step if step.state == nomination.state), None),
    }
    context["may_withdraw"] = context["own"] and nomination.state not in (
        NominationState.APPOINTED,
        *NominationState.closed(),
    )
    step = context["step"]
    if step and may_give_opinion(user, step).filter(pk=nomination.pk).exists():
        context["form"] = OpinionForm(initial={"signer": user.name})
    last = nomination.opinions.order_by("pk").last()
    reached = last and (Step(last.step).following if last.favourable else NominationState.DECLINED)
    if last and nomination.state == reached:
        context["may_take_back"] = may_give_opinion(user, Step(last.step)).filter(pk=nomination.pk).exists()
    return show(request, "liaisons/nomination_detail.html", context)


@access(signed_in)
@require_safe
def form_pdf(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The recommendation form to print and sign."""
    nomination = nomination_for(user_of(request), uid)
    return pdf(recommendation_form(nomination), f"recommendation-{nomination.uid}")


@access(signed_in)
@require_POST
def opinion(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Gives the opinion that this nomination waits for."""
    user = user_of(request)
    nomination = nomination_for(user, uid)
    step = next((step for step in Step if step.state == nomination.state), None)
    if step is not None and not may_give_opinion(user, step).filter(pk=nomination.pk).exists():
        raise PermissionDenied
    form = OpinionForm(request.POST)
    if step is None or not form.is_valid():
        return redirect("liaisons:nomination-detail", uid=nomination.uid)
    carried_out(
        request,
        lambda: give_opinion(nominations=[nomination.pk], step=step, actor=user, **form.cleaned_data),
        _("Your opinion is recorded."),
    )
    return redirect("liaisons:nomination-detail", uid=nomination.uid)


@access(signed_in)
@require_POST
def take_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Takes the last opinion back while nothing rests on it."""
    user = user_of(request)
    nomination = nomination_for(user, uid)
    last = nomination.opinions.order_by("pk").last()
    if last is None:
        return redirect("liaisons:nomination-detail", uid=nomination.uid)
    step = Step(last.step)
    if not may_give_opinion(user, step).filter(pk=nomination.pk).exists():
        raise PermissionDenied
    carried_out(
        request,
        lambda: take_back_opinion(nominations=[nomination.pk], step=step, actor=user),
        _("The opinion is taken back."),
    )
    return redirect("liaisons:nomination-detail", uid=nomination.uid)


@access(reviews)
def review(request: HttpRequest, step: str) -> HttpResponse:
    """What waits for this person's opinion; the ticked ones get it together."""
    user = user_of(request)
    mine = steps_of(user)
    if step not in mine:
        raise Http404
    here = Step(step)
    waiting = waiting_for(user, here).select_related("college", "recommended_by", "round")
    form = OpinionForm(initial={"signer": user.name})
    if request.method == "POST":
        form = OpinionForm(request.POST)
        if form.is_valid():
            chosen = (
                list(waiting.values_list("pk", flat=True))
                if request.POST.get("all_matching")
                else numbers(request.POST.getlist("item"))
            )
            carried_out(
                request,
                lambda: give_opinion(nominations=chosen, step=here, actor=user, **form.cleaned_data),
                ngettext("%(n)d opinion is recorded.", "%(n)d opinions are recorded.", len(chosen))
                % {"n": len(chosen)},
            )
            return redirect("liaisons:review", step=step)
    context = {
        "step": here,
        "signer": STEP_SIGNERS[here],
        "tabs": [(each, waiting_for(user, each).count()) for each in mine],
        "page": keyset_page(waiting, key=["id"], parameters=request.GET),
        "form": form,
    }
    context["total"] = dict(context["tabs"])[here]  # type: ignore[call-overload]
    return show(request, "liaisons/review.html", context)


@access(reviews)
@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """The classes of a cohort with their nominees and their quota."""
    user = user_of(request)
    reach = reach_of(user)
    round_ = latest_round(request.GET.get("cohort"))
    context: dict[str, Any] = {"round": round_, "rounds": rounds(), "quotas": [], "page": None}
    if round_:
        found = classes_of(user, reach, round_, without_nominee=bool(request.GET.get("open")))
        context["page"] = keyset_page(found, key=["id"], parameters=request.GET)
        context["quotas"] = with_quota(context["page"].rows, round_)
    return show(request, "liaisons/classes.html", context)


@access(reviews)
@require_safe
def majors(request: HttpRequest) -> HttpResponse:
    """The majors of a cohort's postgraduates, who are chosen by major, with their nominees and their quota."""
    user = user_of(request)
    round_ = latest_round(request.GET.get("cohort"))
    context: dict[str, Any] = {"round": round_, "rounds": rounds(), "quotas": [], "page": None}
    if round_:
        found = majors_of(user, reach_of(user), round_, without_nominee=bool(request.GET.get("open")))
        context["page"] = keyset_page(found, key=["college_id", "id"], parameters=request.GET)
        context["quotas"] = with_major_quota(context["page"].rows, round_)
    return show(request, "liaisons/majors.html", context)


@access(reviews)
def class_members(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The graduates of a class, to put some of them forward."""
    user = user_of(request)
    school_class = get_object_or_404(SchoolClass.objects.select_related("major", "college"), uid=uid)
    members = may_recommend(user).filter(school_class=school_class).exclude(waits_deferred())
    members = members.order_by("sort_key", "student_no")
    if not members.exists():
        raise Http404
    if request.method == "POST":
        chosen = numbers(request.POST.getlist("item"))
        carried_out(
            request,
            lambda: recommend(
                graduates=members.filter(pk__in=chosen).values_list("pk", flat=True), actor=user
            ),
            _("Recommended. Each of them is asked to fill in the form."),
        )
        return redirect("liaisons:class-members", uid=uid)
    nominations = {
        each.graduate_id: each for each in Nomination.objects.filter(graduate__in=members).order_by("pk")
    }
    context = {
        "school_class": school_class,
        "title": class_title(school_class),
        "members": [(graduate, nominations.get(graduate.pk)) for graduate in members],
        "closed": NominationState.closed(),
    }
    return show(request, "liaisons/class_members.html", context)


def _opinions(nomination: Nomination) -> list[dict[str, Any]]:
    given = {opinion.step: opinion for opinion in nomination.opinions.all()}
    return [{"step": step, "signer": STEP_SIGNERS[step], "opinion": given.get(step)} for step in Step]
