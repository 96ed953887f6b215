from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkbooksConfig(AppConfig):
    name = "portal.workbooks"
    label = "workbooks"
    verbose_name = _("Workbooks")

    def ready(self) -> None:
        from portal.files import register_claimant
        from portal.workbooks.services.cleaning import claimed

        register_claimant(claimed)
