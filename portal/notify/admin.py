"""Messages and e-mails, to look at; what was given up can be sent again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.departments.admin import ScopedAdmin
from portal.departments.choices import Right
from portal.notify.kinds import label_of
from portal.notify.models import Mail, Message
from portal.notify.services.mail import send_again


class Written:
    """For what only the services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(Written, ScopedAdmin[Message]):
    see = (Right.OPEN_COHORT,)
    list_display = ["told_at", "person", "kind_label", "title_zh", "read_at"]
    list_filter = ["kind", "day"]
    list_select_related = ["person"]
    search_fields = ["person__username", "person__name"]

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, message: Message) -> str:
        return label_of(message.kind)


@admin.register(Mail)
class MailAdmin(Written, ScopedAdmin[Mail]):
    see = (Right.OPEN_COHORT,)
    list_display = ["message", "address", "state", "attempts", "sent_at", "error"]
    list_filter = ["state", "message__kind", "message__day"]
    list_select_related = ["message"]
    search_fields = ["address", "message__person__username", "message__person__name"]
    actions = ["queue_again"]

    def has_change_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False

    @admin.action(description=_("Send again what was not delivered"), permissions=["view"])
    def queue_again(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        assert request.user.is_authenticated
        number = send_again(mails=list(mails.values_list("pk", flat=True)), actor=request.user)
        text = ngettext(
            "%(number)d e-mail will be sent again.", "%(number)d e-mails will be sent again.", number
        )
        self.message_user(request, text % {"number": number}, messages.SUCCESS)
