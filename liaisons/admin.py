"""The administration of liaisons. Rounds are set up here; what has a door of its own is read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest

from liaisons.models import Appointment, ClassmateConsent, LetterCounter, LiaisonRound, Nomination, Opinion
from liaisons.selectors.reach import reach_of
from portal.accounts.models import User
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right


class ReadOnlyAdmin(ScopedAdmin[Any]):
    """Looked at here, changed by the services only, so that order, quota and history hold."""

    see = (Right.MANAGE_LIAISONS,)
    path = ""  # from the model to what has `college` and `graduate`

    def reach(self, user: User, *rights: Right) -> Q:
        reach = reach_of(user)
        if reach.centre:
            return Q()
        return Q(**{f"{self.path}college__in": reach.colleges}) | Q(
            **{
                f"{self.path}college__in": reach.postgraduates_of,
                f"{self.path}graduate__level__in": ("master", "doctor"),
            }
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(LiaisonRound)
class LiaisonRoundAdmin(ScopedAdmin[LiaisonRound]):
    """The alumni centre's: deadlines and quota of a cohort."""

    see = edit = (Right.MANAGE_LIAISONS,)
    list_display = ["cohort", "opens_on", "nominations_until", "class_until", "college_until", "centre_until"]
    list_select_related = ["cohort"]

    def reach(self, user: User, *rights: Right) -> Q:
        return Q() if reach_of(user).centre else Q(pk__in=[])


class OpinionInline(admin.TabularInline[Opinion, Nomination]):
    model = Opinion
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # whoever may open the nomination

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Nomination)
class NominationAdmin(ReadOnlyAdmin):
    list_display = ["name", "class_title", "college", "round", "origin", "state", "created_at"]
    list_filter = ["state", "origin", "round"]
    list_select_related = ["college__parent", "round__cohort"]
    search_fields = ["name", "class_title", "graduate__student_no"]
    inlines = [OpinionInline]


@admin.register(Opinion)
class OpinionAdmin(ReadOnlyAdmin):
    path = "nomination__"
    list_display = ["nomination", "step", "favourable", "signer", "given_by", "given_at"]
    list_filter = ["step", "favourable"]
    list_select_related = ["nomination", "given_by"]
    search_fields = ["nomination__name", "signer"]


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ["number", "name", "class_title", "college", "starts_on", "until", "end_reason"]
    list_filter = ["cohort", "end_reason"]
    list_select_related = ["college__parent"]
    search_fields = ["number", "name", "graduate__student_no"]


@admin.register(ClassmateConsent)
class ClassmateConsentAdmin(ReadOnlyAdmin):
    list_display = ["graduate", "fields_shown", "given_at"]
    list_select_related = ["graduate"]
    search_fields = ["graduate__name", "graduate__student_no"]

    def reach(self, user: User, *rights: Right) -> Q:
        reach = reach_of(user)
        if reach.centre:
            return Q()
        return Q(graduate__college__in=reach.colleges) | Q(
            graduate__college__in=reach.postgraduates_of, graduate__level__in=("master", "doctor")
        )

    @admin.display(description="")
    def fields_shown(self, consent: ClassmateConsent) -> str:
        return ", ".join(consent.fields)


@admin.register(LetterCounter)
class LetterCounterAdmin(ReadOnlyAdmin):
    list_display = ["year", "last"]

    def reach(self, user: User, *rights: Right) -> Q:
        return Q() if reach_of(user).centre else Q(pk__in=[])
