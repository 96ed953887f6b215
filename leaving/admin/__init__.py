from leaving.admin import clearance, deciding, graduates, notices, questionnaires, reminders

__all__ = ["clearance", "deciding", "graduates", "notices", "questionnaires", "reminders"]
