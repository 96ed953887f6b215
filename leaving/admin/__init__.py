from leaving.admin import clearance, deciding, graduates

__all__ = ["clearance", "deciding", "graduates"]
