from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LiaisonsConfig(AppConfig):
    name = "liaisons"
    verbose_name = _("Liaisons")

    def ready(self) -> None:
        from liaisons import demo, receivers, start  # noqa: F401 - they register themselves
        from liaisons.workbooks.exports import LiaisonSummary
        from portal.workbooks.exports import register

        register(LiaisonSummary())
