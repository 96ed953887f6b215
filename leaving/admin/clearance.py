"""Checkpoints and their rules, edited without code (C3 to C5); sheets, items and certificates, to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leaving.choices import Level, StudyMode
from leaving.models import (
    Certificate,
    CertificateCounter,
    Checkpoint,
    CheckpointRule,
    ClearanceCount,
    ClearanceItem,
    ClearanceSheet,
    Decision,
    DecisionBatch,
    SupervisorChange,
)
from leaving.selectors.applicability import check_no_cycle, checkpoints_of, prerequisites
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department
from portal.errors import Refused


class CheckpointForm(forms.ModelForm[Checkpoint]):
    """Refuses checkpoints that would wait for each other."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cohort, requires = cleaned.get("cohort"), set(cleaned.get("requires") or ())
        if cohort is None:
            return cleaned
        if any(one.cohort_id != cohort.pk for one in requires):
            self.add_error("requires", _("A checkpoint can only wait for one of its own cohort."))
            return cleaned
        others = [one for one in checkpoints_of(cohort.pk) if one.pk != self.instance.pk]
        needs = prerequisites(others)
        here = self.instance.pk or 0
        needs[here] = {one.pk for one in requires} | {one.pk for one in others if one.is_gate}
        for one in others:
            if self.instance.pk and self.instance in one.requires.all():
                needs[one.pk].add(here)
            if cleaned.get("is_gate"):
                needs[one.pk].add(here)
        try:
            check_no_cycle(needs)
        except Refused as refused:
            raise ValidationError(str(refused)) from refused
        return cleaned


class RuleForm(forms.ModelForm[CheckpointRule]):
    levels = forms.MultipleChoiceField(
        label=_("levels"), choices=Level.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    study_modes = forms.MultipleChoiceField(
        label=_("study modes"), choices=StudyMode.choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class RuleInline(admin.StackedInline[CheckpointRule, Checkpoint]):
    model = CheckpointRule
    form = RuleForm
    extra = 0
    filter_horizontal = ["colleges", "campuses"]
    fieldsets = [
        (None, {"fields": [("order", "outcome"), ("reason_zh", "reason_en")]}),
        (
            _("Fits"),
            {
                "fields": [
                    ("levels", "study_modes"),
                    ("certificates", "housing"),
                    "college_match",
                    "colleges",
                    "campuses",
                    ("political_match", "political_statuses"),
                ]
            },
        ),
    ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "colleges":
            kwargs["queryset"] = Department.objects.filter(kind=DepartmentKind.COLLEGE)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # Who may edit the checkpoint may edit its rules.
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_change_permission = has_add_permission
    has_view_permission = has_add_permission
    has_delete_permission = has_add_permission


@admin.register(Checkpoint)
class CheckpointAdmin(ScopedAdmin[Checkpoint]):
    """Open the cohort again after a change: that brings the sheets in line."""

    see = (Right.OPEN_COHORT,)
    edit = (Right.OPEN_COHORT,)
    form = CheckpointForm
    inlines = [RuleInline]
    list_display = ["number", "name_zh", "name_en", "cohort", "owner_kind", "department", "is_gate"]
    list_display_links = ["number", "name_zh"]
    list_filter = ["cohort", "owner_kind"]
    list_select_related = ["cohort", "department__parent"]
    search_fields = ["name_zh", "name_en", "key"]
    filter_horizontal = ["requires"]
    fieldsets = [
        (None, {"fields": [("cohort", "number", "order"), "key", ("name_zh", "name_en")]}),
        (
            _("Who decides, and when"),
            {"fields": ["owner_kind", ("department", "node_kind"), "is_gate", "requires"]},
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

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "department":
            kwargs["queryset"] = Department.objects.exclude(kind__in=DepartmentKind.college_nodes())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


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


class DecisionInline(ReadOnly, admin.TabularInline[Decision, DecisionBatch]):
    model = Decision
    extra = 0
    max_num = 0
    fields = ["item", "before", "after", "reason", "on_behalf_of"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(DecisionBatch)
class DecisionBatchAdmin(ReadOnly, ScopedAdmin[DecisionBatch]):
    """Every decision with what it changed; for those who may see all graduates."""

    see = (Right.VIEW_GRADUATES,)
    inlines = [DecisionInline]
    list_display = ["at", "verb", "how", "actor", "delegation", "undoes"]
    list_filter = ["verb", "how", "at"]
    list_select_related = ["actor", "undoes"]
    search_fields = ["actor__username", "actor__name"]


@admin.register(SupervisorChange)
class SupervisorChangeAdmin(ReadOnly, ScopedAdmin[SupervisorChange]):
    scope = "graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["at", "graduate", "before", "after", "actor", "reason"]
    list_select_related = ["graduate", "before", "after", "actor"]
    search_fields = ["graduate__student_no", "graduate__name", "before__name", "after__name"]
