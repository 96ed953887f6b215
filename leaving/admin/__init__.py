from leaving.admin import clearance, graduates, questionnaires

__all__ = ["clearance", "graduates", "questionnaires"]
