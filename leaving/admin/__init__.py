from leaving.admin import clearance, graduates, roster

__all__ = ["clearance", "graduates", "roster"]
