from alumni.models.people import Degree, Person
from alumni.models.reach import ContactPoint, Employment

__all__ = ["ContactPoint", "Degree", "Employment", "Person"]
