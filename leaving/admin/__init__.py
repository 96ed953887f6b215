from leaving.admin import clearance, graduates, handin

__all__ = ["clearance", "graduates", "handin"]
