"""How to reach a person, and where the person works: each value with source and date, old ones kept (A1)."""

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alumni.choices import ContactKind, Source
from alumni.models.people import Person


class DatedValue(models.Model):
    """A value somebody told us on a day. A new one makes the old one history; nothing is overwritten."""

    source = models.CharField(_("source"), max_length=16, choices=Source)
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    is_current = models.BooleanField(_("current"), default=True)

    class Meta:
        abstract = True


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("person", "kind", "value", "source")),
    pghistory.DeleteEvent(),
)
class ContactPoint(DatedValue):
    """A mobile number, an address and so on."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="contacts", verbose_name=_("alumnus")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ContactKind)
    value = models.CharField(_("value"), max_length=254)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["kind", "-recorded_at", "-id"]
        indexes = [
            GinIndex(
                fields=["value"],
                condition=models.Q(kind=ContactKind.MOBILE),
                name="contact_mobile_trgm",
                opclasses=["gin_trgm_ops"],
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ContactKind.values), name="contact_kind_known"
            ),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="contact_source_known"),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=models.Q(is_current=True),
                name="contact_one_current_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("person", "employer", "post", "source")),
    pghistory.DeleteEvent(),
)
class Employment(DatedValue):
    """Where a person works, and as what."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="employments", verbose_name=_("alumnus")
    )
    employer = models.CharField(_("employer"), max_length=120)
    post = models.CharField(_("post"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("employment")
        verbose_name_plural = _("employments")
        ordering = ["-recorded_at", "-id"]
        indexes = [
            GinIndex(fields=["employer"], name="employment_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="employment_source_known"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(is_current=True), name="employment_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employer} · {self.post}" if self.post else self.employer
