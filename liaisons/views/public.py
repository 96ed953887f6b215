"""What everybody may read: the published list, and the check of a letter's code (L3)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from liaisons.documents import class_in_english
from liaisons.forms import Filters, LetterCodeForm
from liaisons.selectors.public import letter_with_code, public_entries, published
from portal.accounts.access import access, public
from portal.keyset import keyset_page


@access(public)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The liaisons who let themselves be named, each with what the person consented to."""
    if "code" in request.GET:
        typed = LetterCodeForm(request.GET)
        code = typed.cleaned_data["code"] if typed.is_valid() else ""
        return redirect("liaisons:public-letter", code=code or "-")
    filters = Filters(request.GET)
    chosen = filters.cleaned_data if filters.is_valid() else {}
    found = published(q=chosen.get("q", ""), year=chosen.get("cohort"), college=chosen.get("college", ""))
    page = keyset_page(found, key=["-id"], parameters=request.GET)
    context = {"page": page, "entries": public_entries(page.rows), "filters": filters, "chosen": chosen}
    return render(request, "liaisons/public_list.html", context)


@access(public)
@require_safe
def letter(request: HttpRequest, code: str) -> HttpResponse:
    """Says whether a letter with this code was issued: number, name, class, term. Nothing else is told, and no list given."""
    appointment = letter_with_code(code.lower())
    context = {"appointment": appointment, "class_en": class_in_english(appointment) if appointment else ""}
    response = render(request, "liaisons/public_letter.html", context, status=200 if appointment else 404)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
