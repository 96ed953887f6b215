from leaving.admin import clearance, deciding, graduates, handin

__all__ = ["clearance", "deciding", "graduates", "handin"]
