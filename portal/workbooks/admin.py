"""Imports and exports are looked at in the administration, never edited."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest

from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right
from portal.workbooks.models import ExportJob, ImportBatch, ImportFault, Lease


class LookedAt:
    """Only the pipeline writes these rows; not even a superuser does by hand."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ImportBatch)
class ImportBatchAdmin(LookedAt, ScopedAdmin[ImportBatch]):
    see = (Right.VIEW_AUDIT,)
    list_display = [
        "created_at",
        "kind",
        "file_name",
        "actor",
        "state",
        "rows",
        "created",
        "updated",
        "unchanged",
        "faults",
    ]
    list_filter = ["state", "kind", "created_at"]
    search_fields = ["file_name", "actor__username", "actor__name", "uid"]
    list_select_related = ["actor"]
    exclude: ClassVar[list[str]] = ["file_digest"]


@admin.register(ImportFault)
class ImportFaultAdmin(LookedAt, ScopedAdmin[ImportFault]):
    see = (Right.VIEW_AUDIT,)
    list_display = ["batch", "row", "column", "code"]
    list_filter = ["code"]
    search_fields = ["batch__uid"]
    list_select_related = ["batch"]


@admin.register(ExportJob)
class ExportJobAdmin(LookedAt, ScopedAdmin[ExportJob]):
    see = (Right.VIEW_AUDIT,)
    list_display = ["created_at", "kind", "purpose", "actor", "state", "rows", "downloads", "expires_at"]
    list_filter = ["state", "kind", "created_at"]
    search_fields = ["purpose", "actor__username", "actor__name", "uid"]
    list_select_related = ["actor"]


@admin.register(Lease)
class LeaseAdmin(LookedAt, ScopedAdmin[Lease]):
    see = (Right.VIEW_AUDIT,)
    list_display = [
        "job_uid",
        "task",
        "foreground",
        "owner",
        "until",
        "attempts",
        "progress",
        "total",
        "cancel_requested",
    ]
