"""Cohorts, classes, graduates and responsibilities in the administration (P6, G1, G2), scoped by grants."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources
from import_export.admin import ExportMixin

from leaving.choices import Level, StudyMode
from leaving.models import Cohort, CollegeProfile, Graduate, ImportResponsibility, Major, SchoolClass
from leaving.selectors.reach import reached_by
from portal.accounts.models import User
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import holds_anywhere


class CohortForm(forms.ModelForm[Cohort]):
    class Meta:
        model = Cohort
        fields = ["year", "month", "name_zh", "name_en", "closes_on"]
        help_texts = {
            "state": _("Opened, closed and opened again on the page “Checkpoint rules”."),
            "closes_on": _("Reminders name it; what was handed in is kept for some time after it."),
        }


@admin.register(Cohort)
class CohortAdmin(ScopedAdmin[Cohort]):
    """Opened and closed by verbs of their own, not here: the state is shown only."""

    see = (Right.VIEW_GRADUATES,)
    edit = (Right.OPEN_COHORT,)
    list_display = ["year", "month", "name_zh", "name_en", "state", "opened_at", "closes_on"]
    form = CohortForm
    fields = ["year", "month", "state", "opened_at", "name_zh", "name_en", "closes_on"]
    readonly_fields = ["state", "opened_at"]
    search_fields = ["year", "name_zh", "name_en"]


@admin.register(CollegeProfile)
class CollegeProfileAdmin(ScopedAdmin[CollegeProfile]):
    scope = "college"
    see = (Right.VIEW_GRADUATES,)
    edit = (Right.IMPORT_GRADUATES,)
    list_display = ["college", "campus"]
    list_select_related = ["college", "campus"]


@admin.register(Major)
class MajorAdmin(ScopedAdmin[Major]):
    scope = "college"
    see = (Right.VIEW_GRADUATES,)
    edit = (Right.IMPORT_GRADUATES,)
    list_display = ["name_zh", "name_en", "code", "college"]
    list_filter = [("college", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["college"]
    search_fields = ["name_zh", "name_en", "code"]


@admin.register(SchoolClass)
class SchoolClassAdmin(ScopedAdmin[SchoolClass]):
    scope = "college"
    see = (Right.VIEW_GRADUATES,)
    edit = (Right.IMPORT_GRADUATES,)
    list_display = ["name", "grade", "major", "college", "counsellor", "class_teacher"]
    list_filter = [("college", admin.RelatedOnlyFieldListFilter), "grade"]
    list_select_related = ["college", "major", "counsellor", "class_teacher"]
    search_fields = ["name", "major__name_zh", "counsellor__name"]
    autocomplete_fields = ["major"]
    raw_id_fields = ["counsellor", "class_teacher"]


class GraduateResource(resources.ModelResource):  # type: ignore[misc]
    """For exports of the administration: chosen columns, the document by its mask."""

    college = fields.Field("college__name_zh", _("college"))
    major = fields.Field("major__name_zh", _("major"))
    school_class = fields.Field("school_class__name", _("class"))
    campus = fields.Field("campus__name_zh", _("campus"))
    supervisor = fields.Field("supervisor__name", _("supervisor"))

    class Meta:
        model = Graduate
        fields = (
            "student_no", "name", "name_pinyin", "sex", "birth_date", "document_type", "identity_mask", "college",
            "major", "school_class", "grade", "campus", "level", "study_mode", "certificates", "dispatch", "training",
            "supervisor", "housing", "mobile", "wechat", "qq", "email", "address", "employer", "post", "origin",
        )  # fmt: skip
        export_order = fields


@admin.register(Graduate)
class GraduateAdmin(ExportMixin, ScopedAdmin[Graduate]):  # type: ignore[misc]
    """To look at and to export; rows are written by the import, which checks them, and by verbs of their own."""

    see = (Right.VIEW_GRADUATES,)
    resource_classes = [GraduateResource]
    list_display = ["student_no", "name", "college", "school_class", "level", "study_mode", "identity_mask"]
    list_filter = ["cohort", "level", "study_mode", ("college", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["college", "school_class"]
    search_fields = ["student_no", "name"]
    ordering = ["student_no"]
    readonly_fields = ["uid", "identity_mask", "batch", "created_at", "updated_at"]

    def reach(self, user: User, *rights: Right) -> Q:
        return reached_by(user, *rights)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Graduate]:
        return super().get_queryset(request).defer("identity_cipher")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Graduate | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Graduate | None = None) -> bool:
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        return holds_anywhere(request.user, Right.EXPORT)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Graduate]:
        """Only what the right to export reaches; to see is not to take away."""
        assert request.user.is_authenticated
        rows: QuerySet[Graduate] = super().get_export_queryset(request)
        return rows.filter(reached_by(request.user, Right.EXPORT))


class ResponsibilityForm(forms.ModelForm[ImportResponsibility]):
    levels = forms.MultipleChoiceField(
        label=_("levels"), choices=Level.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    study_modes = forms.MultipleChoiceField(
        label=_("study modes"), choices=StudyMode.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ImportResponsibility
        fields = ["order", "levels", "study_modes", "certificates", "dispatch", "overseas", "department"]


@admin.register(ImportResponsibility)
class ImportResponsibilityAdmin(ScopedAdmin[ImportResponsibility]):
    see = (Right.VIEW_GRADUATES,)
    edit = (Right.OPEN_COHORT,)
    form = ResponsibilityForm
    list_display = ["order", "levels", "study_modes", "certificates", "dispatch", "overseas", "responsible"]
    list_display_links = ["order"]
    list_select_related = ["department"]

    @admin.display(description=_("responsible department"), ordering="department")
    def responsible(self, row: ImportResponsibility) -> str | Department | Any:
        return row.department or _("own college")
