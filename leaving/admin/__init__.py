from leaving.admin import clearance, deciding, graduates, notices, questionnaires, roster

__all__ = ["clearance", "deciding", "graduates", "notices", "questionnaires", "roster"]
