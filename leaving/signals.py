"""News for the apps to the right of this one."""

from django.dispatch import Signal

# Sent once per transaction, inside it, by the door that clears sheets. Keyword arguments: `sheet_ids` and
# `graduate_ids` (lists of int, same order), `actor` (User or None). A receiver that raises stops the clearing.
sheets_cleared = Signal()

# Sent likewise when clearing is taken back because the decision that led to it was a mistake. Same arguments.
sheets_reopened = Signal()
