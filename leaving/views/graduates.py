"""Graduates: the list, one of them, and how complete the import is (G1, G2, X2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from leaving.choices import CohortState
from leaving.forms.graduates import GraduateFilterForm, RevealForm
from leaving.models import Cohort, Graduate
from leaving.selectors.graduates import (
    completeness,
    for_list,
    found,
    graduates_viewer,
    may_reveal,
    rosters_seen_by,
)
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.roster import deferrals_of, may_defer
from leaving.services.contacts import may_update_contacts
from leaving.services.identity import reveal_identity
from portal.accounts.access import access, signed_in
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.departments.selectors import has_right, holds_anywhere
from portal.errors import Refused
from portal.keyset import counted, keyset_page

importer = has_right(Right.IMPORT_GRADUATES, Right.VIEW_GRADUATES)


@access(graduates_viewer)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The graduates one looks after, searched and filtered. Nine queries, however many there are."""
    assert request.user.is_authenticated
    seen = rosters_seen_by(request.user)
    colleges = Department.objects.filter(
        kind=DepartmentKind.COLLEGE, pk__in=seen.order_by().values("college")
    )
    form = GraduateFilterForm(request.GET or None, colleges=colleges)
    narrowed = found(seen, form.filters()) if form.is_bound else seen
    page = keyset_page(for_list(narrowed), key=["student_no"], parameters=request.GET.dict())
    context = {
        "form": form,
        "page": page,
        "total": counted(narrowed),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "imports": holds_anywhere(request.user, Right.IMPORT_GRADUATES),
        "completeness_too": importer.allows(request.user),
    }
    return render(request, "leaving/graduate_list.html", context)


@access(signed_in)
@never_cache
@require_safe
def detail(request: HttpRequest, uid: str) -> HttpResponse:
    """What is on file of one graduate; the number of the document by its mask."""
    return _detail(request, _visible(request, uid))


@access(signed_in)
@never_cache
@require_http_methods(["POST"])
def reveal(request: HttpRequest, uid: str) -> HttpResponse:
    """The number in plain, once, after right and reason have been checked and recorded (X2)."""
    assert request.user.is_authenticated
    graduate = _visible(request, uid)
    form = RevealForm(request.POST)
    if not may_reveal(request.user, graduate):
        return _detail(request, graduate, status=403)
    number = None
    if form.is_valid():
        try:
            number = reveal_identity(
                graduate=graduate, actor=request.user, reason=form.cleaned_data["reason"]
            )
        except Refused as refused:
            form.add_error("reason", str(refused.message))
    return _detail(request, graduate, form=form, number=number)


def _visible(request: HttpRequest, uid: str) -> Graduate:
    graduates = for_list(graduates_visible_to(request.user)).select_related(
        "cohort", "supervisor", "second_supervisor", "school_class__counsellor"
    )
    return get_object_or_404(graduates, uid=uid)


def _detail(
    request: HttpRequest,
    graduate: Graduate,
    *,
    form: RevealForm | None = None,
    number: str | None = None,
    status: int = 200,
) -> HttpResponse:
    assert request.user.is_authenticated
    context = {
        "graduate": graduate,
        "own": graduate.user_id == request.user.pk,
        "form": form or RevealForm(),
        "number": number,
        "may_reveal": may_reveal(request.user, graduate),
        "may_update": may_update_contacts(request.user, graduate),
        "may_defer": may_defer(request.user, graduate),
        "deferrals": deferrals_of(graduate),
        "list_too": graduates_viewer.allows(request.user),
    }
    return render(request, "leaving/graduate_detail.html", context, status=status)


@access(importer)
@require_safe
def complete(request: HttpRequest) -> HttpResponse:
    """How many graduates each responsible department has imported, by college and level (G2)."""
    assert request.user.is_authenticated
    cohorts = list(Cohort.objects.all()[:10])
    asked = request.GET.get("cohort", "")
    usual = next(
        (each for each in cohorts if each.state == CohortState.OPEN), cohorts[0] if cohorts else None
    )
    cohort = next((each for each in cohorts if str(each.code) == asked), usual)
    lines = completeness(request.user, cohort) if cohort else []
    context = {
        "cohorts": cohorts,
        "cohort": cohort,
        "lines": lines,
        "total": sum(line.total for line in lines),
        "mine": sum(line.total for line in lines if line.mine),
        "imports": holds_anywhere(request.user, Right.IMPORT_GRADUATES),
    }
    return render(request, "leaving/graduate_completeness.html", context)
