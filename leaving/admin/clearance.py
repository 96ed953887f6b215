"""Checkpoints and their rules, edited without code (C3 to C5); sheets, items and certificates, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from leaving.admin.rules import EditedThenPublished, RuleInline
from leaving.forms.rules import CheckpointForm
from leaving.models import (
    Certificate,
    CertificateCounter,
    Checkpoint,
    ClearanceCount,
    ClearanceItem,
    ClearanceSheet,
    Decision,
    DecisionBatch,
    SupervisorChange,
)
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right


@admin.register(Checkpoint)
class CheckpointAdmin(EditedThenPublished):
    """All there is to a checkpoint. Its rules are in force on the sheets when they are published."""

    see = (Right.OPEN_COHORT,)
    edit = (Right.OPEN_COHORT,)
    form = CheckpointForm
    inlines = [RuleInline]
    list_display = ["number", "name_zh", "name_en", "order", "cohort", "owner", "is_gate"]
    list_display_links = ["number", "name_zh"]
    list_editable = ["order"]
    list_filter = ["cohort", "owner_kind"]
    list_select_related = ["cohort", "department__parent"]
    search_fields = ["name_zh", "name_en", "key"]
    filter_horizontal = ["requires"]
    fieldsets = [
        (None, {"fields": [("cohort", "number", "order"), "key", ("name_zh", "name_en")]}),
        (
            _("Who decides, and when"),
            {
                "description": _(
                    "Who decides, what comes before and whom the rules below fit is in force on the sheets once the rules are "
                    "published. Names, texts and the order are shown at once."
                ),
                "fields": ["owner_kind", ("department", "node_kind"), "is_gate", "requires"],
            },
        ),
        (
            _("What the graduate hands in"),
            {"fields": ["asks_for", "takes_evidence", ("evidence_zh", "evidence_en")]},
        ),
        (
            _("Data of the department"),
            {"fields": ["decided_by_data", ("may_shrink_by", "data_stale_after")]},
        ),
        (
            _("What the graduate reads"),
            {
                "fields": [
                    ("instructions_zh", "instructions_en"),
                    ("contact_zh", "contact_en"),
                    ("place_zh", "place_en"),
                    ("hours_zh", "hours_en"),
                ]
            },
        ),
    ]


class ReadOnly:
    """For what only the services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ItemInline(ReadOnly, admin.TabularInline[ClearanceItem, ClearanceSheet]):
    model = ClearanceItem
    extra = 0
    fields = [
        "checkpoint",
        "state",
        "reason",
        "owner",
        "supervisor",
        "decided_by",
        "decided_for",
        "decided_at",
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # who may see the sheet

    def get_queryset(self, request: HttpRequest) -> Any:
        related = ("checkpoint", "owner__parent", "supervisor", "decided_by", "decided_for")
        return super().get_queryset(request).select_related(*related).order_by("checkpoint__order")


@admin.register(ClearanceSheet)
class SheetAdmin(ReadOnly, ScopedAdmin[ClearanceSheet]):
    scope = "graduate__college"
    see = (Right.VIEW_GRADUATES,)
    inlines = [ItemInline]
    list_display = ["graduate", "cohort", "state", "opened_at", "cleared_at"]
    list_filter = ["cohort", "state"]
    list_select_related = ["graduate", "cohort"]
    search_fields = ["graduate__student_no", "graduate__name"]


@admin.register(ClearanceCount)
class CountAdmin(ReadOnly, ScopedAdmin[ClearanceCount]):
    """The totals as they were folded last; `manage.py clearance_counters` compares them with a recount."""

    see = (Right.OPEN_COHORT,)
    list_display = ["cohort", "checkpoint", "college", "level", "state", "n"]
    list_filter = ["cohort", "level", "state"]
    list_select_related = ["cohort", "checkpoint", "college"]


@admin.register(Certificate)
class CertificateAdmin(ReadOnly, ScopedAdmin[Certificate]):
    scope = "sheet__graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["number", "sheet", "issued_at", "revoked_at"]
    list_filter = ["sheet__cohort"]
    list_select_related = ["sheet__graduate", "sheet__cohort"]
    search_fields = ["number", "sheet__graduate__student_no", "sheet__graduate__name"]
    exclude = ["code"]


@admin.register(CertificateCounter)
class CertificateCounterAdmin(ReadOnly, ScopedAdmin[CertificateCounter]):
    see = (Right.OPEN_COHORT,)
    list_display = ["cohort", "last"]


@admin.register(Decision)
class DecisionAdmin(ReadOnly, ScopedAdmin[Decision]):
    """What each decision changed, item by item; reached from the decision, which may have thousands of them."""

    see = (Right.VIEW_GRADUATES,)
    list_display = ["student", "checkpoint", "before", "after", "reason", "on_behalf_of", "batch"]
    list_select_related = ["item__sheet__graduate", "item__checkpoint", "on_behalf_of", "batch"]
    list_display_links = None
    show_facets = admin.ShowFacets.NEVER

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # without a decision it would be a list of everything that ever happened

    @admin.display(description=_("graduate"))
    def student(self, decision: Decision) -> str:
        return str(decision.item.sheet.graduate)

    @admin.display(description=_("checkpoint"))
    def checkpoint(self, decision: Decision) -> str:
        return str(decision.item.checkpoint)


@admin.register(DecisionBatch)
class DecisionBatchAdmin(ReadOnly, ScopedAdmin[DecisionBatch]):
    """Every decision with a way to what it changed; for those who may see all graduates."""

    see = (Right.VIEW_GRADUATES,)
    readonly_fields = ["items"]
    list_display = ["at", "verb", "how", "actor", "delegation", "undoes"]
    list_filter = ["verb", "how", "at"]
    list_select_related = ["actor", "undoes"]
    search_fields = ["actor__username", "actor__name"]

    @admin.display(description=_("items"))
    def items(self, batch: DecisionBatch) -> str:
        found = Decision.objects.filter(batch=batch).aggregate(number=Count("pk"))
        url = reverse("admin:leaving_decision_changelist", query={"batch__id__exact": batch.pk})
        return format_html('<a href="{}">{}</a>', url, found["number"])


@admin.register(SupervisorChange)
class SupervisorChangeAdmin(ReadOnly, ScopedAdmin[SupervisorChange]):
    scope = "graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["at", "graduate", "before", "after", "actor", "reason"]
    list_select_related = ["graduate", "before", "after", "actor"]
    search_fields = ["graduate__student_no", "graduate__name", "before__name", "after__name"]
