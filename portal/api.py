"""What the views of the API share: JSON in, JSON out, clear errors, and no more requests than a system needs.

An API view has neither session nor form token: whoever calls shows a key. Its errors have one form:

    {"error": {"code": "rows_refused", "message": "…", "errors": [{"where": "rows[3].name", "code": "…", "message": "…"}]}}
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

View = TypeVar("View", bound=Callable[..., HttpResponse])
MAX_BYTES = 32 * 1024 * 1024
MAX_TOLD = 100  # single errors that an answer lists
WINDOW_SECONDS = 60


class ApiProblem(Exception):
    """An answer that is an error: HTTP status, stable code, message in the caller's language, and what exactly is wrong."""

    def __init__(
        self,
        status: int,
        code: str,
        message: object,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        total: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`total`: how many errors there are, where `errors` are only the first of them."""
        super().__init__(code)
        self.status, self.code, self.message = status, code, str(message)
        self.errors, self.headers = errors, dict(headers or {})
        self.total = len(errors) if total is None else total

    def told(self) -> dict[str, Any]:
        """What stands under `error`."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.errors:
            body |= {"errors": list(self.errors[:MAX_TOLD]), "errors_total": self.total}
        return body

    def response(self) -> JsonResponse:
        return answer({"error": self.told()}, status=self.status, headers=self.headers)


def answer(
    data: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """JSON as people can read it, too."""
    return JsonResponse(
        data, status=status, headers=dict(headers or {}), json_dumps_params={"ensure_ascii": False}
    )


def api(view: View) -> View:
    """A view of the API: no form token, never cached, and every ApiProblem is its answer."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ApiProblem as problem:
            return problem.response()

    return cast(View, answered)


def json_body(request: HttpRequest) -> dict[str, Any]:
    """The object in the body; numbers with a point as Decimal. Raises ApiProblem (`not_json`, `too_large`)."""
    length = request.headers.get("Content-Length") or ""
    if not length.isdigit() or int(length) == 0:
        raise ApiProblem(411, "length_missing", _("Send a body, and its length."))
    if int(length) > MAX_BYTES:
        most = MAX_BYTES // 1024 // 1024
        raise ApiProblem(413, "too_large", _("The body is larger than %(most)s MB.") % {"most": most})
    try:
        found = json.loads(request.read(), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ApiProblem(400, "not_json", _("The body is not JSON in UTF-8.")) from error
    if not isinstance(found, dict):
        raise ApiProblem(400, "not_an_object", _("The body must be a JSON object."))
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def limit(name: str, *, most: int) -> None:
    """Counts a request under `name`. Raises ApiProblem (429) after so many within a minute."""
    now = int(time.time())
    key = f"api:{name}:{now // WINDOW_SECONDS}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    if cache.incr(key) > most:
        wait = WINDOW_SECONDS - now % WINDOW_SECONDS
        raise ApiProblem(
            429,
            "too_many_requests",
            _("Too many requests. Try again in %(wait)s seconds.") % {"wait": wait},
            headers={"Retry-After": str(wait)},
        )
