from typing import TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from portal.audit.models import AuditEntry, AuditSeal

M = TypeVar("M", bound=Model)


class ReadOnly(admin.ModelAdmin[M]):
    """Append-only tables are looked at, never edited, not even by a superuser."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly[AuditEntry]):
    list_display = ["at", "actor", "verb", "target", "department", "reason"]
    list_filter = ["verb", "at"]
    search_fields = ["target", "actor__username", "reason"]
    list_select_related = ["actor"]
    show_full_result_count = False


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnly[AuditSeal]):
    list_display = ["at", "entries", "last_id"]
