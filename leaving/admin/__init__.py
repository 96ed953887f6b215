from leaving.admin import clearance, graduates, rules

__all__ = ["clearance", "graduates", "rules"]
