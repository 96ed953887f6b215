from leaving.admin import clearance, deciding, graduates, rules

__all__ = ["clearance", "deciding", "graduates", "rules"]
