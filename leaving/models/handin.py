"""What a graduate hands in on an item: evidence, forms, and “please look again” (C8)."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import AsksFor
from leaving.models.clearance import ClearanceItem, Decision
from portal.uploads.checking import MEDIA_TYPES


class ItemForm(models.Model):
    """One version of a form that a checkpoint asks for: a draft until it is handed in, and then kept as it was.

    What became of a version is told by the decisions on its item: whoever passes the item accepts it, whoever does not
    pass it returns it (`leaving.selectors.handin.HandedIn`). So no verb can forget to.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(
        ClearanceItem, on_delete=models.PROTECT, related_name="forms", verbose_name=_("item")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=AsksFor)
    version = models.PositiveSmallIntegerField(_("version"))
    data = models.JSONField(_("entries"), default=dict)
    saved_at = models.DateTimeField(_("saved"), db_default=Now(), editable=False)
    handed_in_at = models.DateTimeField(_("handed in"), null=True, blank=True)
    # The last decision on the item when this was handed in: a later one was made about this version.
    after = models.ForeignKey(
        Decision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,  # decisions are never deleted
        verbose_name=_("after the decision"),
    )

    class Meta:
        verbose_name = _("form on an item")
        verbose_name_plural = _("forms on items")
        ordering = ["item", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["item", "version"], name="item_form_version_unique"),
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(handed_in_at=None), name="item_form_one_draft"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=AsksFor.values), name="item_form_kind_known"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="kept_as_handed_in",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__handed_in_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"


class LookAgain(models.Model):
    """That the graduate asks to look again at an item that was not passed: once for each decision (C8).

    It is answered by the next decision on the item, whatever it is.
    """

    append_only = True

    item = models.ForeignKey(
        ClearanceItem, on_delete=models.PROTECT, related_name="looks_again", verbose_name=_("item")
    )
    decision = models.OneToOneField(
        Decision,
        on_delete=models.PROTECT,
        related_name="look_again",
        db_constraint=False,  # decisions are never deleted
        verbose_name=_("decision"),
    )
    text = models.TextField(_("what has changed"), blank=True)
    form = models.ForeignKey(
        ItemForm,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("with the form"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("asked by"),
    )
    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("request to look again")
        verbose_name_plural = _("requests to look again")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(text="") | models.Q(form__isnull=False),
                name="look_again_says_something",
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.item}"


class Evidence(models.Model):
    """A picture or a PDF that the graduate, or a clerk on the graduate's behalf, added to an item.

    The content is a private file. Withdrawn, or when its time is over, the row stays as history and the file goes.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(
        ClearanceItem, on_delete=models.PROTECT, related_name="evidence", verbose_name=_("item")
    )
    name = models.CharField(_("file"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=[(kind, kind.upper()) for kind in MEDIA_TYPES])
    size = models.PositiveIntegerField(_("size in bytes"))
    file_uid = models.UUIDField(unique=True, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("added by"),
    )
    added_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)
    # The last decision on the item when this was added: what was decided about may not be withdrawn.
    after = models.ForeignKey(
        Decision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,  # decisions are never deleted
        verbose_name=_("after the decision"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    expired_at = models.DateTimeField(
        _("deleted when its time was over"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["item", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=list(MEDIA_TYPES)), name="evidence_kind_known")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_content(self) -> bool:
        return self.withdrawn_at is None and self.expired_at is None
