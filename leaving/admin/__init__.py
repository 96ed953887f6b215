from leaving.admin import clearance, deciding, graduates, notices, obligations, questionnaires

__all__ = ["clearance", "deciding", "graduates", "notices", "obligations", "questionnaires"]
