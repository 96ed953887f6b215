"""Named values of the alumni app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ContactKind(TextChoices):
    """The ways to reach a person."""

    MOBILE = "mobile", _("Mobile")
    WECHAT = "wechat", _("WeChat")
    QQ = "qq", _("QQ")
    EMAIL = "email", _("E-mail")
    ADDRESS = "address", _("Postal address")
    IDENTITY_ADDRESS = "identity_address", _("Address on the identity card")

    @classmethod
    def own(cls) -> tuple["ContactKind", ...]:
        """Those that the person keeps up to date; the address on the card comes with the card."""
        return (cls.MOBILE, cls.WECHAT, cls.QQ, cls.EMAIL, cls.ADDRESS)


class Source(TextChoices):
    """Who told us (A1: each value with source and date)."""

    GRADUATE = "graduate", _("Graduate record")
    SELF = "self", _("The alumnus")
    STAFF = "staff", _("Alumni office")
    WORKBOOK = "workbook", _("Alumni workbook")
    LIAISON = "liaison", _("Liaison")
