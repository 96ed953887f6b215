"""Clearance sheets, their items, and the decisions on them (C2, C4, C6)."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import DecidedBy, ItemState, Level, SheetState, Verb
from leaving.models.checkpoints import Checkpoint, CheckpointRule
from leaving.models.cohorts import Cohort
from leaving.models.graduates import Graduate
from portal.audit.models import THIS_TRANSACTION
from portal.departments.models import Department
from portal.doors import OnlyThroughDoor
from portal.localized import in_readers_language

DOOR = "clearance"


class ClearanceSheet(models.Model):
    """A graduate's clearance sheet (离校单) in one cohort. Its state is written by `leaving.services.clearance` only."""

    graduate = models.ForeignKey(
        Graduate, on_delete=models.PROTECT, related_name="sheets", db_index=False, verbose_name=_("graduate")
    )
    # Copied from the graduate who has it. What keeps a cohort is its checkpoints, and those the items on its sheets, so that
    # nothing has to be looked up once more for each of forty thousand sheets.
    cohort = models.ForeignKey(
        Cohort,
        on_delete=models.PROTECT,
        related_name="sheets",
        db_constraint=False,
        verbose_name=_("cohort"),
    )
    # Copied from the graduate when the sheet is made or brought in line: statistics and queues ask for nothing else.
    college = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("college"),
    )
    level = models.CharField(_("level"), max_length=16, choices=Level)
    state = models.CharField(_("state"), max_length=8, choices=SheetState, db_default=SheetState.OPEN)
    opened_at = models.DateTimeField(_("opened"), db_default=Now(), editable=False)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True, editable=False)
    # Made, or due to follow its graduate, while edited rules were not published: not cleared before they are.
    waits_for_rules = models.BooleanField(
        _("waits for the rules to be published"), default=False, db_default=False, editable=False
    )

    class Meta:
        verbose_name = _("clearance sheet")
        verbose_name_plural = _("clearance sheets")
        constraints = [
            models.UniqueConstraint(fields=["graduate", "cohort"], name="sheet_one_per_cohort"),
            models.CheckConstraint(
                condition=models.Q(state__in=[SheetState.OPEN, SheetState.CLOSED], cleared_at=None)
                | models.Q(state=SheetState.CLEARED, cleared_at__isnull=False),
                name="sheet_cleared_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["cohort", "cleared_at"],
                name="sheet_cleared",
                condition=models.Q(cleared_at__isnull=False),
            )
        ]
        triggers = [
            OnlyThroughDoor(
                door=DOOR,
                columns=("state", "cleared_at", "college_id", "level"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.graduate} · {self.cohort}"


class ClearanceItem(models.Model):
    """One checkpoint on one sheet (办理事项), with its owner resolved for the queue.

    `state`, and how it came about, is written by the services of clearance and of cohorts only. Its number on the sheet is not
    stored: it is its place among the items that are needed, and rules move it.
    """

    sheet = models.ForeignKey(
        ClearanceSheet,
        on_delete=models.PROTECT,
        related_name="items",
        db_index=False,
        verbose_name=_("sheet"),
    )
    checkpoint = models.ForeignKey(
        Checkpoint,
        on_delete=models.PROTECT,
        related_name="items",
        db_index=False,
        verbose_name=_("checkpoint"),
    )
    owner = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("department that decides"),
    )
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("supervisor who decides"),
    )
    # Which rule put it here; a soft reference, for its reason. Rules come and go, items stay until the rules are applied again.
    rule = models.ForeignKey(
        CheckpointRule,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("rule"),
    )
    state = models.CharField(_("state"), max_length=8, choices=ItemState)
    # As the clerk gave it, and in English where it came from the department's reason texts: the graduate reads either.
    reason = models.TextField(_("reason"), blank=True, db_default="")
    reason_en = models.TextField(_("reason (English)"), blank=True, db_default="")
    decided_how = models.CharField(_("decided"), max_length=8, choices=DecidedBy, blank=True, db_default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("decided by"),
    )
    # In whose place a delegate decided (C4); told by the history as well, so no constraint slows bulk verbs down.
    decided_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("decided for"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    # The transaction that wrote this state: tells a bulk verb whether a row is still what the clerk was looking at.
    changed_xid = models.BigIntegerField(editable=False, db_default=THIS_TRANSACTION)

    class Meta:
        verbose_name = _("checkpoint item")
        verbose_name_plural = _("checkpoint items")
        constraints = [
            models.UniqueConstraint(fields=["sheet", "checkpoint"], name="item_one_per_checkpoint"),
            models.CheckConstraint(condition=models.Q(state__in=ItemState.values), name="item_state_known"),
        ]
        indexes = [
            models.Index(  # in the order of the queue's pages, so that what is decided already is not read for them
                fields=["owner", "state", "sheet", "checkpoint"],
                name="item_queue",
            ),
            models.Index(
                fields=["supervisor", "sheet"],
                name="item_supervisor",
                condition=models.Q(supervisor__isnull=False),
            ),
        ]
        triggers = [OnlyThroughDoor(door=DOOR, columns=("state",))]

    def __str__(self) -> str:
        return f"{self.sheet} · {self.checkpoint}"

    @property
    def is_open(self) -> bool:
        return self.state in ItemState.open()


class DecisionBatch(models.Model):
    """One verb carried out on one or many items, so that it can be taken back as one (decision 5)."""

    append_only = True

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    verb = models.CharField(_("verb"), max_length=8, choices=Verb)
    how = models.CharField(_("how"), max_length=8, choices=DecidedBy)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="decision_batches",
        verbose_name=_("decided by"),
    )
    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    xid = models.BigIntegerField(editable=False, db_default=THIS_TRANSACTION)
    delegation = models.CharField(
        _("why in the supervisor's place"), max_length=200, blank=True, db_default=""
    )
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="undone_by", verbose_name=_("takes back")
    )
    # The uploaded list that brought it: one batch for each verb, taken back together.
    workbook = models.ForeignKey(
        "workbooks.ImportBatch",
        on_delete=models.PROTECT,
        null=True,
        related_name="decision_batches",
        verbose_name=_("uploaded list"),
    )
    # The departments whose items it decided, so that their other clerks find it; 0 stands for supervisors' reviews.
    departments = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], editable=False, verbose_name=_("departments")
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-id"]
        indexes = [GinIndex(fields=["departments"], name="batch_departments")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_verb_display()}"


