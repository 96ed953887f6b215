"""Deferrals and additions, to look at; who approves what, to edit (G5, G6)."""

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leaving.admin.clearance import ReadOnly
from leaving.choices import Level
from leaving.models import Addition, ApprovalResponsibility, Deferral
from leaving.selectors.reach import reached_by
from portal.accounts.models import User
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right


class ApprovalForm(forms.ModelForm[ApprovalResponsibility]):
    levels = forms.MultipleChoiceField(
        label=_("levels"), choices=Level.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApprovalResponsibility
        fields = ["order", "levels", "department"]


@admin.register(ApprovalResponsibility)
class ApprovalResponsibilityAdmin(ScopedAdmin[ApprovalResponsibility]):
    see = (Right.VIEW_GRADUATES,)
    edit = (Right.OPEN_COHORT,)
    form = ApprovalForm
    list_display = ["order", "levels", "department"]
    list_display_links = ["order"]
    list_select_related = ["department__parent"]


@admin.register(Deferral)
class DeferralAdmin(ReadOnly, ScopedAdmin[Deferral]):
    scope = "graduate__college"
    see = (Right.VIEW_GRADUATES, Right.CHANGE_ROSTER)
    list_display = [
        "graduate",
        "from_cohort",
        "to_cohort",
        "state",
        "proposed_by",
        "proposed_at",
        "decided_by",
    ]
    list_filter = ["state", "from_cohort", "to_cohort"]
    list_select_related = ["graduate", "from_cohort", "to_cohort", "proposed_by", "decided_by"]
    search_fields = ["graduate__student_no", "graduate__name"]


@admin.register(Addition)
class AdditionAdmin(ReadOnly, ScopedAdmin[Addition]):
    """Of those who change the roster; nobody else knows of them before they are confirmed."""

    see = (Right.CHANGE_ROSTER,)
    exclude = ["cells"]
    list_display = ["student_no", "name", "college", "level", "cohort", "state", "proposed_by", "proposed_at"]
    list_filter = ["state", "cohort", "level"]
    list_select_related = ["college__parent", "cohort", "proposed_by"]
    search_fields = ["student_no", "name"]

    def reach(self, user: User, *rights: Right) -> Q:
        return reached_by(user, *rights)
