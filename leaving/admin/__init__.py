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
