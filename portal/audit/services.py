"""The one way to write the audit trail, and the chain that seals it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from portal.audit.models import AuditEntry, AuditSeal

SEAL_LOCK = 7_401_001  # advisory lock: one sealer at a time
GENESIS = hashlib.sha256(b"portal audit trail").digest()


def target_of(obj: models.Model) -> str:
    """`app.model:uid`, or the primary key where there is no uid."""
    return f"{obj._meta.label_lower}:{getattr(obj, 'uid', obj.pk)}"


def record(
    verb: str,
    *,
    actor: AbstractBaseUser | None,
    target: models.Model | str = "",
    department: str = "",
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Appends one entry in the caller's transaction (X2).

    `verb` is `app.verb` in the past tense (`clearance.decided`); `actor` None means the system; `details` must be
    JSON and must not hold identity numbers. Call it once for a verb, however many rows the verb touched.
    """
    return AuditEntry.objects.create(
        verb=verb,
        actor_id=actor.pk if actor is not None else None,
        target=target if isinstance(target, str) else target_of(target),
        department=department,
        reason=reason,
        details=json.loads(json.dumps(dict(details or {}), cls=DjangoJSONEncoder)),
    )


def seal(limit: int = 10_000) -> int:
    """Seals the entries that can no longer be overtaken by a running transaction; returns how many.

    Entries are taken in the order (xid, id), and only those whose transaction is older than every running one: whatever
    commits later has a higher xid, so the chain never has to be opened again.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        last = AuditSeal.objects.order_by("-id").first()
        after = (last.last_xid, last.last_id) if last else (0, 0)
        entries = list(_entries_after(*after, horizon=_horizon())[:limit])
        if not entries:
            return 0
        previous = bytes(last.digest) if last else GENESIS
        AuditSeal.objects.create(
            last_xid=entries[-1].xid,
            last_id=entries[-1].pk,
            entries=len(entries),
            previous=previous,
            digest=_digest(previous, entries),
        )
        return len(entries)


def verify() -> AuditSeal | None:
    """Walks the whole chain; returns the first seal that does not hold, or None when all do."""
    after, previous = (0, 0), GENESIS
    for link in AuditSeal.objects.order_by("id").iterator():
        entries = list(
            _entries_after(*after, horizon=link.last_xid + 1, upto_id=link.last_id)[: link.entries + 1]
        )
        if (
            bytes(link.previous) != previous
            or len(entries) != link.entries
            or bytes(link.digest) != _digest(previous, entries)
        ):
            return link
        after, previous = (link.last_xid, link.last_id), bytes(link.digest)
    return None


def _horizon() -> int:
    """The oldest transaction that still runs anywhere on the server: everything below it is final."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def _entries_after(
    xid: int, pk: int, *, horizon: int, upto_id: int | None = None
) -> models.QuerySet[AuditEntry]:
    entries = AuditEntry.objects.filter(models.Q(xid__gt=xid) | models.Q(xid=xid, pk__gt=pk), xid__lt=horizon)
    if upto_id is not None:  # the last transaction may have been cut by the limit
        entries = entries.exclude(xid=horizon - 1, pk__gt=upto_id)
    return entries.order_by("xid", "pk")


def _digest(previous: bytes, entries: Iterable[AuditEntry]) -> bytes:
    chain = hashlib.sha256(previous)
    for entry in entries:
        fields = [
            entry.pk, entry.xid, entry.at.isoformat(), entry.actor_id, entry.verb, entry.target,
            entry.department, entry.reason, entry.details,
        ]  # fmt: skip
        chain.update(json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return chain.digest()
