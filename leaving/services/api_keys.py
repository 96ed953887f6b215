"""Keys of the API: issued, recognised, revoked."""

import datetime
import hashlib
import secrets

from django.utils import timezone
from django.utils.translation import gettext as _

from leaving.models import ApiKey
from portal.accounts.models import User
from portal.audit.services import record
from portal.departments.choices import Right
from portal.departments.models import Department
from portal.departments.selectors import holds
from portal.doors import one_transaction
from portal.errors import Refused

LONGEST = datetime.timedelta(days=400)  # a key lives through one season and a little more
USED_EVERY = datetime.timedelta(minutes=1)


@one_transaction
def issue_key(
    *, department: Department, name: str, expires_on: datetime.date, actor: User | None
) -> tuple[ApiKey, str]:
    """Makes a key for a department where `actor` decides (None is the system); returns it with its secret, this once.

    256 random bits need no slow hash. Audited as `api_key.issued`. Raises Refused (`not_allowed`, `expiry_wrong`).
    """
    _refuse_unless_allowed(department, actor)
    today = timezone.localdate()
    if not today <= expires_on <= today + LONGEST:
        raise Refused("expiry_wrong", _("A key is valid until a day from today on, for 400 days at most."))
    secret = f"lp_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        department=department,
        name=name.strip(),
        prefix=secret[:10],
        digest=_digest(secret),
        created_by=actor,
        expires_on=expires_on,
    )
    record(
        "api_key.issued",
        actor=actor,
        target=key,
        department=department.code,
        details={"name": key.name, "expires_on": expires_on},
    )
    return key, secret


@one_transaction
def revoke_key(*, key: ApiKey, actor: User | None) -> None:
    """Ends a key at once; doing it again changes nothing. Audited as `api_key.revoked`. Raises Refused (`not_allowed`)."""
    _refuse_unless_allowed(key.department, actor)
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=actor
    )
    if changed:
        record("api_key.revoked", actor=actor, target=key, department=key.department.code)


def key_with(secret: str) -> ApiKey | None:
    """The valid key with this secret; that it was used is noted to the minute."""
    key = ApiKey.objects.select_related("department__parent").filter(digest=_digest(secret)).first()
    if key is None or not key.is_valid or not key.department.is_active:
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _refuse_unless_allowed(department: Department, actor: User | None) -> None:
    if actor is not None and not holds(actor, Right.DECIDE, department):
        raise Refused(
            "not_allowed", _("You may not issue keys of %(department)s.") % {"department": department}
        )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
