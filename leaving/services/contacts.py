"""Contacts and employer of a graduate, brought up to date by the college, also after clearing (G7)."""

from collections.abc import Mapping

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from leaving.models import Graduate
from leaving.selectors.locks import OPEN_FIELDS
from leaving.selectors.reach import reached_by
from leaving.signals import graduates_updated
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import Right
from portal.doors import one_transaction
from portal.errors import Refused

RIGHTS = (Right.IMPORT_GRADUATES, Right.CHANGE_ROSTER)


def may_update_contacts(user: User, graduate: Graduate) -> bool:
    """Is the graduate within reach of those who bring in or change the roster?"""
    return Graduate.objects.filter(reached_by(user, *RIGHTS), pk=graduate.pk).exists()


@one_transaction
def update_contacts(*, graduate: Graduate, values: Mapping[str, str], actor: User) -> list[str]:
    """Writes contacts, employer and post (those of `OPEN_FIELDS` in `values`); returns the fields that changed (G7).

    The change goes on to the alumni record in the same transaction (`graduates_updated`); a value taken away here stays there,
    as the last one known. Audited as `graduates.contacts_updated` with the fields, never the values. Raises Refused
    (`not_allowed`, `employer_missing`).
    """
    held = Graduate.objects.select_for_update(of=("self",), no_key=True).get(pk=graduate.pk)
    if not may_update_contacts(actor, held):
        raise Refused("not_allowed", _("You have no right to change this record."))
    if values.get("post", held.post) and not values.get("employer", held.employer):
        raise Refused("employer_missing", _("Name the employer that the post belongs to."))
    changed = [
        field for field in OPEN_FIELDS if field in values and values[field].strip() != getattr(held, field)
    ]
    if not changed:
        return []
    new = {field: values[field].strip() for field in changed}
    Graduate.objects.filter(pk=held.pk).update(**new, updated_at=Now())
    record("graduates.contacts_updated", actor=actor, target=held, details={"fields": changed})
    graduates_updated.send(Graduate, graduates=Graduate.objects.filter(pk=held.pk), actor=actor)
    return changed
