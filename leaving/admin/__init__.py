from leaving.admin import clearance, graduates, obligations

__all__ = ["clearance", "graduates", "obligations"]
