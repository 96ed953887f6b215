from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlumniConfig(AppConfig):
    name = "alumni"
    verbose_name = _("Alumni")

    def ready(self) -> None:
        from alumni import demo, navigation, receivers  # noqa: F401 - they register themselves
        from alumni.workbooks.exports import AlumniChanges, AlumniExport, AlumniList
        from portal.workbooks.exports import register

        register(AlumniExport())
        register(AlumniChanges())
        register(AlumniList())
