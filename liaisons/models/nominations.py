"""Who is put forward, and the three opinions on it (L1, L2)."""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import Sex
from leaving.models import Graduate, Major, SchoolClass
from liaisons.choices import NominationState, Origin, PublicField, Step
from liaisons.models.rounds import LiaisonRound
from portal.departments.models import Department


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Nomination(models.Model):
    """A graduate put forward as liaison, with the published recommendation form (推荐表) as the nominee filled it in.

    The form is a document: what stands on it was true when it was handed in and does not follow later changes of the record.
    `school_class` is empty for postgraduates, who are chosen by major.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    round = models.ForeignKey(
        LiaisonRound, on_delete=models.PROTECT, related_name="nominations", verbose_name=_("round")
    )
    graduate = models.ForeignKey(
        Graduate, on_delete=models.PROTECT, related_name="liaison_nominations", verbose_name=_("graduate")
    )
    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="liaison_nominations", verbose_name=_("college")
    )
    major = models.ForeignKey(
        Major, on_delete=models.PROTECT, related_name="liaison_nominations", verbose_name=_("major")
    )
    school_class = models.ForeignKey(
        SchoolClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="liaison_nominations",
        verbose_name=_("class"),
    )
    origin = models.CharField(_("by"), max_length=8, choices=Origin)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recommended by"),
    )
    state = models.CharField(_("state"), max_length=12, choices=NominationState)

    # Withdrawn because the graduate was deferred: the state it returns to when that is undone (G5).
    deferred_from = models.CharField(
        _("state before the deferral"),
        max_length=12,
        choices=NominationState,
        blank=True,
        default="",
        editable=False,
    )

    name = models.CharField(_("name"), max_length=100)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex)
    political_status = models.CharField(_("political status"), max_length=40, blank=True)
    degree = models.CharField(_("highest education (degree)"), max_length=80, blank=True)
    mobile = models.CharField(_("telephone"), max_length=32, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=64, blank=True)
    class_title = models.CharField(_("college, major and class"), max_length=200)
    student_office = models.CharField(_("student office held"), max_length=100, blank=True)
    biography = models.TextField(_("biography"), blank=True)
    publish = ArrayField(
        models.CharField(max_length=12, choices=PublicField),
        default=list,
        blank=True,
        verbose_name=_("may be published"),
    )

    accepted_at = models.DateTimeField(
        _("conditions and duties accepted"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("nomination")
        verbose_name_plural = _("nominations")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "college", "id"], name="nomination_queue"),
            models.Index(fields=["school_class", "state"], name="nomination_class"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=NominationState.values), name="nomination_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(origin__in=Origin.values), name="nomination_origin_known"
            ),
            models.CheckConstraint(condition=models.Q(sex__in=Sex.values), name="nomination_sex_known"),
            models.CheckConstraint(
                condition=models.Q(publish__contained_by=PublicField.values), name="nomination_publish_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[NominationState.PROPOSED, NominationState.WITHDRAWN])
                | models.Q(accepted_at__isnull=False),
                name="nomination_accepted_by_the_nominee",
            ),
            models.UniqueConstraint(
                fields=["graduate", "round"],
                condition=~models.Q(state__in=NominationState.closed()),
                name="nomination_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.class_title}"

    @property
    def tone(self) -> str:
        """How the state looks on a page (`{% badge %}`)."""
        match self.state:
            case NominationState.APPOINTED | NominationState.RECOMMENDED:
                return "success"
            case NominationState.DECLINED:
                return "error"
            case NominationState.WITHDRAWN:
                return "neutral"
            case _:
                return "waiting"


# The order of the opinions is kept by the database too: no door of ours, nor the shell, can put the centre before the college.
IN_ORDER = pgtrigger.Trigger(
    name="in_order",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("before", "text")],
    func="""
        before := CASE NEW.step WHEN 'college' THEN 'class' WHEN 'centre' THEN 'college' END;
        IF before IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM liaisons_opinion o
            WHERE o.nomination_id = NEW.nomination_id AND o.step = before AND o.favourable
        ) THEN
            RAISE EXCEPTION 'The opinion of % must be favourable first.', before USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Opinion(models.Model):
    """What the class, the college or the alumni centre says to a nomination.

    `signer` is who stands for the opinion on the printed form (the dean, say); `given_by` who entered it.
    """

    nomination = models.ForeignKey(
        Nomination, on_delete=models.PROTECT, related_name="opinions", verbose_name=_("nomination")
    )
    step = models.CharField(_("step"), max_length=8, choices=Step)
    favourable = models.BooleanField(_("favourable"))
    text = models.TextField(_("opinion"), blank=True)
    signer = models.CharField(_("signed by"), max_length=100)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    given_at = models.DateTimeField(_("given"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        ordering = ["nomination", "id"]
        triggers = [IN_ORDER]
        constraints = [
            models.CheckConstraint(condition=models.Q(step__in=Step.values), name="opinion_step_known"),
            models.CheckConstraint(
                condition=models.Q(favourable=True) | ~models.Q(text=""),
                name="opinion_reason_when_not_favourable",
            ),
            models.UniqueConstraint(fields=["nomination", "step"], name="opinion_one_per_step"),
            models.UniqueConstraint(fields=["nomination", "given_by"], name="opinion_three_persons"),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} · {self.signer}"
