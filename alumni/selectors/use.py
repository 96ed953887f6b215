"""Who used a record, told in words (A3, P5)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alumni.models import Person
from portal.audit.models import AuditEntry
from portal.audit.services import target_of

VERBS: dict[str, Promise] = {
    "alumni.viewed": _("Opened the record"),
    "alumni.updated": _("Brought the record up to date"),
    "identity.revealed": _("Had the identity number shown"),
}
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a record."""

    at: datetime
    who: str
    what: str | Promise
    reason: str


def uses_of(person: Person) -> list[Use]:
    """The latest uses of a record, newest first, one query."""
    entries = AuditEntry.objects.filter(target=target_of(person)).select_related("actor").order_by("-pk")
    return [
        Use(
            entry.at, entry.actor.name if entry.actor else "", VERBS.get(entry.verb, entry.verb), entry.reason
        )
        for entry in entries[:SHOWN]
    ]
