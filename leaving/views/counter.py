"""The counter: one field for student numbers, the open items of whoever stands there, one key to pass them, next (C6)."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from leaving.choices import ItemState, Verb
from leaving.forms.counter import CounterForm, typed_number
from leaving.models import ClearanceItem, Graduate
from leaving.selectors.clearance import decides, items_of_departments, items_of_students, snapshot
from leaving.selectors.decisions import last_of
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.reasons import ReasonBook
from leaving.selectors.sheets import Line, sheet_of
from leaving.services.changes import possible
from leaving.services.clearance import decide
from leaving.services.reasons import keep_reason
from leaving.views.outcomes import tell
from portal.accounts.access import access, user_of
from portal.accounts.models import User
from portal.errors import Refused

HANDLED = 10
DECIDABLE = (ItemState.PENDING, ItemState.FAILED)


@dataclass(frozen=True, slots=True)
class Place:
    """One item of the person at the counter, with the reasons its department offers."""

    line: Line
    reasons: list[str]

    @property
    def pk(self) -> int:
        return self.line.item.pk

    @property
    def decidable(self) -> bool:
        return self.line.state in DECIDABLE

    @property
    def verbs(self) -> list[Verb]:
        return possible(self.line.item)


@access(decides)
@never_cache
@require_safe
def counter(request: HttpRequest) -> HttpResponse:
    """The field and, once a number was given, who that is and what stands in the way."""
    user = user_of(request)
    number = typed_number(request.GET.get("q", ""))
    graduate = _graduate(user, number) if number else None
    seen = snapshot()
    view = sheet_of(graduate, named=True) if graduate else None
    places = _places(user, [*view.needed, *view.exempt]) if view else []
    context = {
        "number": number,
        "graduate": graduate,
        "view": view,
        "places": places,
        "open": [place for place in places if place.decidable],
        "seen": seen,
        "visible": graduate and graduates_visible_to(user).filter(pk=graduate.pk).exists(),
        "handled": last_of(user, HANDLED),
        "verbs": Verb,
    }
    return render(request, "leaving/clearance_counter.html", context)


@access(decides)
@require_POST
def decide_at_counter(request: HttpRequest) -> HttpResponse:
    """A number: shows that person. Nothing but Enter: passes what is open of the person shown. A button: decides one item."""
    user, form = user_of(request), CounterForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The page is too old. Type the number again."))
        return redirect("leaving:clearance-counter")
    given = form.cleaned_data
    number = typed_number(given["q"])
    if number or not given["item"]:
        return redirect(_url(number or given["shown"]))
    verb = Verb(given["verb"] or Verb.PASS)
    try:
        outcome = decide(
            items=given["item"],
            verb=verb,
            actor=user,
            reason=ReasonBook(user).reason(given["reason"]),
            seen=given["seen"],
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(_url(given["shown"]))
    if not outcome.decided and {skipped.code for skipped in outcome.skipped} == {"not_yours"}:
        raise PermissionDenied
    tell(request, verb, outcome)
    if given["keep_reason"] and outcome.decided and verb in (Verb.FAIL, Verb.WAIVE):
        keep_reason(text=given["reason"], verb=verb, items=outcome.decided, actor=user)
    shown = _graduate(user, given["shown"]) if given["shown"] else None
    undecided = shown and _mine(user).filter(sheet__graduate=shown, state=ItemState.PENDING).exists()
    return redirect(_url(given["shown"] if undecided or outcome.skipped else ""))


def _mine(user: User) -> QuerySet[ClearanceItem]:
    return items_of_departments(user) | items_of_students(user)


def _graduate(user: User, number: str) -> Graduate | None:
    """Whoever has this number and an item that is `user`'s to decide; nobody else's existence is told."""
    item = _mine(user).filter(sheet__graduate__student_no=number).select_related("sheet__graduate").first()
    return item.sheet.graduate if item else None


def _places(user: User, lines: list[Line]) -> list[Place]:
    """The items that are `user`'s to decide, what is open first."""
    mine = set(_mine(user).filter(pk__in=[line.item.pk for line in lines]).values_list("pk", flat=True))
    book = ReasonBook(user)
    places = [
        Place(line, book.offered(checkpoint_key=line.item.checkpoint.key))
        for line in lines
        if line.item.pk in mine
    ]
    return sorted(places, key=lambda place: not place.line.is_open)


def _url(number: str) -> str:
    query = QueryDict(mutable=True)
    if number:
        query["q"] = number
    return f"{reverse('leaving:clearance-counter')}{'?' if number else ''}{query.urlencode()}"
