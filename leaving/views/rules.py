"""What publishing the rules of a cohort would do, publishing them, and taking them over to another year (decision 13)."""

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leaving.choices import CohortState, SheetState
from leaving.forms.rules import CopyForm
from leaving.models import Checkpoint, ClearanceItem, ClearanceSheet, Cohort, Graduate
from leaving.selectors.applicability import checkpoints_of
from leaving.selectors.cohorts import cohort_coded
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.rule_pages import TITLES, lines_of, totals_of
from leaving.selectors.rules import (
    cohort_at_hand,
    colleges_not_found,
    concerned,
    fingerprint,
    last_publication,
    sets_up_cohorts,
    simulate,
)
from leaving.services.checkpoints import apply_published_checkpoints
from leaving.services.cohorts import refuse_unless_can_be_opened
from leaving.services.publications import request_publication
from leaving.services.rules import copy_checkpoints
from portal.accounts.access import access, user_of
from portal.errors import Refused, refusal_told
from portal.keyset import keyset_page
from portal.workbooks.selectors import progress_of


@access(sets_up_cohorts)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The rules of the cohort one most likely means."""
    cohort = cohort_at_hand()
    if cohort is None:
        return render(request, "leaving/rules_none.html")
    return redirect("leaving:rules-show", cohort.code)


@access(sets_up_cohorts)
@never_cache
@require_GET
def show(request: HttpRequest, code: int) -> HttpResponse:
    """The simulator: every checkpoint with its rules in words, and what publishing would do to whom."""
    cohort = _cohort(code)
    checkpoints = checkpoints_of(cohort.pk)
    closed = cohort.state == CohortState.CLOSED
    simulation = None if closed else simulate(cohort, checkpoints)
    job = last_publication(cohort)
    sheets = ClearanceSheet.objects.filter(cohort=cohort)
    context = {
        "cohort": cohort,
        "cohorts": Cohort.objects.order_by("-year", "month"),
        "opened": cohort.state != CohortState.PREPARED,
        "closed": closed,
        "lines": lines_of(checkpoints, simulation),
        "simulation": simulation,
        "cleared_before": sheets.filter(state=SheetState.CLEARED).count(),
        "has_rules": any(checkpoint.rules.all() for checkpoint in checkpoints),
        "job": job,
        "progress": progress_of(job) if job else None,
    }
    return render(request, "leaving/rules_show.html", context)


@access(sets_up_cohorts)
@never_cache
@require_GET
def progress(request: HttpRequest, code: int) -> HttpResponse:
    """The moving part: how far the latest publication is. When it is over, the page is loaded afresh."""
    cohort = _cohort(code)
    job = last_publication(cohort)
    running = progress_of(job) if job else None
    answer = render(
        request, "leaving/_rules_publication.html", {"cohort": cohort, "job": job, "progress": running}
    )
    if running is None:
        answer["HX-Refresh"] = "true"
    return answer


@access(sets_up_cohorts)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, code: int) -> HttpResponse:
    """Asks once more, with the totals, then has a worker bring the sheets in line with exactly these rules."""
    cohort = _cohort(code)
    if request.method == "POST":
        with refusal_told(request):
            request_publication(cohort=cohort, actor=user_of(request), seen=request.POST.get("seen", ""))
        return redirect("leaving:rules-show", code)
    checkpoints = checkpoints_of(cohort.pk)
    try:
        refuse_unless_can_be_opened(cohort, checkpoints)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("leaving:rules-show", code)
    simulation = simulate(cohort, checkpoints)
    context = {
        "cohort": cohort,
        "opened": cohort.state == CohortState.OPEN,
        "simulation": simulation,
        "totals": totals_of(simulation),
        "seen": fingerprint(checkpoints),
    }
    return render(request, "leaving/rules_publish.html", context)


@access(sets_up_cohorts)
@require_GET
def graduates(request: HttpRequest, code: int) -> HttpResponse:
    """Whom a change concerns, by name: `?what=` a change or a name in `ALSO`, `?checkpoint=` its number."""
    cohort = _cohort(code)
    what, checkpoint = request.GET.get("what", ""), None
    if what not in TITLES or cohort.state == CohortState.CLOSED:
        raise Http404
    if what != "cleared":
        number = request.GET.get("checkpoint", "")
        if not number.isdecimal():
            raise Http404
        checkpoint = get_object_or_404(Checkpoint, cohort=cohort, number=int(number[:6]))
    found = concerned(cohort, what, checkpoint)
    page = keyset_page(
        _with_sheet(found, cohort).select_related("college", "school_class").defer("identity_cipher"),
        key=("college_id", "student_no"),
        parameters=request.GET.dict(),
    )
    ids = [graduate.pk for graduate in page.rows]
    visible = set(graduates_visible_to(request.user).filter(pk__in=ids).values_list("pk", flat=True))
    items = {
        item.sheet.graduate_id: item
        for item in ClearanceItem.objects.filter(
            sheet__cohort=cohort, sheet__graduate__in=ids, checkpoint=checkpoint
        ).select_related("sheet")
    }
    context = {
        "cohort": cohort,
        "checkpoint": checkpoint,
        "title": TITLES[what],
        "page": page,
        "rows": [(one, items.get(one.pk), one.has_sheet and one.pk in visible) for one in page.rows],  # type: ignore[attr-defined]
    }
    return render(request, "leaving/rules_graduates.html", context)


@access(sets_up_cohorts)
@require_POST
def preset(request: HttpRequest, code: int) -> HttpResponse:
    """Gives a cohort without checkpoints the published ones, to start from."""
    cohort = _cohort(code)
    with refusal_told(request):
        made = apply_published_checkpoints(cohort=cohort, actor=user_of(request))
        if made:
            text = _(
                "The published checkpoints are there: %(number)d. Look through them, then open the cohort."
            )
            messages.success(request, text % {"number": made})
        else:
            messages.info(request, _("This cohort has checkpoints already. Nothing has been changed."))
        if made and (unknown := colleges_not_found()):
            text = _(
                "The published rules name colleges that are not set up: %(names)s. Look through the rules that name colleges."
            )
            messages.warning(request, text % {"names": _(", ").join(unknown)})
    return redirect("leaving:rules-show", code)


@access(sets_up_cohorts)
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: HttpRequest, code: int) -> HttpResponse:
    """Takes all checkpoints of a cohort over to another year."""
    source = _cohort(code)
    form = CopyForm(request.POST or None, source=source)
    if request.method == "POST" and form.is_valid():
        try:
            copied = copy_checkpoints(source=source, actor=user_of(request), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            text = ngettext(
                "Copied: %(number)d checkpoint.", "Copied: %(number)d checkpoints.", copied.checkpoints
            )
            messages.success(request, text % {"number": copied.checkpoints})
            return redirect("leaving:rules-show", copied.cohort.code)
    context = {"cohort": source, "form": form, "number": source.checkpoints.count()}
    return render(request, "leaving/rules_copy.html", context)


def _cohort(code: int) -> Cohort:
    """The cohort that the address names: 2026, or 202612 for its batch of December."""
    cohort = cohort_coded(code)
    if cohort is None:
        raise Http404
    return cohort


def _with_sheet(found: QuerySet[Graduate], cohort: Cohort) -> QuerySet[Graduate]:
    sheets = ClearanceSheet.objects.filter(graduate=OuterRef("pk"), cohort=cohort)
    return found.annotate(has_sheet=Exists(sheets))
