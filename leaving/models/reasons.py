"""Reasons that a department gives again and again (C6), in both languages: the graduate reads them in theirs."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import Verb
from portal.departments.models import Department
from portal.localized import localized

REASON_LENGTH = 500


class ReasonText(models.Model):
    """A reason to choose from. A decision keeps a copy of both languages, so that changing the text changes no history."""

    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reason_texts",
        verbose_name=_("department"),
        help_text=_("Empty: for the reviews of supervisors."),
    )
    # Not a foreign key: the same checkpoint of the next cohort has the same key.
    checkpoint_key = models.SlugField(
        _("only for the checkpoint"),
        max_length=40,
        blank=True,
        help_text=_("The key of the checkpoint. Empty: for all of the department's."),
    )
    verb = models.CharField(
        _("only for"),
        max_length=8,
        blank=True,
        choices=[(Verb.FAIL.value, Verb.FAIL.label), (Verb.WAIVE.value, Verb.WAIVE.label)],
        help_text=_("Empty: for not passing as well as for waiving."),
    )
    text_zh = models.CharField(_("text (Chinese)"), max_length=REASON_LENGTH)
    text_en = models.CharField(_("text (English)"), max_length=REASON_LENGTH, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("reason text")
        verbose_name_plural = _("reason texts")
        ordering = ["department", "checkpoint_key", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "checkpoint_key", "verb", "text_zh"],
                name="reason_text_once",
                nulls_distinct=False,
                violation_error_message=_("This reason is there already."),
            ),
            models.CheckConstraint(
                condition=models.Q(verb__in=["", Verb.FAIL, Verb.WAIVE]), name="reason_text_verb_known"
            ),
        ]

    def __str__(self) -> str:
        return localized(self, "text")
