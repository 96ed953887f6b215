"""The audit trail is written once, sealed in order, and a change is found (X2)."""

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from portal.audit import services
from portal.audit.models import AuditEntry, AuditSeal
from portal.audit.roles import acting_as_owner
from tests import builders as make


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other transaction on the server: the tests beside this one hold some open for long."""
    monkeypatch.setattr(services, "_horizon", lambda: 2**62)


@pytest.mark.django_db(transaction=True)
def test_entries_are_sealed_in_order_and_the_chain_holds(alone: None) -> None:
    alice = make.user("alice")
    for place in range(5):
        services.record("test.done", actor=alice, target=alice, details={"place": place})
    assert [services.seal(limit=3), services.seal(limit=3)] == [3, 2]
    assert services.seal() == 0
    assert list(AuditSeal.objects.order_by("id").values_list("entries", flat=True)) == [3, 2]
    assert services.verify() is None


@pytest.mark.django_db(transaction=True)
def test_what_the_owner_changes_behind_the_application_is_found(alone: None) -> None:
    services.record("test.done", actor=None, reason="true")
    assert services.seal() == 1
    with acting_as_owner(connection), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditentry SET reason = 'false'")
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")
    broken = services.verify()
    assert broken is not None
    assert broken.pk == AuditSeal.objects.get().pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditentry SET reason = 'x'", "DELETE FROM audit_auditentry"]
)
def test_the_application_may_not_change_or_delete_entries(statement: str) -> None:
    services.record("test.done", actor=None)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    with (
        acting_as_owner(connection),
        pytest.raises(InternalError, match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_running_transaction_may_still_overtake_is_not_sealed() -> None:
    """An entry of this very transaction is not final, so it stays open until the next round."""
    with transaction.atomic():
        services.record("test.done", actor=None)
        assert services.seal() == 0
