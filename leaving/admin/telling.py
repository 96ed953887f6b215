"""What graduates were told of by themselves, to look at."""

from django.contrib import admin

from leaving.admin.clearance import ReadOnly
from leaving.models import Telling
from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right


@admin.register(Telling)
class TellingAdmin(ReadOnly, ScopedAdmin[Telling]):
    see = (Right.OPEN_COHORT,)
    list_display = ["created_at", "news", "batch", "state", "messages", "mails", "error"]
    list_filter = ["news", "state", "created_at"]
    list_select_related = ["batch"]
    fields = ["created_at", "news", "batch", "state", "messages", "mails", "finished_at", "error"]
