"""How the pages answer: what was done or refused, and files."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from liaisons.selectors.reach import reach_of, steps_of
from portal.errors import refusal_told


def carried_out(request: HttpRequest, act: Callable[[], object], said: str | Promise) -> bool:
    """Carries out a verb and tells the person that it was done, or why not."""
    with refusal_told(request):
        act()
        messages.success(request, str(said))
        return True
    return False


def show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page, with the tabs of those who choose and look after liaisons."""
    assert request.user.is_authenticated
    reach = reach_of(request.user)
    steps = steps_of(request.user, reach)
    tabs = {"steps": steps, "centre": reach.centre, "manages": reach.anywhere, "staff": bool(steps)}
    return render(request, template, {**context, "liaison_tabs": tabs})


def numbers(values: list[str]) -> list[int]:
    """The primary keys among the posted values; whatever else was posted is left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


def pdf(content: bytes, name: str, *, download: bool = False) -> HttpResponse:
    """A PDF to read in the browser, or to keep."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'{"attachment" if download else "inline"}; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
