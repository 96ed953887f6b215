"""Which cohort is meant."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from leaving.choices import CohortState
from leaving.models import Cohort
from leaving.models.cohorts import REGULAR_MONTH
from portal.errors import Refused


def cohort_coded(code: int) -> Cohort | None:
    """The cohort that a code names: 2026 the regular batch (or the only one), 202612 that of December."""
    if code > 9999:
        return Cohort.objects.filter(year=code // 100, month=code % 100).first()
    batches = list(Cohort.objects.filter(year=code).order_by("month"))
    return next((each for each in batches if each.month == REGULAR_MONTH), batches[0] if batches else None)


def cohort_for(year: int | None) -> Cohort:
    """The cohort of `year` (or of a code, 202612), or the one that is open (decision 12).

    Raises Refused when there is none or the choice is open.
    """
    if year is not None:
        cohort = cohort_coded(year)
        if cohort is None:
            raise Refused(
                "cohort_unknown",
                _("There is no cohort %(year)s. Set it up in the administration.") % {"year": year},
            )
        return cohort
    cohorts = list(Cohort.objects.filter(state=CohortState.OPEN)) or list(Cohort.objects.all())
    if len(cohorts) != 1:
        raise unnamed(cohorts)
    return cohorts[0]


def unnamed(cohorts: Iterable[Cohort]) -> Refused:
    """The refusal where several cohorts could be meant (or there is none): it says their codes."""
    if codes := ", ".join(str(cohort.code) for cohort in cohorts):
        return Refused("cohort_unnamed", _("Say which cohort is meant (%(codes)s).") % {"codes": codes})
    return Refused("cohort_unnamed", _("Say which cohort is meant (its year)."))


def cohort_choices(cohorts: Iterable[Cohort] | None = None) -> list[tuple[str, str]]:
    """`cohorts`, or all there are, as forms offer them: code and name."""
    offered = Cohort.objects.all() if cohorts is None else cohorts
    return list({str(cohort.code): str(cohort) for cohort in offered}.items())
