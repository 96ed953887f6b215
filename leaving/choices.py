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


class AsksFor(TextChoices):
    """A form that a checkpoint asks for (C8)."""

    REGISTRATION = "registration", _("Graduate's registration form")
    EMPLOYMENT = "employment", _("Employment plan")


class EmploymentKind(TextChoices):
    """What an employment plan (就业方案) is about."""

    CONTRACT = "contract", _("Contract with an employer")
    STUDY = "study", _("Further study")
    ABROAD = "abroad", _("Abroad")
    BUSINESS = "business", _("Own business")
    WAITING = "waiting", _("Waiting, back to the place of origin")
    ENTRUSTING = "entrusting", _("Returning to the entrusting unit")


class VersionState(TextChoices):
    """What became of a version of a form. Not stored: the decisions on its item tell it."""

    DRAFT = "draft", _("Draft, not handed in yet")
    HANDED_IN = "handed_in", _("Handed in, to be decided")
    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned to be changed")
    WAIVED = "waived", _("No longer needed")
    REPLACED = "replaced", _("Replaced by a newer version")


class CohortState(TextChoices):
    PREPARED = "prepared", _("In preparation")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class DeferralState(TextChoices):
    """How far a deferral (延期毕业) has come (G5)."""

    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    UNDONE = "undone", _("Undone")
    WITHDRAWN = "withdrawn", _("Withdrawn")

    @classmethod
    def standing(cls) -> tuple["DeferralState", ...]:
        """Of these a graduate has one at most in a cohort."""
        return (cls.PROPOSED, cls.APPROVED)


class AdditionState(TextChoices):
    """How far the addition of somebody who is not on the list has come (G6)."""

    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


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
    CLOSED = "closed", _("Closed by deferral")

    @classmethod
    def shown(cls) -> tuple["SheetState", ...]:
        """Those that appear in queues, lists and figures; a closed one waits for nobody (G5)."""
        return (cls.OPEN, cls.CLEARED)


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


class Change(TextChoices):
    """What publishing the rules makes of a checkpoint for one graduate (decision 13)."""

    GAINS = "gains", _("must be passed")
    WAITS = "waits", _("has to wait for another")
    FREED = "freed", _("need not wait any more")
    PASSES = "passes", _("passes by itself")
    EXEMPT = "exempt", _("not needed")
    LOSES = "loses", _("not listed any more")
    STANDS = "stands", _("decided already, stays")
    KEEPS = "keeps", _("as it is")
    ABSENT = "absent", _("not listed")

    @classmethod
    def real(cls) -> tuple["Change", ...]:
        """Those after which the sheet looks different."""
        return (cls.GAINS, cls.WAITS, cls.FREED, cls.PASSES, cls.EXEMPT, cls.LOSES)


class PublicationState(TextChoices):
    """The way of a publication of rules."""

    REQUESTED = "requested", _("In progress")
    PUBLISHED = "published", _("Published")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


class Reminded(TextChoices):
    """Whom a reminder goes to (C10)."""

    GRADUATES = "graduates", _("Graduates who miss something")
    CLERKS = "clerks", _("Clerks whose queue is old")
    SUPERVISORS = "supervisors", _("Supervisors with open reviews")
    COUNSELLORS = "counsellors", _("Counsellors and class teachers: how their classes stand")
    UNANSWERED = "unanswered", _("Graduates who have not answered the questionnaire")


class RunState(TextChoices):
    """What has become of a reminder that was sent off."""

    WAITING = "waiting", _("Being sent")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class News(TextChoices):
    """What graduates are told of by themselves, without a reminder."""

    DECIDED = "decided", _("Decisions on items")
    CLEARED = "cleared", _("Certificate of leaving issued")
    REOPENED = "reopened", _("Clearing taken back")


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
