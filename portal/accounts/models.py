"""Users and the one-time codes that activate them (P3)."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        """A user; without a password the account waits for its activation."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.password = make_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: students with the student number, staff with the staff number."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(
        _("student or staff number"),
        max_length=64,
        unique=True,
        error_messages={"unique": _("This number has an account already.")},
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    # Kept by portal.notify, so that no page has to count for the mark in its header.
    unread_messages = models.PositiveIntegerField(
        _("unread messages"), default=0, db_default=0, editable=False
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may enter the administration"), default=False)
    must_set_password = models.BooleanField(_("must set a password"), default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    # What was found out about the person during one request; None outside of requests: nothing is remembered there.
    remembered: dict[str, Any] | None = None

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self) -> str:
        return f"{self.name} ({self.username})"

    def get_short_name(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


class ActivationCode(models.Model):
    """A random code, good once and for a while; only its hash is kept. It either activates an account or resets it."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="activation_codes", verbose_name=_("user")
    )
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)

    class Meta:
        verbose_name = _("activation code")
        verbose_name_plural = _("activation codes")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"

    @property
    def usable(self) -> bool:
        """Not used, not expired, not guessed at too often."""
        return self.used_at is None and self.expires_at > timezone.now() and self.attempts < 10
