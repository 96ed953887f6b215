"""Rules of checkpoints in the administration (C3, C5; decision 13): edited here, in force on the sheets when published."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from leaving.choices import CohortState
from leaving.forms.rules import RuleForm, RuleFormSet
from leaving.models import Checkpoint, CheckpointRule, Cohort, RulesPublication
from leaving.selectors.rule_words import owner_in_words, rule_in_words
from portal.audit.services import record
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import DepartmentKind, Right
from portal.departments.models import Department


class RuleInline(admin.StackedInline[CheckpointRule, Checkpoint]):
    model = CheckpointRule
    form = RuleForm
    formset = RuleFormSet  # type: ignore[assignment]  # its forms are RuleForms, too
    extra = 0
    filter_horizontal = ["colleges", "campuses"]
    readonly_fields = ["in_words"]
    classes = ["rules"]
    fieldsets = [
        (None, {"fields": ["in_words", ("order", "outcome"), ("reason_zh", "reason_en")]}),
        (
            _("Whom it fits (an empty list fits all)"),
            {
                "classes": ["collapse"],
                "fields": [
                    ("levels", "study_modes"),
                    ("certificates", "housing"),
                    "college_match",
                    "colleges",
                    "campuses",
                    ("political_match", "political_statuses"),
                ],
            },
        ),
    ]

    @admin.display(description=_("in words"))
    def in_words(self, rule: CheckpointRule) -> str:
        return rule_in_words(rule) if rule.pk else str(_("shown once it is saved"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckpointRule]:
        return super().get_queryset(request).prefetch_related("colleges", "campuses")

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


class EditedThenPublished(ScopedAdmin[Checkpoint]):
    """What editing checkpoints means: it is recorded, changes no sheet, and says how the sheets follow."""

    actions = ["copy_to_another_year"]

    def get_readonly_fields(self, request: HttpRequest, obj: Checkpoint | None = None) -> Any:
        """A checkpoint stays in its cohort: items and prerequisites belong there."""
        return [*super().get_readonly_fields(request, obj), *(["cohort"] if obj else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Checkpoint | None = None) -> Any:
        """Prerequisites are chosen once the cohort is known."""
        sets = super().get_fieldsets(request, obj)
        if obj is not None:
            return sets
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name != "requires"]})
            for title, options in sets
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "department":
            kwargs["queryset"] = Department.objects.exclude(kind__in=DepartmentKind.college_nodes())
        if db_field.name == "cohort":
            kwargs["queryset"] = Cohort.objects.exclude(state=CohortState.CLOSED)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What can come before a checkpoint: the others of its cohort."""
        match = request.resolver_match
        pk = match.kwargs.get("object_id", "") if match else ""
        if db_field.name == "requires" and pk.isdecimal():
            kwargs["queryset"] = Checkpoint.objects.filter(cohort__checkpoints=int(pk)).exclude(pk=pk)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        """One that stands on no sheet can go. Else take its rules away and publish: then it stands on none but the decided."""
        return self.has_change_permission(request, obj) and (obj is None or not obj.items.exists())

    @admin.display(description=_("decided by"), ordering="owner_kind")
    def owner(self, checkpoint: Checkpoint) -> str:
        return owner_in_words(checkpoint)

    @admin.action(description=_("Copy all checkpoints of the cohort to another year"), permissions=["change"])
    def copy_to_another_year(self, request: HttpRequest, checkpoints: QuerySet[Checkpoint]) -> Any:
        cohorts = Cohort.objects.filter(pk__in=checkpoints.values("cohort"))[:2]
        if len(cohorts) == 1:
            return redirect("leaving:rules-copy", cohorts[0].code)
        self.message_user(request, _("Choose checkpoints of one cohort only."), messages.WARNING)
        return None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        text = _("No sheet has changed: sheets follow when the rules are published.")
        url = reverse("leaving:rules-show", args=[form.instance.cohort.code])
        link = format_html('{} <a href="{}">{}</a>', text, url, _("See what publishing would do"))
        self.message_user(request, link, messages.INFO)

    def log_addition(self, request: HttpRequest, obj: Checkpoint, message: Any) -> Any:
        self._recorded("checkpoints.added", request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Checkpoint, message: Any) -> Any:
        self._recorded("checkpoints.edited", request, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for checkpoint in queryset:
            self._recorded("checkpoints.deleted", request, checkpoint, [])
        return super().log_deletions(request, queryset)

    def _recorded(self, verb: str, request: HttpRequest, checkpoint: Checkpoint, message: Any) -> None:
        assert request.user.is_authenticated
        details = {"cohort": checkpoint.cohort.code, "number": checkpoint.number, "changes": message}
        record(verb, actor=request.user, target=checkpoint, details=details)


@admin.register(RulesPublication)
class RulesPublicationAdmin(ScopedAdmin[RulesPublication]):
    """Who published which rules when; written by the service only."""

    see = (Right.OPEN_COHORT,)
    list_display = [
        "created_at",
        "cohort",
        "actor",
        "state",
        "sheets",
        "added",
        "changed",
        "removed",
        "cleared",
    ]
    list_filter = ["cohort", "state"]
    list_select_related = ["cohort", "actor"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RulesPublication | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RulesPublication | None = None) -> bool:
        return False
