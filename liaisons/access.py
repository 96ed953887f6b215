"""Who may enter the pages of those who choose and look after liaisons."""

from liaisons.selectors.reach import looks_after_a_class, reach_of
from portal.accounts.access import Rule
from portal.departments.choices import Right
from portal.departments.selectors import has_right

manages = has_right(Right.MANAGE_LIAISONS)
of_a_class = Rule("counsellor or class teacher", looks_after_a_class)
reviews = of_a_class | manages
centre = Rule("alumni centre", lambda user: user.is_authenticated and reach_of(user).centre)
