"""The administration of alumni, scoped by grants (P6)."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.admin import ExportMixin
from import_export.resources import ModelResource

from alumni.models import ContactPoint, Degree, Employment, Person
from alumni.selectors.people import cohort_years
from leaving.selectors.reach import reached_by
from portal.accounts.models import User
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right
from portal.pinyin import sort_key


class AlumniAdmin(ScopedAdmin[Any]):
    """Seen and changed with MANAGE_ALUMNI, as far as it reaches over the person's degrees."""

    see = (Right.MANAGE_ALUMNI,)
    edit = (Right.MANAGE_ALUMNI,)
    person = "person"

    def reach(self, user: User, *rights: Right) -> Q:
        degrees = Degree.objects.filter(reached_by(user, *rights), withdrawn_at=None)
        return Q(Exists(degrees.filter(person=OuterRef(self.person))))


@admin.register(Person)
class PersonAdmin(AlumniAdmin):
    person = "pk"
    list_display = ["name", "name_pinyin", "sex", "birth_date", "document_type", "identity_mask"]
    list_filter = ["sex", "document_type"]
    search_fields = ["search_text", "degrees__student_no"]
    readonly_fields = ["uid", "identity_mask", "created_at"]
    autocomplete_fields = ["user"]
    list_per_page = 50

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Keeps the key that lists are sorted by in step with the name."""
        assert isinstance(obj, Person)
        if "name" in form.changed_data or not obj.sort_key:
            obj.sort_key = sort_key(obj.name)
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People come from graduates and workbooks: one without a degree would be out of everybody's reach."""
        return request.user.is_superuser and super().has_add_permission(request)


class DegreeResource(ModelResource):  # type: ignore[misc]
    class Meta:
        model = Degree
        fields = [
            "person__name",
            "student_no",
            "cohort_year",
            "college__name_zh",
            "grade",
            "major",
            "level",
            "study_mode",
            "graduated_on",
        ]
        export_order = fields


class CohortFilter(admin.SimpleListFilter):
    """The cohorts there are, without reading every degree."""

    title = _("cohort")
    parameter_name = "cohort"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(year), str(year)) for year in cohort_years(Degree.objects.all())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Degree]) -> QuerySet[Degree]:
        year = self.value() or ""
        return queryset.filter(cohort_year=int(year)) if year.isdecimal() else queryset


class WithdrawnFilter(admin.SimpleListFilter):
    """Degrees in force, unless those whose clearing was taken back are asked for."""

    title = _("in force")
    parameter_name = "withdrawn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("No: the clearing was taken back"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        in_force, withdrawn = super().choices(changelist)
        yield {**in_force, "display": _("Yes")}
        yield withdrawn

    def queryset(self, request: HttpRequest, queryset: QuerySet[Degree]) -> QuerySet[Degree]:
        return queryset.filter(withdrawn_at__isnull=self.value() != "1")


@admin.register(Degree)
class DegreeAdmin(ExportMixin, AlumniAdmin):  # type: ignore[misc]
    """Withdrawn degrees are nobody's to see; superusers find them by the filter."""

    resource_classes = [DegreeResource]
    list_display = [
        "person",
        "cohort_year",
        "college",
        "grade",
        "major",
        "level",
        "student_no",
        "withdrawn_at",
    ]
    list_filter = [WithdrawnFilter, CohortFilter, "level", "study_mode"]
    search_fields = ["person__search_text", "student_no", "major"]
    list_select_related = ["person", "college"]
    autocomplete_fields = ["person", "college"]
    raw_id_fields = ["graduate", "school_class"]
    readonly_fields = ["uid", "withdrawn_at", "created_at"]

    def reach(self, user: User, *rights: Right) -> Q:
        return reached_by(user, *rights) & Q(withdrawn_at=None)


@admin.register(ContactPoint)
class ContactPointAdmin(AlumniAdmin):
    list_display = ["person", "kind", "value", "source", "recorded_at", "is_current"]
    list_filter = ["kind", "source", "is_current"]
    search_fields = ["person__search_text", "value"]
    list_select_related = ["person"]
    autocomplete_fields = ["person"]
    readonly_fields = ["recorded_at"]


@admin.register(Employment)
class EmploymentAdmin(AlumniAdmin):
    list_display = ["person", "employer", "post", "source", "recorded_at", "is_current"]
    list_filter = ["source", "is_current"]
    search_fields = ["person__search_text", "employer"]
    list_select_related = ["person"]
    autocomplete_fields = ["person"]
    readonly_fields = ["recorded_at"]
