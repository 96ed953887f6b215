"""What was handed in, to look at: that it is there and when, not what it says (C8)."""

from django.contrib import admin

from leaving.admin.clearance import ReadOnly
from leaving.models import Evidence, ItemForm, LookAgain
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right

SEARCH = ["item__sheet__graduate__student_no", "item__sheet__graduate__name"]
RELATED = ["item__sheet__graduate", "item__sheet__cohort", "item__checkpoint"]


@admin.register(Evidence)
class EvidenceAdmin(ReadOnly, ScopedAdmin[Evidence]):
    scope = "item__sheet__graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["added_at", "item", "name", "kind", "size", "added_by", "withdrawn_at", "expired_at"]
    list_select_related = [*RELATED, "added_by"]
    search_fields = SEARCH


@admin.register(ItemForm)
class ItemFormAdmin(ReadOnly, ScopedAdmin[ItemForm]):
    """Without the entries: those are for the graduate and for who decides the item."""

    scope = "item__sheet__graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["item", "kind", "version", "saved_at", "handed_in_at"]
    list_filter = ["kind"]
    list_select_related = RELATED
    search_fields = SEARCH
    exclude = ["data"]


@admin.register(LookAgain)
class LookAgainAdmin(ReadOnly, ScopedAdmin[LookAgain]):
    scope = "item__sheet__graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["at", "item", "text", "by"]
    list_select_related = [*RELATED, "by"]
    search_fields = SEARCH
