from leaving.admin import clearance, deciding, graduates, handin, notices, questionnaires

__all__ = ["clearance", "deciding", "graduates", "handin", "notices", "questionnaires"]
