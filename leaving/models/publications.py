"""That the rules of a cohort were published: by whom, when, and what it did to the sheets."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leaving.choices import PublicationState
from leaving.models.cohorts import Cohort
from portal.workbooks.models import LeasedJob


class RulesPublication(LeasedJob):
    """The rules of a cohort, published in the background (decisions 9 and 13): the row is the truth about it."""

    # Nothing is handed in or taken out.
    kind = None  # type: ignore[assignment]
    parameters = None
    expires_at = None
    file_uid = None
    rows = None  # type: ignore[assignment]

    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="publications", verbose_name=_("cohort")
    )
    state = models.CharField(
        _("state"), max_length=16, choices=PublicationState, default=PublicationState.REQUESTED
    )
    # What the person had before her eyes (`selectors.rules.fingerprint`); other rules are not published in her name.
    fingerprint = models.CharField(max_length=64, editable=False)
    sheets = models.PositiveIntegerField(_("sheets made"), default=0)
    added = models.PositiveIntegerField(_("items added"), default=0)
    changed = models.PositiveIntegerField(_("items changed"), default=0)
    removed = models.PositiveIntegerField(_("items removed"), default=0)
    cleared = models.PositiveIntegerField(_("sheets cleared"), default=0)

    class Meta:
        verbose_name = _("publication of rules")
        verbose_name_plural = _("publications of rules")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=PublicationState.values), name="publication_state_known"
            ),
            models.UniqueConstraint(
                fields=["cohort"],
                condition=models.Q(state=PublicationState.REQUESTED),
                name="publication_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cohort} {self.created_at:%Y-%m-%d %H:%M}"
