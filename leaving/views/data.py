"""The department's data: how fresh they are, what is held, what came after clearing, and the keys of its systems (C7, C9)."""

import uuid

from django.contrib import messages
from django.db.models import Count, F, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leaving.choices import DeliveryState
from leaving.forms.api_keys import KeyForm
from leaving.forms.deliveries import told_fault
from leaving.models import ApiKey, Delivery, Obligation
from leaving.selectors.feeds import departments_with_data, feeds_of, freshness_of
from leaving.selectors.obligations import debts_after_clearing, debts_for_list, deliveries_of
from leaving.selectors.reach import graduates_visible_to
from leaving.services.api_keys import issue_key, revoke_key
from leaving.services.deliveries import confirm_delivery, faults_of, refuse_delivery
from leaving.services.held import what_it_would_do
from leaving.views.api import told_state
from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import departments_where, has_right
from portal.errors import Refused
from portal.keyset import counted, keyset_page

decides_somewhere = has_right(Right.DECIDE)
TONES = {
    DeliveryState.RECEIVED: "info",
    DeliveryState.APPLIED: "success",
    DeliveryState.HELD: "warning",
    DeliveryState.REFUSED: "neutral",
    DeliveryState.SUPERSEDED: "neutral",
    DeliveryState.FAULTY: "error",
    DeliveryState.FAILED: "error",
}
FAULTS_SHOWN = 20
SAID = {DeliveryState.APPLIED: messages.success, DeliveryState.RECEIVED: messages.info}


@access(decides_somewhere)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """How the data of one's departments stand."""
    user = user_of(request)
    departments = departments_with_data(user)
    feeds = freshness_of(feeds_of(departments))
    still_open = {
        (checkpoint, department): (obligations, graduates, amount)
        for checkpoint, department, obligations, graduates, amount in Obligation.objects.filter(
            settled_at=None,
            checkpoint__in={each.feed.checkpoint.pk for each in feeds},
            graduate__cohort=F("checkpoint__cohort"),
        )
        .order_by()
        .values_list("checkpoint", "department")
        .annotate(obligations=Count("pk"), graduates=Count("graduate", distinct=True), amount=Sum("amount"))
    }
    rows = [
        (each, still_open.get((each.feed.checkpoint.pk, each.feed.department.pk), (0, 0, None)))
        for each in feeds
    ]
    page = keyset_page(deliveries_of(user), key=("-pk",), parameters=request.GET.dict(), size=20)
    context = {
        "rows": rows,
        "page": page,
        "deliveries": [(delivery, TONES[DeliveryState(delivery.state)]) for delivery in page.rows],
        "debts": counted(debts_after_clearing(user)),
        "several_departments": len({each.feed.department.pk for each in feeds}) > 1,
    }
    return render(request, "leaving/data_overview.html", context)


@access(decides_somewhere)
@require_GET
def delivery(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One delivery; of a held one, what it would change; of a faulty one, what is wrong. Asks again while it waits."""
    found = _delivery(request, uid)
    held = found.state == DeliveryState.HELD
    context = {
        "delivery": found,
        "tone": TONES[DeliveryState(found.state)],
        "told": told_state(found),
        "comparison": what_it_would_do(found) if held else None,
        "faults": [(fault, told_fault(fault)) for fault in faults_of(found)[:FAULTS_SHOWN]],
    }
    return render(request, "leaving/data_delivery.html", context)


@access(decides_somewhere)
@require_POST
def confirm(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Says that a held list is right after all."""
    found = _delivery(request, uid)
    try:
        done = confirm_delivery(delivery=found, actor=user_of(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        SAID.get(DeliveryState(done.state), messages.warning)(request, told_state(done))
    return redirect("leaving:data-delivery", uid)


@access(decides_somewhere)
@require_POST
def refuse(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Says that a held list is wrong: it is put away."""
    found = _delivery(request, uid)
    try:
        messages.success(request, told_state(refuse_delivery(delivery=found, actor=user_of(request))))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("leaving:data-delivery", uid)


@access(decides_somewhere)
@require_GET
def debts(request: HttpRequest) -> HttpResponse:
    """What is open with one's departments though the graduate was cleared before (C9)."""
    user = user_of(request)
    found = debts_after_clearing(user)
    page = keyset_page(debts_for_list(found), key=("pk",), parameters=request.GET.dict())
    graduates = [debt.graduate_id for debt in page.rows]
    visible = set(graduates_visible_to(user).filter(pk__in=graduates).values_list("pk", flat=True))
    return render(
        request, "leaving/data_debts.html", {"page": page, "total": counted(found), "visible": visible}
    )


@access(decides_somewhere)
@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of one's departments' systems; a new one is shown here, this once."""
    user = user_of(request)
    departments = _with_feeds(user)
    form = KeyForm(request.POST or None, departments=departments)
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            secret = issue_key(actor=user, **form.cleaned_data)[1]
            form = KeyForm(departments=departments)
        except Refused as refused:
            messages.error(request, str(refused))
    found = ApiKey.objects.filter(department__in=departments_where(user, Right.DECIDE))
    context = {
        "form": form if departments else None,
        "secret": secret,
        "keys": found.select_related("department__parent", "created_by", "revoked_by")[:100],
        "address": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "leaving/data_keys.html", context)


@access(decides_somewhere)
@require_POST
def revoke(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Ends a key."""
    user = user_of(request)
    mine = ApiKey.objects.filter(department__in=departments_where(user, Right.DECIDE))
    key = get_object_or_404(mine.select_related("department"), uid=uid)
    revoke_key(key=key, actor=user)
    messages.success(request, _("The key %(key)s is revoked.") % {"key": key})
    return redirect("leaving:data-keys")


def _delivery(request: HttpRequest, uid: uuid.UUID) -> Delivery:
    return get_object_or_404(deliveries_of(user_of(request)), uid=uid)


def _with_feeds(user: User) -> list[Department]:
    feeds = feeds_of(departments_with_data(user))
    return list({feed.department.pk: feed.department for feed in feeds}.values())
