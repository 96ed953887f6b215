"""The person, kept for life, and the degrees taken here (A1)."""

import uuid

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from leaving.choices import DocumentType, Level, Sex, StudyMode
from leaving.models import Graduate, SchoolClass
from portal.departments.models import Department


def _sql(function: str, *arguments: models.F | models.Value) -> models.Func:
    return models.Func(*arguments, function=function)


# `张三 zhangsan zs` from the name and its sort key `zhang san`: one trigram index finds a person by any of them.
SEARCH_TEXT = models.Func(
    _sql("lower", models.F("name")),
    _sql("replace", models.F("sort_key"), models.Value(" "), models.Value("")),
    _sql(
        "regexp_replace",
        models.F("sort_key"),
        models.Value(r"(\S)\S* ?"),
        models.Value(r"\1"),
        models.Value("g"),
    ),
    template="(%(expressions)s)",
    arg_joiner=" || ' ' || ",
)


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["identity_cipher", "search_text"])
class Person(models.Model):
    """An alumnus or alumna: one record however many degrees.

    The identity number stands here as in `leaving.models.Graduate`: ciphertext bound to this row's `uid`, the
    same keyed index (so that a returning graduate is found without decrypting anything) and a mask. Who is
    known from an old workbook has none.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("account"),
    )
    name = models.CharField(_("name"), max_length=100)
    name_pinyin = models.CharField(_("name in pinyin"), max_length=160, blank=True)
    sort_key = models.CharField(max_length=200, blank=True, editable=False)
    search_text = models.GeneratedField(
        expression=SEARCH_TEXT, output_field=models.TextField(), db_persist=True
    )
    sex = models.CharField(_("sex"), max_length=8, choices=Sex, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    nationality = models.CharField(_("nationality"), max_length=60, blank=True)
    document_type = models.CharField(_("type of document"), max_length=20, choices=DocumentType, blank=True)
    identity_cipher = models.BinaryField(null=True, editable=False)
    identity_index = models.BinaryField(max_length=32, null=True, editable=False)
    identity_mask = models.CharField(_("number of document"), max_length=32, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("alumnus")
        verbose_name_plural = _("alumni")
        ordering = ["sort_key", "id"]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="person_list"),
            GinIndex(fields=["search_text"], name="person_search_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["identity_index"], name="person_one_per_identity"),
            models.CheckConstraint(condition=models.Q(sex__in=["", *Sex.values]), name="person_sex_known"),
            models.CheckConstraint(
                condition=models.Q(document_type__in=["", *DocumentType.values]),
                name="person_document_type_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Degree(models.Model):
    """What a person studied here. It knows its graduate; earlier alumni have none (decision 12)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="degrees", verbose_name=_("alumnus")
    )
    graduate = models.OneToOneField(
        Graduate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="degree",
        verbose_name=_("graduate"),
    )
    cohort_year = models.PositiveSmallIntegerField(_("cohort"))
    college = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="degrees", verbose_name=_("college")
    )
    major = models.CharField(_("major"), max_length=80)
    school_class = models.ForeignKey(
        SchoolClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="degrees",
        verbose_name=_("class"),
    )
    grade = models.PositiveSmallIntegerField(_("grade"))
    level = models.CharField(_("level"), max_length=16, choices=Level)
    study_mode = models.CharField(
        _("study mode"), max_length=16, choices=StudyMode, default=StudyMode.FULL_TIME
    )
    student_no = models.CharField(_("student number"), max_length=32, blank=True)
    graduated_on = models.DateField(_("graduated"), null=True, blank=True)
    # The clearing was taken back: not an alumnus yet. The next clearing brings the degree back.
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("degree")
        verbose_name_plural = _("degrees")
        ordering = ["-cohort_year", "-id"]
        indexes = [
            models.Index(fields=["college", "cohort_year", "level"], name="degree_list"),
            models.Index(fields=["cohort_year", "level"], name="degree_cohort"),
            models.Index(fields=["student_no"], condition=~models.Q(student_no=""), name="degree_student_no"),
            GinIndex(fields=["major"], name="degree_major_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(level__in=Level.values), name="degree_level_known"),
            models.CheckConstraint(
                condition=models.Q(study_mode__in=StudyMode.values), name="degree_study_mode_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.grade_and_major}"

    @property
    def grade_and_major(self) -> str:
        """年级专业 as the published workbook writes it: “2017级工程管理” (A2)."""
        return f"{self.grade}级{self.major}"
