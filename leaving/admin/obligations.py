"""What departments' data brought, to look at; and the keys of the API, to revoke (C7, P6)."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leaving.admin.clearance import ReadOnly
from leaving.models import ApiKey, DataCoverage, Delivery, LatestWord, Obligation
from leaving.services.api_keys import revoke_key
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right


@admin.register(Obligation)
class ObligationAdmin(ReadOnly, ScopedAdmin[Obligation]):
    scope = "department"
    see = (Right.DECIDE,)
    list_display = ["graduate", "title", "amount", "checkpoint", "since", "settled_at"]
    list_filter = ["checkpoint__cohort", "checkpoint", ("settled_at", admin.EmptyFieldListFilter)]
    list_select_related = ["graduate", "checkpoint"]
    search_fields = ["graduate__student_no", "graduate__name", "title"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ScopedAdmin[Delivery]):
    scope = "department"
    see = (Right.DECIDE,)
    list_display = ["taken_at", "checkpoint", "department", "kind", "state", "rows", "opened", "settled"]
    list_filter = ["checkpoint__cohort", "state", "kind"]
    list_select_related = ["checkpoint", "department__parent"]
    exclude = ["digest", "content", "faults"]


@admin.register(DataCoverage)
class DataCoverageAdmin(ReadOnly, ScopedAdmin[DataCoverage]):
    scope = "graduate__college"
    see = (Right.VIEW_GRADUATES,)
    list_display = ["graduate", "checkpoint", "department", "delivery"]
    list_filter = ["checkpoint"]
    list_select_related = ["graduate", "checkpoint", "department__parent", "delivery__checkpoint"]
    search_fields = ["graduate__student_no", "graduate__name"]


@admin.register(LatestWord)
class LatestWordAdmin(ReadOnly, ScopedAdmin[LatestWord]):
    scope = "department"
    see = (Right.DECIDE,)
    list_display = ["graduate", "key", "checkpoint", "department", "taken_at"]
    list_filter = ["checkpoint"]
    list_select_related = ["graduate", "checkpoint", "department__parent"]
    search_fields = ["graduate__student_no", "graduate__name", "key"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, ScopedAdmin[ApiKey]):
    """Keys are issued under Clearance → Data, where the secret is shown once, and by `manage.py issue_api_key`."""

    scope = "department"
    see = (Right.DECIDE,)
    list_display = ["name", "department", "prefix", "created_at", "expires_on", "last_used_at", "revoked_at"]
    list_select_related = ["department__parent"]
    search_fields = ["name", "prefix"]
    exclude = ["digest"]
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Ends the ticked keys."""
        assert request.user.is_authenticated
        for key in keys.select_related("department"):
            revoke_key(key=key, actor=request.user)
