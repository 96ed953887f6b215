from leaving.admin import clearance, deciding, graduates, notices, questionnaires, rules

__all__ = ["clearance", "deciding", "graduates", "notices", "questionnaires", "rules"]
