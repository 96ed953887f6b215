"""Checkpoints and the rules that say to whom they apply (C2 to C5)."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leaving.choices import AsksFor, Certificates, Housing, Level, Match, OwnerKind, RuleOutcome, StudyMode
from leaving.models.cohorts import Cohort
from portal.departments.choices import DepartmentKind
from portal.departments.models import Campus, Department
from portal.localized import localized


class Checkpoint(models.Model):
    """A checkpoint (离校环节) of a cohort: what it asks, who decides it, and what must be passed before it."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="checkpoints", verbose_name=_("cohort")
    )
    number = models.PositiveSmallIntegerField(
        _("number"),
        validators=[MinValueValidator(1)],
        help_text=_("As published. A graduate's sheet numbers its own items from 1."),
    )
    key = models.SlugField(_("key"), max_length=40)
    order = models.PositiveSmallIntegerField(_("order"))
    name_zh = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=120, blank=True)
    instructions_zh = models.TextField(_("what to do (Chinese)"), blank=True)
    instructions_en = models.TextField(_("what to do (English)"), blank=True)
    contact_zh = models.CharField(_("whom to ask (Chinese)"), max_length=160, blank=True)
    contact_en = models.CharField(_("whom to ask (English)"), max_length=160, blank=True)
    place_zh = models.CharField(_("place (Chinese)"), max_length=160, blank=True)
    place_en = models.CharField(_("place (English)"), max_length=160, blank=True)
    hours_zh = models.CharField(_("hours (Chinese)"), max_length=160, blank=True)
    hours_en = models.CharField(_("hours (English)"), max_length=160, blank=True)
    owner_kind = models.CharField(_("decided by"), max_length=12, choices=OwnerKind)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="checkpoints",
        verbose_name=_("office"),
        help_text=_("Where an office decides."),
    )
    node_kind = models.CharField(
        _("node"),
        max_length=16,
        blank=True,
        choices=[(kind.value, kind.label) for kind in DepartmentKind.college_nodes()],
        help_text=_("Where a node of the college decides."),
    )
    is_gate = models.BooleanField(
        _("gate"), default=False, help_text=_("Must be passed before every other checkpoint of the sheet.")
    )
    takes_evidence = models.BooleanField(
        _("takes evidence"),
        default=False,
        help_text=_("Graduates can add pictures and PDF files that show how it stands."),
    )
    evidence_zh = models.CharField(_("what evidence (Chinese)"), max_length=160, blank=True)
    evidence_en = models.CharField(_("what evidence (English)"), max_length=160, blank=True)
    asks_for = models.CharField(
        _("asks for a form"),
        max_length=16,
        choices=AsksFor,
        blank=True,
        default="",
        help_text=_("Filled in and handed in on the sheet. It can be decided without, too."),
    )
    decided_by_data = models.BooleanField(
        _("decided by data"),
        default=False,
        help_text=_(
            "Items fail and pass by the department's list of obligations; decisions by hand rule until reopened."
        ),
    )
    may_shrink_by = models.DecimalField(
        _("a complete list may shrink by"),
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.50"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_(
            "Share from 0 to 1. A list that loses more of its obligations is held until somebody confirms it."
        ),
    )
    data_stale_after = models.PositiveSmallIntegerField(
        _("data are stale after (hours)"),
        default=36,
        help_text=_("The department is warned when nothing has come for so long."),
    )
    requires = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="required_by",
        verbose_name=_("to be passed before"),
    )

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["cohort", "order", "number"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="checkpoint_number_unique"),
            models.UniqueConstraint(fields=["cohort", "key"], name="checkpoint_key_unique"),
            models.UniqueConstraint(
                fields=["cohort"], condition=models.Q(is_gate=True), name="checkpoint_one_gate"
            ),
            models.CheckConstraint(
                condition=models.Q(owner_kind=OwnerKind.OFFICE, department__isnull=False, node_kind="")
                | models.Q(
                    owner_kind=OwnerKind.NODE,
                    department=None,
                    node_kind__in=DepartmentKind.college_nodes(),
                )
                | models.Q(
                    owner_kind__in=[OwnerKind.COLLEGE, OwnerKind.DORMITORY, OwnerKind.SUPERVISOR],
                    department=None,
                    node_kind="",
                ),
                name="checkpoint_owner_complete",
                violation_error_message=_("An office needs to be chosen, or a node, as “decided by” says."),
            ),
            models.CheckConstraint(
                condition=models.Q(asks_for__in=["", *AsksFor.values]), name="checkpoint_asks_for_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(owner_kind=OwnerKind.SUPERVISOR, decided_by_data=True),
                name="checkpoint_review_by_a_person",
                violation_error_message=_("A supervisor's review cannot be decided by data."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {localized(self, 'name')}"


class CheckpointRule(models.Model):
    """To whom a checkpoint applies (C3). Of a checkpoint's rules the first that fits a graduate decides; none: not listed.

    An empty list fits all. A graduate whose political status is missing fits no rule that asks for it (decision 14).
    """

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.CASCADE, related_name="rules", verbose_name=_("checkpoint")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    levels = ArrayField(
        models.CharField(max_length=16, choices=Level), blank=True, default=list, verbose_name=_("levels")
    )
    study_modes = ArrayField(
        models.CharField(max_length=16, choices=StudyMode),
        blank=True,
        default=list,
        verbose_name=_("study modes"),
    )
    certificates = models.CharField(_("certificates"), max_length=8, choices=Certificates, blank=True)
    housing = models.CharField(_("housing"), max_length=16, choices=Housing, blank=True)
    college_match = models.CharField(_("colleges"), max_length=8, choices=Match, default=Match.ANY)
    colleges = models.ManyToManyField(
        Department, blank=True, related_name="+", verbose_name=_("these colleges")
    )
    campuses = models.ManyToManyField(
        Campus, blank=True, related_name="+", verbose_name=_("only these campuses")
    )
    political_match = models.CharField(_("political status"), max_length=8, choices=Match, default=Match.ANY)
    political_statuses = ArrayField(
        models.CharField(max_length=40), blank=True, default=list, verbose_name=_("these political statuses")
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=RuleOutcome)
    reason_zh = models.CharField(_("reason (Chinese)"), max_length=200, blank=True)
    reason_en = models.CharField(_("reason (English)"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("rule of a checkpoint")
        verbose_name_plural = _("rules of checkpoints")
        ordering = ["checkpoint", "order"]
        constraints = [
            # At the end of the transaction, so that two rules can change places.
            models.UniqueConstraint(
                fields=["checkpoint", "order"],
                name="checkpoint_rule_order_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=RuleOutcome.values), name="checkpoint_rule_outcome_known"
            ),
            models.CheckConstraint(
                condition=models.Q(college_match__in=Match.values, political_match__in=Match.values),
                name="checkpoint_rule_match_known",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[RuleOutcome.REQUIRED, RuleOutcome.ABSENT])
                | ~models.Q(reason_zh=""),
                name="checkpoint_rule_explains_itself",
                violation_error_message=_("Say in Chinese why it is not needed or passes by itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_outcome_display()}"
