"""The scoped admin base, and the admin of departments and grants (P2, P6)."""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, Q, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.departments import services
from portal.departments.choices import Right
from portal.departments.models import Campus, Department, GroupGrant, UserGrant
from portal.departments.selectors import holds_anywhere, holds_university_wide, within

M = TypeVar("M", bound=Model)


class ScopedAdmin(admin.ModelAdmin[M]):
    """An admin page whose rows, choices, actions and searches end where the person's grants end.

    `see` and `edit` name the rights asked for; an empty `edit` makes the page read-only but for superusers.
    `scope` is the path from the model to a Department (`"college"`, `"graduate__college"`); None means the rows belong
    to the university and need the right there. A model with a reach of its own (graduates) overrides
    `reach(user, *rights)`.
    Global Django permissions play no part here; what a superuser may: everything but append-only tables and locked fields.
    """

    scope: ClassVar[str | None] = None
    see: ClassVar[tuple[Right, ...]] = ()
    edit: ClassVar[tuple[Right, ...]] = ()
    show_full_result_count = False

    def reach(self, user: User, *rights: Right) -> Q:
        """A condition on the model: the rows that `rights` of `user` reach."""
        if self.scope is None:
            return ~Q(pk__in=[]) if holds_university_wide(user, *rights) else Q(pk__in=[])
        return within(user, self.scope, *rights)

    def _may(self, request: HttpRequest, rights: tuple[Right, ...], obj: M | None) -> bool:
        user = request.user
        if not user.is_authenticated or not user.is_active or not user.is_staff:
            return False
        if user.is_superuser:
            return True
        if not rights or not holds_anywhere(user, *rights):
            return False
        if obj is None or obj.pk is None:
            return True
        return self.model._default_manager.filter(self.reach(user, *rights), pk=obj.pk).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = super().get_queryset(request)
        assert request.user.is_authenticated
        if request.user.is_superuser:
            return rows
        if not self.see:
            return rows.none()
        return rows.filter(
            pk__in=self.model._default_manager.filter(self.reach(request.user, *self.see, *self.edit)).values(
                "pk"
            )
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, (*self.see, *self.edit), None)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._may(request, (*self.see, *self.edit), obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.edit, None)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self._may(request, self.edit, obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nothing is deleted by people who look after rows; states and PROTECT do that work (decision 5)."""
        return request.user.is_authenticated and request.user.is_superuser and request.user.is_staff

    def formfield_for_foreignkey(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Only rows that the person may see in the other model's own admin are offered."""
        related = db_field.remote_field.model if db_field.remote_field else None
        other = self.admin_site._registry.get(related) if related else None
        if "queryset" not in kwargs and isinstance(other, ScopedAdmin):
            kwargs["queryset"] = other.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[arg-type]

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """What django-import-export would export: the same rows as the list."""
        parent: Any = super()
        rows: QuerySet[M] = parent.get_export_queryset(request)
        return rows.filter(pk__in=self.get_queryset(request).values("pk"))

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:
        """Saves, and takes everything back if the row now lies outside the person's reach (the transaction is the admin's)."""
        super().save_model(request, obj, form, change)
        if not self._may(request, self.edit, obj):
            raise PermissionDenied


@admin.register(Department)
class DepartmentAdmin(ScopedAdmin[Department]):
    scope = "pk"
    see = tuple(Right)
    list_display = ["code", "name_zh", "name_en", "kind", "parent", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["code", "name_zh", "name_en", "short_zh"]
    list_select_related = ["parent"]
    autocomplete_fields = ["parent"]


@admin.register(Campus)
class CampusAdmin(ScopedAdmin[Campus]):
    scope = "dormitory_office"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["code", "name_zh", "name_en", "dormitory_office", "is_active"]
    search_fields = ["code", "name_zh", "name_en"]
    list_select_related = ["dormitory_office"]


class GrantAdmin(ScopedAdmin[M]):
    """Grants go through the service, so that they are upserts and audited."""

    scope = "content_object"
    list_display = ["holder", "permission_name", "content_object", "starts_on", "ends_on", "granted_by"]
    list_filter = ["permission__codename", "starts_on", "ends_on"]
    autocomplete_fields = ["content_object"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return (
            super().get_queryset(request).select_related("permission", "content_object__parent", "granted_by")
        )

    @admin.display(description=_("right"), ordering="permission")
    def permission_name(self, grant: UserGrant | GroupGrant) -> str:
        return str(Right(grant.permission.codename).label)

    def formfield_for_foreignkey(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.name == "permission":
            kwargs["queryset"] = Permission.objects.filter(
                codename__in=Right.values,
                content_type__app_label="departments",
                content_type__model="department",
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:
        assert isinstance(obj, UserGrant | GroupGrant)
        assert request.user.is_authenticated
        row = services.grant(
            right=obj.permission.codename,
            department=obj.content_object,
            to=obj.user if isinstance(obj, UserGrant) else obj.group,
            actor=request.user,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
        )
        obj.pk = row.pk

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        assert isinstance(obj, UserGrant | GroupGrant)
        assert request.user.is_authenticated
        services.withdraw(
            right=obj.permission.codename,
            department=obj.content_object,
            from_=obj.user if isinstance(obj, UserGrant) else obj.group,
            actor=request.user,
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        for row in queryset:
            self.delete_model(request, row)


@admin.register(UserGrant)
class UserGrantAdmin(GrantAdmin[UserGrant]):
    exclude = ["granted_by"]
    autocomplete_fields = ["user", "content_object"]
    search_fields = ["user__username", "user__name", "content_object__name_zh"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserGrant]:
        return super().get_queryset(request).select_related("user")

    @admin.display(description=_("person"), ordering="user__username")
    def holder(self, grant: UserGrant) -> str:
        return str(grant.user)


@admin.register(GroupGrant)
class GroupGrantAdmin(GrantAdmin[GroupGrant]):
    exclude = ["granted_by"]
    search_fields = ["group__name", "content_object__name_zh"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupGrant]:
        return super().get_queryset(request).select_related("group")

    @admin.display(description=_("group"), ordering="group__name")
    def holder(self, grant: GroupGrant) -> str:
        return str(grant.group)
