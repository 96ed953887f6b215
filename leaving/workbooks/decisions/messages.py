"""What each fault of a list of decisions means and what to do about it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LEAVE_OUT = _("Take the row out.")

MESSAGES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "student_unknown": (
        _("There is no graduate with the student number “%(value)s”."),
        _("Check the student number."),
    ),
    "other_cohort": (
        _("This graduate belongs to the class of %(cohort)s."),
        _("Take the row out, or hand in the list for that cohort."),
    ),
    "name_differs": (
        _("The student number belongs to %(known)s, not to “%(value)s”."),
        _("Check number and name."),
    ),
    "not_mine": (
        _("This graduate's item is not yours to decide."),
        _("Take the row out; the department in charge decides it."),
    ),
    "no_sheet": (_("This graduate has no clearance sheet."), _("Ask student affairs to open it.")),
    "not_on_sheet": (
        _("This checkpoint is not on this graduate's sheet."),
        _LEAVE_OUT,
    ),
    "exempt": (_("This graduate does not need this checkpoint."), _LEAVE_OUT),
    "waiting": (
        _("Nothing can be decided yet: first comes %(gates)s."),
        _("Take the row out and hand it in again later."),
    ),
    "cleared": (
        _("This graduate was cleared on %(at)s; the certificate stands."),
        _("Take the row out. Tell your office what is still open."),
    ),
    "decided_otherwise": (
        _("Already decided: “%(state)s” by %(who)s on %(at)s."),
        _("Take the row out, or reopen the item first."),
    ),
    "twice": (_("This student number stands in row %(first)s already."), _("Keep one of the rows.")),
    "reason_missing": (
        _("A reason is needed unless the result is “pass”."),
        _("Fill in the reason. The graduate reads it on the sheet."),
    ),
}
