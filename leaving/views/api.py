"""The API: departments' systems deliver obligations and ask what became of them (C7). Keys instead of people."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from leaving.api_document import document
from leaving.choices import DeliveryState
from leaving.forms.deliveries import read_delivery, told_faults
from leaving.models import ApiKey, Delivery
from leaving.selectors.feeds import feed_for, feeds_of, freshness_of
from leaving.services.api_keys import key_with
from leaving.services.deliveries import deliver, faults_of
from leaving.services.obligations import FIGURES, RowsRefused
from portal.accounts.access import Rule, access, public
from portal.api import ApiProblem, answer, api, json_body, limit
from portal.errors import Refused

by_key = Rule("a department's API key", lambda user: True, anonymous=True)  # `_key` asks for it
REQUESTS_A_MINUTE = 120
FAILURES_A_MINUTE = 30
SHOWN = 20
LATER_SECONDS = 5  # when it is worth while to ask what became of a delivery that waits
# What became of a delivery, in HTTP: nothing has changed (yet) where it is not 200.
STATUS = {
    DeliveryState.RECEIVED: 202,
    DeliveryState.HELD: 202,
    DeliveryState.SUPERSEDED: 409,
    DeliveryState.REFUSED: 409,
    DeliveryState.FAULTY: 422,
}
PROBLEMS = {"not_allowed": 403, "uid_reused": 409, "no_feed": 404}


@access(public)
@api
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What there is."""
    here = request.build_absolute_uri
    return answer(
        {
            "name": "Leaving portal",
            "version": "1",
            "openapi": here(reverse("leaving:api-document")),
            "obligations": here(reverse("leaving:api-obligations")),
        }
    )


@access(public)
@api
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The API described for programs (OpenAPI 3.1)."""
    return answer(document(request.build_absolute_uri("/").rstrip("/")))


@access(by_key)
@api
@require_GET
def obligations(request: HttpRequest) -> HttpResponse:
    """The department's checkpoints that are decided by data, how fresh these are, and the latest deliveries."""
    key = _key(request)
    feeds = freshness_of(feeds_of([key.department]))
    latest = Delivery.objects.filter(department=key.department).defer("content", "faults")
    latest = latest.select_related("checkpoint__cohort", "department__parent")[:SHOWN]
    show = _shower(request)
    return answer(
        {
            "department": {"code": key.department.code, "name": str(key.department)},
            "feeds": [
                {
                    "cohort": each.feed.checkpoint.cohort.code,
                    "checkpoint": each.feed.checkpoint.number,
                    "name": str(each.feed.checkpoint),
                    "data_of": _time(each.latest and each.latest.taken_at),
                    "stale": each.stale,
                    "held": each.held and str(each.held.uid),
                    "received": each.waiting and str(each.waiting.uid),
                }
                for each in feeds
            ],
            "deliveries": [show(delivery) for delivery in latest],
        }
    )


@access(by_key)
@api
@require_http_methods(["GET", "PUT"])
def delivery(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Hands a delivery in under its number, or says what became of it. The same again changes nothing."""
    key = _key(request)
    show = _shower(request)
    if request.method == "PUT":
        done = _hand_in(request, key, uid)
    else:
        known = Delivery.objects.filter(uid=uid, department=key.department)
        found = known.select_related("checkpoint__cohort", "department__parent").first()
        if found is None:
            raise ApiProblem(404, "delivery_unknown", _("There is no such delivery."))
        done = found
    said = show(done)
    if done.state == DeliveryState.FAULTY:
        said["error"] = told_faults(faults_of(done), total=done.faults_total).told()
    status = STATUS.get(DeliveryState(done.state), 200) if request.method == "PUT" else 200
    waits = {"Location": said["url"], "Retry-After": str(LATER_SECONDS)}
    return answer(said, status=status, headers=waits if done.state == DeliveryState.RECEIVED else None)


def _hand_in(request: HttpRequest, key: ApiKey, uid: uuid.UUID) -> Delivery:
    given = read_delivery(json_body(request))
    try:
        feed = feed_for(key.department, number=given.checkpoint, year=given.cohort)
        return deliver(
            feed=feed,
            kind=given.kind,
            taken_at=given.taken_at,
            rows=given.rows,
            uid=uid,
            key=key,
            hurried=True,
        )
    except RowsRefused as refused:
        raise told_faults(refused.faults) from refused
    except Refused as refused:
        raise ApiProblem(PROBLEMS.get(refused.code, 422), refused.code, refused.message) from refused


def _key(request: HttpRequest) -> ApiKey:
    """The key of the request. Raises ApiProblem (401, 429)."""
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    key = key_with(secret.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        limit(f"stranger:{request.META.get('REMOTE_ADDR', '')}", most=FAILURES_A_MINUTE)
        raise ApiProblem(
            401,
            "key_missing",
            _("Send a valid key: “Authorization: Bearer …”. Departments issue keys under Clearance → Data."),
            headers={"WWW-Authenticate": 'Bearer realm="leaving portal"'},
        )
    limit(f"key:{key.pk}", most=REQUESTS_A_MINUTE)
    return key


def _shower(request: HttpRequest) -> Callable[[Delivery], dict[str, Any]]:
    """Makes a delivery's JSON."""

    def show(done: Delivery) -> dict[str, Any]:
        return {
            "uid": str(done.uid),
            "url": request.build_absolute_uri(reverse("leaving:api-delivery", args=[done.uid])),
            "state": done.state,
            "message": told_state(done),
            "kind": done.kind,
            "cohort": done.checkpoint.cohort.code,
            "checkpoint": done.checkpoint.number,
            "department": done.department.code,
            "taken_at": _time(done.taken_at),
            "received_at": _time(done.received_at),
            "applied_at": _time(done.applied_at),
            "figures": {name: getattr(done, name) for name in FIGURES},
        }

    return show


def told_state(done: Delivery) -> str:
    """What became of a delivery, in a sentence or two."""
    if done.state == DeliveryState.REFUSED and done.problem:
        return {
            "no_feed": _("Refused: data do not decide this checkpoint any more. Nothing was changed."),
            "cohort_closed": _("Refused: the cohort has been closed. Nothing was changed."),
        }.get(done.problem, _("Refused: its key has been revoked. Nothing was changed."))
    return {
        DeliveryState.RECEIVED: _("Received. It is applied in a moment; nothing has changed yet."),
        DeliveryState.APPLIED: _("Applied."),
        DeliveryState.HELD: _(
            "Held: suspiciously few rows. Nothing changes until the department confirms it."
        ),
        DeliveryState.REFUSED: _("Refused by the department; nothing was changed."),
        DeliveryState.SUPERSEDED: _("A newer complete list has been applied already; nothing was changed."),
        DeliveryState.FAULTY: _("Nothing was applied: some rows cannot be right."),
        DeliveryState.FAILED: _("It could not be applied; nothing was changed. Send the same again."),
    }[DeliveryState(done.state)]


def _time(moment: Any) -> str | None:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else None
