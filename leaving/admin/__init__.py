from leaving.admin import clearance, deciding, graduates, notices, questionnaires

__all__ = ["clearance", "deciding", "graduates", "notices", "questionnaires"]
