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
]
from leaving.admin import obligations

__all__ = ["clearance", "deciding", "graduates", "notices", "obligations", "questionnaires"]
