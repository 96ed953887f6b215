from django.apps import AppConfig


class GatedConfig(AppConfig):
    name = "tests.portal.workbooks.gated"
    label = "gated"

    def ready(self) -> None:
        from portal.workbooks.runs import register
        from tests.portal.workbooks.gated.kinds import GatedWorkbook

        register(GatedWorkbook())
