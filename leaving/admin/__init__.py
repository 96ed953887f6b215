from leaving.admin import clearance, graduates, reminders

__all__ = ["clearance", "graduates", "reminders"]
