"""Imports and exports are looked at in the administration, never edited; only the pipeline writes these rows."""

from typing import ClassVar

from django.contrib import admin

from portal.audit.admin import ReadOnly
from portal.workbooks.models import ExportJob, ImportBatch, ImportFault, Lease


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly[ImportBatch]):
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
class ImportFaultAdmin(ReadOnly[ImportFault]):
    list_display = ["batch", "row", "column", "code"]
    list_filter = ["code"]
    search_fields = ["batch__uid"]
    list_select_related = ["batch"]


@admin.register(ExportJob)
class ExportJobAdmin(ReadOnly[ExportJob]):
    list_display = ["created_at", "kind", "purpose", "actor", "state", "rows", "downloads", "expires_at"]
    list_filter = ["state", "kind", "created_at"]
    search_fields = ["purpose", "actor__username", "actor__name", "uid"]
    list_select_related = ["actor"]


@admin.register(Lease)
class LeaseAdmin(ReadOnly[Lease]):
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
