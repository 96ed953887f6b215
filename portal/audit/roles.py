"""What the application's database role may do: all but change or delete what is append-only (decision 3)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper


def append_only_tables() -> list[str]:
    """Tables of the models that say `append_only = True`."""
    return sorted(m._meta.db_table for m in apps.get_models() if getattr(m, "append_only", False))


def grant_application_role(connection: BaseDatabaseWrapper, role: str) -> None:
    """Grants `role` what the application needs; `connection` belongs to the owner. Idempotent."""
    quote = connection.ops.quote_name
    name = quote(role)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {name}")
        for table in sorted({*append_only_tables()} & {*connection.introspection.table_names(cursor)}):
            cursor.execute(f"REVOKE UPDATE, DELETE ON {quote(table)} FROM {name}")


@contextmanager
def acting_as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Inside, `connection` signs in as the role of MIGRATE_DATABASE; closed on the way in and out. Nests."""
    owner = settings.MIGRATE_DATABASE or {}
    before = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    connection.close()
    connection.settings_dict.update({name: owner.get(name, value) for name, value in before.items()})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
