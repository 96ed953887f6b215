"""Which cohort is meant."""

from django.utils.translation import gettext_lazy as _

from leaving.choices import CohortState
from leaving.models import Cohort
from portal.errors import Refused


def cohort_for(year: int | None) -> Cohort:
    """The cohort of `year`, or the one that is open (decision 12). Raises Refused when there is none or the choice is open."""
    if year is not None:
        cohort = Cohort.objects.filter(year=year).first()
        if cohort is None:
            raise Refused(
                "cohort_unknown",
                _("There is no cohort %(year)s. Set it up in the administration.") % {"year": year},
            )
        return cohort
    cohorts = list(Cohort.objects.filter(state=CohortState.OPEN)[:2]) or list(Cohort.objects.all()[:2])
    if len(cohorts) != 1:
        raise Refused("cohort_unnamed", _("Say which cohort is meant (its year)."))
    return cohorts[0]
