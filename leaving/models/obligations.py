"""What departments' data say: deliveries, the obligations they brought, whom they cover, and the keys of the API (C7)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leaving.choices import DeliveryKind, DeliveryState
from leaving.models.checkpoints import Checkpoint
from leaving.models.graduates import Graduate
from portal.departments.models import Department


class ApiKey(models.Model):
    """A department's key to the API. Only a hash of the secret is kept, so it can be shown once and never again.

    It lets its holder deliver what the department's own staff may upload, and nothing else.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="api_keys", verbose_name=_("department")
    )
    name = models.CharField(_("for which system"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("issued by"),
    )
    created_at = models.DateTimeField(_("issued"), db_default=Now(), editable=False)
    expires_on = models.DateField(_("valid until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}… · {self.name}"

    @property
    def is_valid(self) -> bool:
        """Not revoked, and its last day is not over."""
        return self.revoked_at is None and timezone.localdate() <= self.expires_on


class Delivery(models.Model):
    """One list of obligations that a department handed over, and what became of it.

    `taken_at` is the data's own time: when the department's system looked. Deliveries are told apart by `uid`, which the
    sender chooses, so that sending again changes nothing. `content` (the rows, packed) is kept only while something may still
    be done with them: it is held, or waits for a worker.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    checkpoint = models.ForeignKey(
        Checkpoint,
        on_delete=models.PROTECT,
        related_name="deliveries",
        db_index=False,
        verbose_name=_("checkpoint"),
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("department")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=DeliveryKind)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState)
    taken_at = models.DateTimeField(_("data of"))
    received_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    key = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, related_name="deliveries", verbose_name=_("API key")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("handed in by"),
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("confirmed or refused by"),
    )
    answered_at = models.DateTimeField(_("confirmed or refused"), null=True, blank=True)
    digest = models.BinaryField(max_length=32, editable=False)
    content = models.BinaryField(null=True, editable=False)
    # Why nobody has to be asked for its being refused, or what broke (a code); and the rows that cannot be right, the first ones.
    problem = models.CharField(_("problem"), max_length=40, blank=True, editable=False)
    faults = models.JSONField(default=list, editable=False)
    faults_total = models.PositiveIntegerField(_("rows to correct"), default=0)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    not_ours = models.PositiveIntegerField(_("rows about others"), default=0)
    before = models.PositiveIntegerField(_("open before"), default=0)
    opened = models.PositiveIntegerField(_("opened"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    settled = models.PositiveIntegerField(_("settled"), default=0)
    passed = models.PositiveIntegerField(_("items passed"), default=0)
    failed = models.PositiveIntegerField(_("items failed"), default=0)
    cleared = models.PositiveIntegerField(_("graduates cleared"), default=0)

    class Meta:
        verbose_name = _("delivery of obligations")
        verbose_name_plural = _("deliveries of obligations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=DeliveryKind.values), name="delivery_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=DeliveryState.values), name="delivery_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state=DeliveryState.APPLIED, applied_at__isnull=False)
                | (~models.Q(state=DeliveryState.APPLIED) & models.Q(applied_at=None)),
                name="delivery_applied_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["checkpoint", "department", "state", "-taken_at"], name="delivery_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint} · {timezone.localtime(self.taken_at):%Y-%m-%d %H:%M}"


class Obligation(models.Model):
    """An unsettled matter (未结清事项) of a graduate with a department: who brought it when, and who settled it.

    `key` says which one it is among a graduate's: the department's own reference, or the title. Settled ones stay as
    history; one that comes back is a new row.
    """

    checkpoint = models.ForeignKey(
        Checkpoint,
        on_delete=models.PROTECT,
        related_name="obligations",
        db_index=False,
        verbose_name=_("checkpoint"),
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("department")
    )
    graduate = models.ForeignKey(
        Graduate, on_delete=models.PROTECT, related_name="obligations", verbose_name=_("graduate")
    )
    key = models.CharField(_("reference"), max_length=200)
    title = models.CharField(_("matter"), max_length=200)
    amount = models.DecimalField(_("amount (CNY)"), max_digits=12, decimal_places=2, null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True, editable=False)
    brought_by = models.ForeignKey(
        Delivery,
        on_delete=models.PROTECT,
        related_name="brought",
        db_index=False,
        verbose_name=_("brought by"),
    )
    settled_by = models.ForeignKey(
        Delivery,
        on_delete=models.PROTECT,
        null=True,
        related_name="settled_obligations",
        db_index=False,
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "department", "graduate", "key"],
                condition=models.Q(settled_at=None),
                name="obligation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gt=0), name="obligation_amount_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["checkpoint", "graduate"], name="obligation_open", condition=models.Q(settled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.graduate}: {self.title}"


class DataCoverage(models.Model):
    """That a department's data have spoken about a graduate at a checkpoint: without it nobody passes (decision 14).

    A complete list covers everyone it was about who was on the roll when it was applied; changes cover those they name. Where
    a delivery passes somebody over who is no longer the department's to decide about (deferred, moved to another college or
    campus), their coverage ends: what it would have said is not known.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    graduate = models.ForeignKey(Graduate, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The first delivery that did since; told by the history of deliveries as well, so no constraint slows large ones down.
    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = _("coverage by data")
        verbose_name_plural = _("coverage by data")
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "department", "graduate"], name="coverage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.graduate} · {self.checkpoint} · {self.department}"


class LatestWord(models.Model):
    """When changes last spoke about an obligation, or with an empty key about all of a graduate's: older data say nothing new.

    Complete lists leave no words behind: one older than the newest that was applied is not applied. So words are needed only
    until a newer complete list, and are deleted by it.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    graduate = models.ForeignKey(Graduate, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(_("reference"), max_length=200, blank=True)
    taken_at = models.DateTimeField(_("data of"))

    class Meta:
        verbose_name = _("latest word of changes")
        verbose_name_plural = _("latest words of changes")
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "department", "graduate", "key"], name="latest_word_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.graduate} · {self.key} · {timezone.localtime(self.taken_at):%Y-%m-%d %H:%M}"
