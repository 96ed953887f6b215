from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkbooksConfig(AppConfig):
    name = "portal.workbooks"
    label = "workbooks"
    verbose_name = _("Workbooks")

    def ready(self) -> None:
        from portal.files import register_claimant
        from portal.navigation import NavigationItem, register
        from portal.workbooks import exports, runs
        from portal.workbooks.kinds.staff import StaffWorkbook
        from portal.workbooks.kinds.staff.export import StaffExport
        from portal.workbooks.selectors import may_see_exports, may_see_imports
        from portal.workbooks.services.cleaning import claimed

        register_claimant(claimed)
        runs.register(StaffWorkbook())
        exports.register(StaffExport())
        register(
            NavigationItem(
                key="imports",
                label=_("Imports"),
                url_name="workbooks:import-list",
                allowed=lambda request: may_see_imports.allows(request.user),
                order=30,
            )
        )
        register(
            NavigationItem(
                key="exports",
                label=_("Exports"),
                url_name="workbooks:export-list",
                allowed=lambda request: may_see_exports.allows(request.user),
                order=35,
            )
        )
