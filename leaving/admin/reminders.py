"""Scheduled reminders, edited without code; and every time some were sent (C10)."""

from django.contrib import admin

from leaving.admin.clearance import ReadOnly
from leaving.forms.reminders import ScheduledReminderForm
from leaving.models import ClearanceDay, Measurement, Pace, Reminder, ReminderRun
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right


@admin.register(Reminder)
class ReminderAdmin(ScopedAdmin[Reminder]):
    see = edit = (Right.OPEN_COHORT,)
    form = ScheduledReminderForm
    list_display = ["audience", "cohort", "at", "starts_on", "ends_on", "is_active"]
    list_filter = ["cohort", "audience", "is_active"]
    list_select_related = ["cohort"]
    fieldsets = [
        (None, {"fields": [("cohort", "audience", "older_than"), "is_active"]}),
        ("", {"fields": ["weekdays", ("at", "starts_on", "ends_on")]}),
        ("", {"fields": [("title_zh", "title_en"), ("text_zh", "text_en")]}),
    ]


@admin.register(ReminderRun)
class ReminderRunAdmin(ReadOnly, ScopedAdmin[ReminderRun]):
    see = (Right.OPEN_COHORT,)
    list_display = ["created_at", "audience", "actor", "state", "messages", "mails", "already", "unreachable"]
    list_filter = ["cohort", "audience", "state", "day"]
    list_select_related = ["cohort", "actor"]


@admin.register(Measurement)
class MeasurementAdmin(ReadOnly, ScopedAdmin[Measurement]):
    see = (Right.STATISTICS,)
    list_display = ["cohort", "as_of"]


@admin.register(ClearanceDay)
class ClearanceDayAdmin(ReadOnly, ScopedAdmin[ClearanceDay]):
    see = (Right.STATISTICS,)
    scope = "college"
    list_display = ["day", "college", "level", "n"]
    list_filter = ["cohort", "level"]
    list_select_related = ["college"]


@admin.register(Pace)
class PaceAdmin(ReadOnly, ScopedAdmin[Pace]):
    see = (Right.STATISTICS,)
    list_display = ["checkpoint", "owner", "college", "postgraduates", "decided", "median_duration", "ready"]
    list_filter = ["cohort", "postgraduates"]
    list_select_related = ["checkpoint", "owner__parent", "college"]
