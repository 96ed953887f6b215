from leaving.admin import (
    clearance,
    deciding,
    graduates,
    handin,
    notices,
    questionnaires,
    reminders,
    roster,
    rules,
    telling,
)

__all__ = [
    "clearance",
    "deciding",
    "graduates",
    "handin",
    "notices",
    "questionnaires",
    "reminders",
    "roster",
    "rules",
    "telling",
]
from leaving.admin import obligations

__all__ = ["clearance", "deciding", "graduates", "notices", "obligations", "questionnaires"]
