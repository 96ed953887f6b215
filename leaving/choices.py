"""Named values of the leaving app. The Chinese labels are those of the published forms."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Level(TextChoices):
    JUNIOR_COLLEGE = "junior", _("Junior college")
    UNDERGRADUATE = "undergraduate", _("Undergraduate")
    MASTER = "master", _("Master")
    DOCTOR = "doctor", _("Doctor")

    @classmethod
    def postgraduate(cls) -> tuple["Level", ...]:
        return (cls.MASTER, cls.DOCTOR)

    @classmethod
    def first_degree(cls) -> tuple["Level", ...]:
        return (cls.JUNIOR_COLLEGE, cls.UNDERGRADUATE)


class StudyMode(TextChoices):
    FULL_TIME = "full_time", _("Full-time")
    PART_TIME = "part_time", _("Part-time")
    ON_THE_JOB = "on_the_job", _("On the job")


class Certificates(TextChoices):
    BOTH = "both", _("Degree and diploma")
    ONE = "one", _("One certificate")


class Sex(TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class DocumentType(TextChoices):
    RESIDENT = "resident", _("Resident identity card")
    PASSPORT = "passport", _("Passport")
    HONG_KONG_MACAO = "hk_mo", _("Mainland travel permit for Hong Kong and Macao residents")
    TAIWAN = "taiwan", _("Mainland travel permit for Taiwan residents")
    RESIDENCE_PERMIT = "residence", _("Residence permit for Hong Kong, Macao and Taiwan residents")
    FOREIGN_PERMANENT = "foreign_permanent", _("Foreign permanent resident identity card")


class Training(TextChoices):
    """How the place at the university was given (培养方式)."""

    OPEN = "open", _("Non-directed")
    DIRECTED = "directed", _("Directed")
    ENTRUSTED = "entrusted", _("Entrusted")
    MINORITY = "minority", _("Entrusted, ethnic minority")
    STAFF = "staff", _("University staff, on the job")


class Housing(TextChoices):
    ON_CAMPUS = "on_campus", _("Lives on campus")
    OFF_CAMPUS = "off_campus", _("Does not live on campus")


class CohortState(TextChoices):
    PREPARED = "prepared", _("In preparation")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class OwnerKind(TextChoices):
    """Who decides a checkpoint (C5)."""

    OFFICE = "office", _("An office")
    COLLEGE = "college", _("The graduate's college")
    NODE = "node", _("A node of the graduate's college")
    DORMITORY = "dormitory", _("The dormitory office of the graduate's campus")
    SUPERVISOR = "supervisor", _("The first supervisor")


class Match(TextChoices):
    """How a list of a rule is meant."""

    ANY = "any", _("all")
    ONLY = "only", _("only these")
    EXCEPT = "except", _("all except these")


class RuleOutcome(TextChoices):
    """What a rule makes of a checkpoint for the graduates it fits (C3)."""

    REQUIRED = "required", _("Must be passed")
    PASSED = "passed", _("Passes by itself")
    EXEMPT = "exempt", _("Not needed, listed with the reason")
    ABSENT = "absent", _("Not listed")


class ItemState(TextChoices):
    """State of a checkpoint item. The values are those of `data-state` on the sheet."""

    WAITING = "waiting", _("Waiting")
    PENDING = "pending", _("No decision yet")
    FAILED = "failed", _("Not passed")
    PASSED = "passed", _("Passed")
    WAIVED = "waived", _("Waived")
    EXEMPT = "exempt", _("Not needed")

    @classmethod
    def open(cls) -> tuple["ItemState", ...]:
        """What still stands between the graduate and leaving."""
        return (cls.WAITING, cls.PENDING, cls.FAILED)

    @classmethod
    def done(cls) -> tuple["ItemState", ...]:
        return (cls.PASSED, cls.WAIVED)


class SheetState(TextChoices):
    OPEN = "open", _("Open")
    CLEARED = "cleared", _("Cleared")


class Verb(TextChoices):
    """What can be done to checkpoint items (C6)."""

    PASS = "pass", _("Pass")
    FAIL = "fail", _("Do not pass")
    WAIVE = "waive", _("Waive")
    REOPEN = "reopen", _("Reopen")


class DecidedBy(TextChoices):
    """How a state came about."""

    HAND = "hand", _("by hand")
    WORKBOOK = "workbook", _("by workbook")
    DATA = "data", _("by the department's data")
    RULE = "rule", _("by rule")
    UNDO = "undo", _("by taking back a decision")


class DeliveryKind(TextChoices):
    """What a delivery of obligations is (C7)."""

    SNAPSHOT = "snapshot", _("Complete list")
    CHANGES = "changes", _("Changes")


class DeliveryState(TextChoices):
    """What became of a delivery. Only what is held can still change."""

    APPLIED = "applied", _("Applied")
    HELD = "held", _("Held")
    REFUSED = "refused", _("Refused")
    SUPERSEDED = "superseded", _("Superseded")


class Audience(TextChoices):
    """For whom a notice is (C11)."""

    GRADUATES = "graduates", _("Graduates")
    SUPERVISORS = "supervisors", _("Supervisors")
    OPERATORS = "operators", _("Operators")
    PUBLIC = "public", _("Everyone, without signing in")


class QuestionnaireState(TextChoices):
    """A questionnaire is built, answered, and over; there is no way back (`services.questionnaires`)."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CLOSED = "closed", _("Closed")


class QuestionKind(TextChoices):
    SINGLE = "single", _("One choice")
    MULTIPLE = "multiple", _("Several choices")
    SCALE = "scale", _("Scale")
    TEXT = "text", _("Free text")

    @classmethod
    def with_choices(cls) -> tuple["QuestionKind", ...]:
        return (cls.SINGLE, cls.MULTIPLE)
