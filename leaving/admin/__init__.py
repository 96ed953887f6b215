from leaving.admin import clearance, graduates, notices

__all__ = ["clearance", "graduates", "notices"]
