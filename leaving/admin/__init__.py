from leaving.admin import clearance, graduates

__all__ = ["clearance", "graduates"]
