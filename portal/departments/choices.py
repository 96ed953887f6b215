from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DepartmentKind(TextChoices):
    """What a department is in the tree (P1)."""

    UNIVERSITY = "university", _("University")
    OFFICE = "office", _("Office")
    COLLEGE = "college", _("College")
    WORK_GROUP = "work_group", _("Student work group")
    SECRETARY = "secretary", _("Postgraduate secretary")
    ROLL = "roll", _("Registrar teacher")

    @classmethod
    def college_nodes(cls) -> tuple["DepartmentKind", ...]:
        return (cls.WORK_GROUP, cls.SECRETARY, cls.ROLL)


class Right(TextChoices):
    """What a grant on a department allows there (P2). Every right is a permission of `departments.Department`."""

    IMPORT_GRADUATES = "import_graduates", _("Can import graduates")
    VIEW_GRADUATES = "view_graduates", _("Can see graduates")
    DECIDE = "decide_checkpoints", _("Can decide checkpoints")
    VERIFY = "verify_information", _("Can verify information")
    EXPORT = "export_data", _("Can export")
    MANAGE_ALUMNI = "manage_alumni", _("Can manage alumni")
    MANAGE_LIAISONS = "manage_liaisons", _("Can manage liaisons")
    STATISTICS = "view_statistics", _("Can see statistics")
    OPEN_COHORT = "open_cohort", _("Can set up and open cohorts")
    REVEAL = "reveal_identity", _("Can reveal identity numbers")
    RESET_ACCOUNTS = "reset_accounts", _("Can reset accounts")
    MANAGE_STAFF = "manage_staff", _("Can manage staff")
    VIEW_AUDIT = "view_audit", _("Can see who did what")
