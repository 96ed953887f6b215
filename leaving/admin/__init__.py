from leaving.admin import clearance, deciding, graduates, notices

__all__ = ["clearance", "deciding", "graduates", "notices"]
