from leaving.admin import clearance

__all__ = ["clearance"]
