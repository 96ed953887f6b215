"""Who misses what, by name (C2, C10)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from leaving.choices import ItemState
from leaving.models import ClearanceItem, ClearanceSheet
from leaving.selectors.reach import graduates_visible_to
from leaving.selectors.sheets import reason_of
from leaving.selectors.statistics import Selection
from portal.accounts.models import User
from portal.localized import localized


def names_of(sheets: QuerySet[ClearanceSheet]) -> QuerySet[ClearanceSheet]:
    """Sheets with what a list of names shows. Sheets are made in the order of the class lists, so their id is the order."""
    return sheets.select_related(
        "graduate__college", "graduate__major", "graduate__school_class__counsellor", "graduate__user"
    ).defer("graduate__identity_cipher")


def missing_of(sheets: Sequence[int], selection: Selection) -> dict[int, list[ClearanceItem]]:
    """Sheet → its open items that the selection's sight shows, in order. One query."""
    return open_items(sheets, ClearanceItem.objects.filter(selection.items()))


def open_items(sheets: Sequence[int], items: QuerySet[ClearanceItem]) -> dict[int, list[ClearanceItem]]:
    """Sheet → its open items among `items`, in order, with all that telling about them takes. One query."""
    found: dict[int, list[ClearanceItem]] = defaultdict(list)
    rows = items.filter(sheet__in=sheets, state__in=ItemState.open())
    related = ("checkpoint", "owner__parent", "supervisor", "rule")
    for item in rows.select_related(*related).order_by("sheet", "checkpoint__order", "checkpoint"):
        found[item.sheet_id].append(item)
    return found


def opened_by(user: User, sheets: Iterable[ClearanceSheet]) -> set[int]:
    """The graduates of these sheets whose own page `user` may open."""
    ids = [sheet.graduate_id for sheet in sheets]
    return set(graduates_visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def told(item: ClearanceItem) -> str:
    """An item in one line: checkpoint, state, reason."""
    parts = (localized(item.checkpoint, "name"), str(item.get_state_display()), reason_of(item))
    return " · ".join(part for part in parts if part)
