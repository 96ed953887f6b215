"""Whom to ask about an item (C2)."""

from dataclasses import dataclass

from leaving.models import ClearanceItem
from portal.departments.choices import DepartmentKind
from portal.departments.models import Department
from portal.localized import localized


@dataclass(frozen=True, slots=True)
class WhomToAsk:
    """Who helps with an item, and where and when: as far as it is known."""

    contact: str
    phone: str
    place: str
    hours: str

    @classmethod
    def of(cls, item: ClearanceItem) -> "WhomToAsk":
        """In the reader's language: what the checkpoint says, else its supervisor or department."""
        checkpoint, owner, supervisor = item.checkpoint, item.owner, item.supervisor
        return cls(
            localized(checkpoint, "contact")
            or (supervisor.name if supervisor else "")
            or (owner.contact if owner else ""),
            (supervisor.phone if supervisor else "") or _phone_of(owner),
            localized(checkpoint, "place") or (localized(owner, "place") if owner else ""),
            localized(checkpoint, "hours") or (localized(owner, "hours") if owner else ""),
        )

    def __str__(self) -> str:
        return " · ".join(part for part in (self.contact, self.phone, self.place) if part)


def _phone_of(owner: Department | None) -> str:
    """A node of a college without a telephone of its own is reached through its college."""
    if owner is None:
        return ""
    college = owner.parent if owner.kind in DepartmentKind.college_nodes() else None
    return owner.phone or (college.phone if college else "")
