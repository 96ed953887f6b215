from leaving.admin import clearance, deciding, graduates, notices, questionnaires, roster, rules

__all__ = ["clearance", "deciding", "graduates", "notices", "questionnaires", "roster", "rules"]
