from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeavingConfig(AppConfig):
    name = "leaving"
    verbose_name = _("Leaving")

    def ready(self) -> None:
        from leaving import clearance_demo, clearance_pages
        from portal.demo import register_step

        clearance_pages.register_pages()
        register_step(clearance_demo.STEP)
