from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DepartmentsConfig(AppConfig):
    name = "portal.departments"
    label = "departments"
    verbose_name = _("Departments and rights")

    def ready(self) -> None:
        from portal.demo import Step, register_step
        from portal.departments import demo

        register_step(Step(10, "departments", demo.play, demo.ACCOUNTS))
