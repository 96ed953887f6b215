from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import ActivationCode, User


@admin.register(User)
class PortalUserAdmin(UserAdmin[User]):
    ordering = ["username"]
    list_display = ["username", "name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["username", "name", "email"]
    filter_horizontal = ["groups"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["username", "password", "must_set_password"]}),
        (_("Person"), {"fields": ["name", "email", "phone", "language"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "created_at"]}),
    ]
    readonly_fields = ["last_login", "created_at"]
    add_fieldsets = [(None, {"fields": ["username", "name", "usable_password", "password1", "password2"]})]


@admin.register(ActivationCode)
class ActivationCodeAdmin(admin.ModelAdmin[ActivationCode]):
    """Codes are issued where the graduates are; here one only sees what became of them."""

    list_display = ["user", "created_at", "created_by", "expires_at", "used_at", "attempts"]
    search_fields = ["user__username", "user__name"]
    list_select_related = ["user", "created_by"]
    readonly_fields = ["user", "created_at", "created_by", "expires_at", "used_at", "attempts"]
    fields = ("user", "created_at", "created_by", "expires_at", "used_at", "attempts")

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