class Decision(models.Model):
    """What a batch did to one item: its history, written together with the state."""

    append_only = True

    # Without constraints: whoever writes or removes an item holds its sheet, and removes none that has a history;
    # the batch is written in the same statement and never deleted. A check per row would find nothing.
    item = models.ForeignKey(
        ClearanceItem,
        on_delete=models.PROTECT,
        related_name="decisions",
        db_constraint=False,
        verbose_name=_("item"),
    )
    batch = models.ForeignKey(
        DecisionBatch,
        on_delete=models.PROTECT,
        related_name="decisions",
        db_index=False,
        db_constraint=False,
        verbose_name=_("decision"),
    )
    before = models.CharField(_("before"), max_length=8, choices=ItemState)
    after = models.CharField(_("after"), max_length=8, choices=ItemState)
    reason = models.TextField(_("reason"), blank=True)
    reason_en = models.TextField(_("reason (English)"), blank=True, db_default="")
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,  # copied from the item, which has one
        verbose_name=_("on behalf of"),
    )

    class Meta:
        verbose_name = _("history of an item")
        verbose_name_plural = _("history of items")
        ordering = ["-id"]
        # Rows come batch by batch and stay where they are, so this index costs next to nothing to write.
        indexes = [BrinIndex(fields=["batch"], name="decision_batch", pages_per_range=16, autosummarize=True)]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"

    @property
    def said(self) -> str:
        """The reason in the reader's language where it is known, else as it was written."""
        return in_readers_language(self.reason, self.reason_en)


class SupervisorChange(models.Model):
    """That a graduate's review went to another supervisor (C4): who was it before, who changed it, and why."""

    append_only = True

    graduate = models.ForeignKey(
        Graduate, on_delete=models.PROTECT, related_name="supervisor_changes", verbose_name=_("graduate")
    )
    before = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("before"),
    )
    after = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("after"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("changed by"),
    )
    reason = models.CharField(_("reason"), max_length=200)
    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("change of supervisor")
        verbose_name_plural = _("changes of supervisors")
        ordering = ["-id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.graduate}: {self.after}"
