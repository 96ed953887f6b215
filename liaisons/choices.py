"""Named values of the liaisons app; the Chinese labels are those of the published notice and forms."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Origin(TextChoices):
    """How a nomination came about (L1)."""

    SELF = "self", _("Self-nomination")
    CLASS = "class", _("Class recommendation")


class Step(TextChoices):
    """The three opinions, in the order in which they are given (L2)."""

    CLASS = "class", _("Class")
    COLLEGE = "college", _("College")
    CENTRE = "centre", _("Alumni centre")

    @property
    def state(self) -> "NominationState":
        """The state of a nomination that waits for this opinion."""
        return _WAITING[self]

    @property
    def following(self) -> "NominationState":
        """The state after a favourable opinion."""
        return _AFTER[self]


class NominationState(TextChoices):
    PROPOSED = "proposed", _("Waiting for the nominee")
    CLASS = "class", _("Waiting for the class")
    COLLEGE = "college", _("Waiting for the college")
    CENTRE = "centre", _("Waiting for the alumni centre")
    RECOMMENDED = "recommended", _("Ready to appoint")
    APPOINTED = "appointed", _("Appointed")
    DECLINED = "declined", _("Not recommended")
    WITHDRAWN = "withdrawn", _("Withdrawn")

    @classmethod
    def closed(cls) -> tuple["NominationState", ...]:
        """Those after which the same person may be nominated afresh."""
        return (cls.DECLINED, cls.WITHDRAWN)


_WAITING = {
    Step.CLASS: NominationState.CLASS,
    Step.COLLEGE: NominationState.COLLEGE,
    Step.CENTRE: NominationState.CENTRE,
}
_AFTER = {
    Step.CLASS: NominationState.COLLEGE,
    Step.COLLEGE: NominationState.CENTRE,
    Step.CENTRE: NominationState.RECOMMENDED,
}


class EndReason(TextChoices):
    """Why an appointment ended; empty while it has not."""

    EXPIRED = "expired", _("Term over")
    RENEWED = "renewed", _("Renewed")
    RESIGNED = "resigned", _("Resigned")
    DISMISSED = "dismissed", _("Dismissed")
    DEFERRED = "deferred", _("Graduation deferred")


class PublicField(TextChoices):
    """What a liaison may let the public list show (L3). Without the first there is no entry at all."""

    NAME = "name", _("Name, college and cohort")
    CLASS = "class", _("Major and class")
    MOBILE = "mobile", _("Mobile")
    WECHAT = "wechat", _("WeChat")
    BIOGRAPHY = "biography", _("Biography")


class ClassmateField(TextChoices):
    """What a member of a class may let its liaisons see (L6)."""

    MOBILE = "mobile", _("Mobile")
    WECHAT = "wechat", _("WeChat")
    QQ = "qq", _("QQ")
    EMAIL = "email", _("E-mail")
    ADDRESS = "address", _("Postal address")
    EMPLOYER = "employer", _("Employer and post")
