"""Components of the pages (docs/components.md). Larger ones are templates in `templates/components/`."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.forms import BoundField, CheckboxInput
from django.forms.forms import BaseForm
from django.template import Library
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.localized import localized as localized_field
from portal.start import StartCard, StartList, cards, lists

register = Library()

Text = str | Promise


@dataclass(frozen=True)
class State:
    """How a state looks: never by colour alone."""

    icon: str
    tone: str
    label: Text = ""


STATES: dict[str, State] = {
    "passed": State("check", "success", _("Passed")),
    "failed": State("cross", "error", _("Not passed")),
    "waiting": State("clock", "warning", _("Waiting")),
    "pending": State("dots", "info", _("No data received yet")),
    "exempt": State("skip", "neutral", _("Exempt")),
    "waived": State("stamp", "success", _("Waived")),
    "not_needed": State("minus", "neutral", _("Not needed")),
    "cleared": State("award", "success", _("Cleared")),
    "open": State("clock", "info", _("Open")),
    "draft": State("pencil", "neutral", _("Draft")),
    "running": State("refresh", "info", _("Running")),
    "applied": State("check", "success", _("Applied")),
    "refused": State("cross", "error", _("Refused")),
    "cancelled": State("minus", "neutral", _("Cancelled")),
    "info": State("info", "info"),
    "success": State("check", "success"),
    "warning": State("warning", "warning"),
    "error": State("error", "error"),
    "debug": State("info", "neutral"),
    "neutral": State("minus", "neutral"),
}


def _look(state: str) -> State:
    return STATES.get(state, STATES["neutral"])


register.filter("localized", localized_field)


@register.filter
def grouped(number: int | Decimal) -> str:
    """A number with its thousands apart, an amount with two places: 10,002 and 126,003.50, alike in both languages."""
    return f"{number:,.2f}" if isinstance(number, Decimal) else f"{number:,}"


@register.filter
def span(duration: datetime.timedelta | None) -> str:
    """How long, in the unit that a person would say: 40 minutes, 7 hours, 3.5 days."""
    if duration is None:
        return "–"
    minutes = max(int(duration.total_seconds()) // 60, 0)
    if minutes < 60:
        return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
    if minutes < 48 * 60:
        return ngettext("%(number)d hour", "%(number)d hours", minutes // 60) % {"number": minutes // 60}
    return gettext("%(number)s days") % {"number": f"{minutes / 1440:.1f}"}


# --- small ones ------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, label: Text = "") -> SafeString:
    """An icon from the sprite; with a label it speaks for itself, without one it is decoration."""
    url = static("img/icons.svg")
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, url, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', url, name)


@register.simple_tag
def badge(state: str, label: Text = "") -> SafeString:
    """A state as icon and word."""
    look = _look(state)
    return format_html(
        '<span class="badge tone-{}">{}{}</span>', look.tone, icon(look.icon), label or look.label or state
    )


@register.simple_tag
def crumb(label: Text, url: str = "") -> SafeString:
    """One breadcrumb; the page itself has no address."""
    if url:
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html('<li aria-current="page">{}</li>', label)


@register.simple_tag(takes_context=True)
def chip(context: RequestContext, label: Text, name: str, value: object = "") -> SafeString:
    """An active filter; its link takes just this one out of the query string."""
    query = context.request.GET.copy()
    left = [one for one in query.getlist(name) if value != "" and one != str(value)]
    query.setlist(name, left)
    for key in ("after", "before"):
        query.pop(key, None)
    return format_html(
        '<a class="chip" href="?{}">{}{}<span class="visually-hidden">{}</span></a>',
        query.urlencode(),
        label,
        icon("cross"),
        _("(take this filter away)"),
    )


@register.simple_tag(takes_context=True)
def start_cards(context: RequestContext) -> list[StartCard]:
    """What this person can do now."""
    return cards(context.request)


@register.simple_tag(takes_context=True)
def start_lists(context: RequestContext) -> list[StartList]:
    """What is new for this person."""
    return lists(context.request)


# --- made of templates -----------------------------------------------------------------------------------
@register.inclusion_tag("components/progress.html")
def progress(value: int, total: int | None = 100, label: Text = "", text: Text = "") -> dict[str, Any]:
    """A bar and its text; without a total it runs without end."""
    return {"value": value, "total": total, "label": label, "text": text}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, wide: bool = False) -> dict[str, Any]:
    """Label, control, help and errors of one form field."""
    return {"field": bound, "wide": wide, "check": isinstance(bound.field.widget, CheckboxInput)}


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong with a form, with a link to each field."""
    wrong = [bound for bound in form if bound.errors]
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    return {"form": form, "wrong": [bound for bound in wrong if not bound.is_hidden], "hidden": hidden}


@register.inclusion_tag("components/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """A whole form but for its buttons."""
    return {"form": form}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: RequestContext, page: Any) -> dict[str, Any]:
    """Previous and next by keyset: `page.after` and `page.before` are keys, or None at the ends."""
    return {"page": page, "request": context.request, "query": context.request.GET}


@register.inclusion_tag("components/copyable.html")
def copyable(text: str) -> dict[str, Any]:
    """A code or link with a button that copies it."""
    return {"text": text}


@register.inclusion_tag("components/bars.html")
def bars(items: Iterable[Any], label: Text, unit: Text = "") -> dict[str, Any]:
    """A bar chart as a table: each item has `label`, `count` (None: withheld) and `share` (in per cent)."""
    return {"items": list(items), "label": label, "unit": unit}


# --- around content --------------------------------------------------------------------------------------
def _around(template: str, content: str, **values: Any) -> SafeString:
    # The content was rendered, and escaped, by the page's own template.
    content = mark_safe(content.strip())  # noqa: S308
    return render_to_string(f"components/{template}.html", {"content": content, **values})


@register.simple_block_tag
def page_header(content: str, title: Text, lead: Text = "", eyebrow: Text = "") -> SafeString:
    """The page's heading; the content is its buttons."""
    return _around("page_header", content, title=title, lead=lead, eyebrow=eyebrow)


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: Text = "") -> SafeString:
    """A message in the page: info, success, warning or error."""
    return _around("alert", content, look=_look(kind), title=title)


@register.simple_block_tag
def card(content: str, title: Text = "", lead: Text = "", id: str = "") -> SafeString:
    """A section in a box."""
    return _around("card", content, title=title, lead=lead, id=id)


@register.simple_block_tag
def empty_state(content: str, title: Text, icon: str = "inbox") -> SafeString:
    """In place of a list without rows: why, and what to do."""
    return _around("empty_state", content, title=title, icon=icon)


@register.simple_block_tag
def checkpoint(
    content: str,
    checkpoint: object,
    title: Text,
    state: str,
    number: int | None = None,
    owner: Text = "",
    when: object = None,
    label: Text = "",
) -> SafeString:
    """One item of the clearance sheet: `checkpoint` is its published number, `number` the one here."""
    return _around(
        "checkpoint",
        content,
        checkpoint=checkpoint,
        title=title,
        state=state,
        number=number,
        owner=owner,
        when=when,
        label=label,
        look=_look(state),
    )


@register.simple_block_tag
def bulk_bar(content: str, total: object = None) -> SafeString:
    """The bar that decides about the ticked rows; `total` offers “all N matching”."""
    return _around("bulk_bar", content, total=total)
