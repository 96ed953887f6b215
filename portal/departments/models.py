"""The tree of departments, the campuses, and the grants on departments (P1, P2)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal.departments.choices import DepartmentKind, Right
from portal.localized import localized


class Department(models.Model):
    """An office, a college or a node of a college; the university itself is the root.

    A grant holds for exactly the department it is on. How far a department reaches over graduates is asked of
    `leaving.selectors.reach`: the root reaches all of them, a college its own, a node its college's.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("code"), max_length=32, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=DepartmentKind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("belongs to"),
    )
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=160, blank=True)
    short_zh = models.CharField(_("short name (Chinese)"), max_length=40, blank=True)
    short_en = models.CharField(_("short name (English)"), max_length=80, blank=True)
    contact = models.CharField(_("contact person"), max_length=60, blank=True)
    phone = models.CharField(_("telephone"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    place_zh = models.CharField(_("place (Chinese)"), max_length=160, blank=True)
    place_en = models.CharField(_("place (English)"), max_length=160, blank=True)
    hours_zh = models.CharField(_("hours (Chinese)"), max_length=160, blank=True)
    hours_en = models.CharField(_("hours (English)"), max_length=160, blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["order", "code"]
        permissions = [(right.value, right.label) for right in Right]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=DepartmentKind.values), name="department_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=DepartmentKind.UNIVERSITY, parent=None)
                | (~models.Q(kind=DepartmentKind.UNIVERSITY) & models.Q(parent__isnull=False)),
                name="department_only_the_university_is_root",
            ),
            models.UniqueConstraint(
                fields=["parent", "kind"],
                condition=models.Q(kind__in=DepartmentKind.college_nodes()),
                name="department_one_node_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(kind=DepartmentKind.UNIVERSITY),
                name="department_one_university",
            ),
        ]

    def __str__(self) -> str:
        name = localized(self, "name")
        if self.kind in DepartmentKind.college_nodes() and self.parent is not None:
            return f"{self.parent} · {name}"
        return name


class Campus(models.Model):
    """A campus, and the office that runs its dormitories (C5)."""

    code = models.CharField(_("code"), max_length=32, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=100, blank=True)
    dormitory_office = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="campuses_housed",
        verbose_name=_("dormitory office"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("campus")
        verbose_name_plural = _("campuses")
        ordering = ["code"]

    def __str__(self) -> str:
        return localized(self, "name")


class DatedGrant(models.Model):
    """What our grants add to guardian's rows: a first and a last day, both included, and who gave it."""

    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("granted by"),
    )
    granted_at = models.DateTimeField(_("granted"), auto_now=True)

    class Meta:
        abstract = True


class UserGrant(DatedGrant, UserObjectPermissionBase):
    """A right of one person on one department."""

    content_object = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="user_grants", verbose_name=_("department")
    )

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        verbose_name = _("grant to a person")
        verbose_name_plural = _("grants to persons")
        indexes = [models.Index(fields=["user", "permission", "content_object"], name="usergrant_lookup")]

    def __str__(self) -> str:
        return f"{self.user} · {self.permission.codename} · {self.content_object}"


class GroupGrant(DatedGrant, GroupObjectPermissionBase):
    """A right of a group on one department."""

    content_object = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="group_grants", verbose_name=_("department")
    )

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        verbose_name = _("grant to a group")
        verbose_name_plural = _("grants to groups")
        indexes = [models.Index(fields=["group", "permission", "content_object"], name="groupgrant_lookup")]

    def __str__(self) -> str:
        return f"{self.group} · {self.permission.codename} · {self.content_object}"
