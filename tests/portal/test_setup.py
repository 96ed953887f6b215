"""The ground the tests stand on is that of production: PostgreSQL, two roles, one of which cannot rewrite history."""

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from portal.audit.models import AuditEntry
from portal.audit.roles import append_only_tables
from portal.audit.services import record


def ask(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@pytest.mark.django_db
def test_runs_on_postgresql_as_the_application_role() -> None:
    assert connection.vendor == "postgresql"
    assert ask("SELECT current_user, current_database() LIKE 'test_%'") == [("portal_app", True)]
    assert ask("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user") == [
        (False, False, False)
    ]


@pytest.mark.django_db
def test_the_application_role_changes_no_structure() -> None:
    with pytest.raises(DatabaseError, match="permission denied for schema public"):
        ask("CREATE TABLE own (id int)")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"],
)
@pytest.mark.parametrize("table", append_only_tables())
def test_append_only_tables_refuse(table: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        ask(statement.format(table))


@pytest.mark.django_db
def test_the_application_role_appends_to_the_audit_trail() -> None:
    record(actor=None, verb="tests.recorded", target="tests.test:1")
    assert AuditEntry.objects.values_list("verb", flat=True).get() == "tests.recorded"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_a_transactional_test_leaves_nothing_behind(round_: int) -> None:
    assert AuditEntry.objects.count() == 0
    record(actor=None, verb="tests.recorded", target=f"tests.test:{round_}")


def test_the_servers_are_temporary() -> None:
    assert settings.VAR_DIR.name.startswith("portal-tests-")
    assert settings.VAR_DIR.parent != settings.BASE_DIR
