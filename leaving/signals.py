"""News for the apps to the right of this one."""

from django.dispatch import Signal

# Sent once per transaction, inside it, by the door that clears sheets. Keyword arguments: `sheet_ids` and
# `graduate_ids` (lists of int, same order), `actor` (User or None). A receiver that raises stops the clearing.
sheets_cleared = Signal()

# Sent likewise when clearing is taken back: the decision that led to it was a mistake, or the graduate is deferred (then the
# sheet is closed, not open). Same arguments.
sheets_reopened = Signal()

# Sent once per transaction, inside it, when graduates have moved to a later cohort (G5), and when that is undone and they are
# back. Keyword arguments: `graduate_ids` (list of int), `actor` (User).
graduates_deferred = Signal()
deferrals_undone = Signal()

# Sent once per transaction, inside it, when what is on file of graduates has changed (G7): by an import or by hand. Keyword
# arguments: `graduates` (a queryset of those concerned, new ones perhaps among them), `actor` (User).
graduates_updated = Signal()
