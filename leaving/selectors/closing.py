"""How a cohort stands, for whoever closes it or opens it again."""

from dataclasses import dataclass

from django.db.models import Count, Q

from leaving.choices import SheetState
from leaving.models import ClearanceSheet, Cohort, Graduate
from leaving.selectors.questionnaires import open_in


@dataclass(frozen=True, slots=True)
class Standing:
    """Graduates of the cohort; of their sheets those cleared and those not; questionnaires that take answers now."""

    graduates: int
    cleared: int
    not_cleared: int
    questionnaires: int


def was_opened(cohort: Cohort) -> bool:
    """Whether it has ever been open here: a closed one that was not, of a year before the portal, goes back to preparation."""
    return cohort.opened_at is not None or ClearanceSheet.objects.filter(cohort=cohort).exists()


def standing_of(cohort: Cohort) -> Standing:
    """Three queries, however many graduates there are."""
    sheets = ClearanceSheet.objects.filter(cohort=cohort).aggregate(
        cleared=Count("pk", filter=Q(state=SheetState.CLEARED)),
        open=Count("pk", filter=Q(state=SheetState.OPEN)),
    )
    return Standing(
        graduates=Graduate.objects.filter(cohort=cohort).count(),
        cleared=sheets["cleared"],
        not_cleared=sheets["open"],
        questionnaires=len(open_in(cohort)),
    )
