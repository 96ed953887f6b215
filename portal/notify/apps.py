from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotifyConfig(AppConfig):
    name = "portal.notify"
    label = "notify"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from portal.notify.pages import unread_messages
        from portal.start import register_card

        register_card(order=5)(unread_messages)
