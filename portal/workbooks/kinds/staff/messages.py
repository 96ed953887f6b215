"""What each fault of the staff list means and what to do about it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MESSAGES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "name_differs": (
        _("The staff number %(number)s belongs to %(known)s, not %(value)s."),
        _("Correct the number or the name."),
    ),
    "name_differs_above": (
        _("Row %(first)s gives the staff number %(number)s to %(known)s."),
        _("Give all rows of a staff number the same name."),
    ),
    "spelt_otherwise": (
        _("There is no account %(value)s, but %(known)s."),
        _("Write the number as the account does, capital and small letters alike."),
    ),
    "account_closed": (
        _("The account %(number)s has been closed."),
        _("Take the row out, or have the account opened again in the administration."),
    ),
    "department_unknown": (
        _("There is no department “%(value)s”."),
        _("Write its full name, short name or code."),
    ),
    "department_ambiguous": (
        _("Several departments are called “%(value)s”."),
        _("Write the college before it, as in 计算机学院·学生工作组, or the code."),
    ),
    "department_elsewhere": (
        _("“%(value)s” does not belong to the department of this list, %(chosen)s."),
        _("Take the row out, or hand the list in for the other department."),
    ),
    "department_out_of_reach": (
        _("The staff of “%(value)s” is not yours to manage."),
        _("Take the row out and pass it on to whoever manages that department's staff."),
    ),
    "right_unknown": (
        _("There is no right “%(word)s”."),
        _("Write one or several of: %(known)s"),
    ),
    "until_past": (
        _("%(value)s has passed."),
        _("Write a later day. To end a right, hand in a complete list without the row."),
    ),
    "twice": (
        _("“%(right)s” of this person on this department stands in row %(first)s already."),
        _("Delete one of the two."),
    ),
    "own_rights": (
        _("This row would change your own rights."),
        _("Nobody changes their own rights. Take the row out, or leave it as it was exported."),
    ),
    "not_handed_on": (
        _("“%(right)s” is given and ended by those who manage the staff of the university."),
        _("Take it out, or leave the row as it was exported."),
    ),
}
