"""Reason texts, edited by those who decide; delegations, to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leaving.admin.clearance import ReadOnly
from leaving.models import Checkpoint, Delegation, ReasonText
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right
from portal.localized import localized


def checkpoint_keys() -> list[tuple[str, str]]:
    """Every key that some cohort's checkpoint has, with its name in the latest one."""
    found = {
        checkpoint.key: f"{localized(checkpoint, 'name')} ({checkpoint.key})"
        for checkpoint in Checkpoint.objects.order_by("cohort__year", "cohort__month", "order")
    }
    return [("", _("all of the department's")), *found.items()]  # type: ignore[list-item]


class ReasonTextForm(forms.ModelForm[ReasonText]):
    """The checkpoint is chosen by its name."""

    checkpoint_key = forms.ChoiceField(
        label=_("only for the checkpoint"), choices=checkpoint_keys, required=False
    )


@admin.register(ReasonText)
class ReasonTextAdmin(ScopedAdmin[ReasonText]):
    """Who decides for a department looks after its texts; those of supervisors' reviews belong to the university."""

    scope = "department"
    see = (Right.DECIDE,)
    edit = (Right.DECIDE,)
    form = ReasonTextForm
    list_display = ["text_zh", "text_en", "department", "checkpoint_key", "verb", "is_active"]
    list_filter = ["is_active", "verb", "checkpoint_key"]
    list_select_related = ["department__parent"]
    search_fields = ["text_zh", "text_en"]
    fields = ["department", ("checkpoint_key", "verb"), "text_zh", "text_en", "is_active"]

    def save_model(self, request: HttpRequest, obj: ReasonText, form: Any, change: bool) -> None:
        if not change:
            assert request.user.is_authenticated
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(Delegation)
class DelegationAdmin(ReadOnly, ScopedAdmin[Delegation]):
    """Named and revoked on the page of delegates; for those who may see all graduates."""

    see = (Right.VIEW_GRADUATES,)
    list_display = [
        "supervisor", "delegate", "college", "starts_on", "ends_on", "reason", "created_by", "revoked_at",
    ]  # fmt: skip
    list_filter = ["starts_on", "ends_on"]
    list_select_related = ["supervisor", "delegate", "college", "created_by"]
    search_fields = ["supervisor__username", "supervisor__name", "delegate__username", "delegate__name"]
