"""The `graduates` workbook: the roster of a cohort (G1, G2, G3)."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from leaving.selectors.cohorts import cohort_choices, cohort_for
from leaving.workbooks.graduates.columns import COLUMNS
from leaving.workbooks.graduates.messages import MESSAGES
from leaving.workbooks.graduates.run import GraduatesRun
from portal.accounts.models import User
from portal.departments.choices import Right
from portal.departments.selectors import holds_anywhere
from portal.workbooks.models import ImportBatch
from portal.workbooks.runs import Workbook


class GraduatesWorkbook(Workbook):
    """The roster. Which rows a person may import is asked row by row (`leaving.selectors.responsibilities`)."""

    kind = "graduates"
    title = _("Graduates")
    columns = COLUMNS
    parameters = ("cohort",)
    messages = MESSAGES

    def may_hand_in(self, user: User) -> bool:
        return holds_anywhere(user, Right.IMPORT_GRADUATES)

    def run(self, batch: ImportBatch) -> GraduatesRun:
        """Raises Refused when the cohort is unknown or must be named."""
        return GraduatesRun(batch, cohort_for(batch.parameters.get("cohort")))

    def choices(self, parameter: str, user: User) -> Sequence[tuple[str, str]]:
        return cohort_choices()
