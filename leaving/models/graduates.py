"""The graduate (G1), and whose task it is to import whom (G2)."""

import uuid

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import Certificates, DocumentType, Housing, Level, Sex, StudyMode, Training
from leaving.models.cohorts import Cohort, Major, SchoolClass
from portal.departments.models import Campus, Department


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["identity_cipher"])
class Graduate(models.Model):
    """A student of a cohort, as imported and later verified.

    The identity number stands here three times and never in plain: ciphertext bound to this row's `uid`, a keyed index to find
    and compare by, and a mask to show. `leaving.services.identity` is the only reader of the ciphertext.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="graduates", verbose_name=_("cohort")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="graduates",
        verbose_name=_("account"),
    )

    student_no = models.CharField(_("student number"), max_length=32, unique=True)
    exam_no = models.CharField(_("examination number"), max_length=32, blank=True)
    name = models.CharField(_("name"), max_length=100)
    name_pinyin = models.CharField(_("name in pinyin"), max_length=160, blank=True)
    sort_key = models.CharField(max_length=200, blank=True, editable=False)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    document_type = models.CharField(
        _("type of document"), max_length=20, choices=DocumentType, default=DocumentType.RESIDENT
    )
    identity_cipher = models.BinaryField(editable=False)
    identity_index = models.BinaryField(max_length=32, editable=False)
    identity_mask = models.CharField(_("number of document"), max_length=32, editable=False)
    ethnicity = models.CharField(_("ethnicity"), max_length=40, blank=True)
    political_status = models.CharField(_("political status"), max_length=40, blank=True)
    nationality = models.CharField(_("nationality"), max_length=60, blank=True)

    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="graduates", verbose_name=_("college")
    )
    major = models.ForeignKey(
        Major, on_delete=models.PROTECT, related_name="graduates", verbose_name=_("major")
    )
    school_class = models.ForeignKey(
        SchoolClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="graduates",
        verbose_name=_("class"),
    )
    grade = models.PositiveSmallIntegerField(_("grade"))
    campus = models.ForeignKey(
        Campus, on_delete=models.PROTECT, related_name="graduates", verbose_name=_("campus")
    )
    level = models.CharField(_("level"), max_length=16, choices=Level)
    study_mode = models.CharField(_("study mode"), max_length=16, choices=StudyMode)
    certificates = models.CharField(
        _("certificates"), max_length=8, choices=Certificates, default=Certificates.BOTH
    )
    length_of_study = models.CharField(_("length of study"), max_length=10, blank=True)
    enrolled_on = models.DateField(_("enrolled"), null=True, blank=True)
    expected_on = models.DateField(_("expected to graduate"), null=True, blank=True)
    graduated_on = models.DateField(_("graduated"), null=True, blank=True)
    conclusion = models.CharField(_("conclusion"), max_length=20, blank=True)
    certificate_no = models.CharField(_("diploma number"), max_length=40, blank=True)
    dispatch = models.BooleanField(_("dispatch card"), null=True, blank=True)
    training = models.CharField(_("training"), max_length=16, choices=Training, default=Training.OPEN)
    entrusting_unit = models.CharField(_("entrusting unit"), max_length=120, blank=True)
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="supervised",
        verbose_name=_("supervisor"),
    )
    second_supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="co_supervised",
        verbose_name=_("second supervisor"),
    )
    housing = models.CharField(_("housing"), max_length=16, choices=Housing, blank=True)

    mobile = models.CharField(_("mobile"), max_length=32, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=64, blank=True)
    qq = models.CharField(_("QQ"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("postal address"), max_length=200, blank=True)
    employer = models.CharField(_("employer"), max_length=120, blank=True)
    post = models.CharField(_("post"), max_length=80, blank=True)
    identity_address = models.CharField(_("address on the identity card"), max_length=200, blank=True)
    origin = models.CharField(_("place of origin"), max_length=80, blank=True)

    batch = models.ForeignKey(
        "workbooks.ImportBatch",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("imported by"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("graduate")
        verbose_name_plural = _("graduates")
        ordering = ["student_no"]
        indexes = [
            models.Index(fields=["identity_index"], name="graduate_identity"),
            models.Index(fields=["cohort", "college", "student_no"], name="graduate_list"),
            GinIndex(fields=["name"], name="graduate_name_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(level__in=Level.values), name="graduate_level_known"),
            models.CheckConstraint(
                condition=models.Q(study_mode__in=StudyMode.values), name="graduate_study_mode_known"
            ),
            models.CheckConstraint(
                condition=models.Q(certificates__in=Certificates.values), name="graduate_certificates_known"
            ),
            models.CheckConstraint(condition=models.Q(sex__in=Sex.values), name="graduate_sex_known"),
            models.CheckConstraint(
                condition=models.Q(document_type__in=DocumentType.values), name="graduate_document_type_known"
            ),
            models.CheckConstraint(
                condition=models.Q(training__in=Training.values), name="graduate_training_known"
            ),
            models.CheckConstraint(
                condition=models.Q(housing__in=["", *Housing.values]), name="graduate_housing_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.student_no})"

    @property
    def is_postgraduate(self) -> bool:
        return self.level in Level.postgraduate()


class ImportResponsibility(models.Model):
    """Who imports whom (G2), as rows an administrator edits: the first row in order that fits a graduate names the importer.

    An empty list or value fits all. `department` empty means the graduate's own college.
    """

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
    dispatch = models.BooleanField(_("dispatch card"), null=True, blank=True)
    overseas = models.BooleanField(_("overseas student"), null=True, blank=True)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible department"),
        help_text=_("Empty: the graduate's own college."),
    )

    class Meta:
        verbose_name = _("import responsibility")
        verbose_name_plural = _("import responsibilities")
        ordering = ["order"]

    def __str__(self) -> str:
        responsible = self.department or _("own college")
        return f"{self.order}. {responsible}"
