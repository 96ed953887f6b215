"""The database and the processes of the tests.

Tests connect as the application's role, as the portal does in production; creating, migrating and emptying
the test database is done as its owner.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import setup_databases
from django.utils import translation
from pytest_django import DjangoDbBlocker

from portal.audit.roles import acting_as_owner, grant_application_role
from tests.browser import chromium as chromium
from tests.processes import Process, forget_queued_tasks, start_worker, wait_until_worker_answers

BY_MIGRATIONS = {"auth_permission", "django_content_type", "django_migrations"}


def empty_database(self: TransactionTestCase) -> None:
    """After a transactional test: TRUNCATE is the owner's right.

    What migrations have made stays, so that nothing has to make it again. Django's own way asks for all of it each time.
    """
    with acting_as_owner(connection), connection.cursor() as cursor:
        tables = sorted({*connection.introspection.table_names(cursor)} - BY_MIGRATIONS)
        cursor.execute(f"TRUNCATE {', '.join(map(connection.ops.quote_name, tables))}")


TransactionTestCase._fixture_teardown = empty_database  # type: ignore[attr-defined]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: what comes last is short, and both processes end together."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Create this process's test database; it goes when the temporary server goes."""
    role = str(connection.settings_dict["USER"])
    with django_db_blocker.unblock(), acting_as_owner(connection):
        connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]
        setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        grant_application_role(connection, role)
    yield
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords(django_test_environment: None) -> Iterator[None]:
    """Argon2 is slow on purpose, and tests sign in hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
        patch.setattr("django.conf.settings.PASSWORD_HASHERS", [hasher])
        yield


@pytest.fixture(autouse=True)
def house_language() -> Iterator[None]:
    """Each test begins in the portal's language, whatever language the last reader of a page asked for."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(scope="session")
def worker_process(django_db_setup: None) -> Iterator[Process]:
    """A real Celery worker on this process's database and broker; started by the first test that asks."""
    with start_worker() as process:
        yield process


@pytest.fixture
def worker(transactional_db: Any, worker_process: Process) -> Iterator[Process]:
    """The worker, running, with nothing in its queue. What the test commits, the worker sees.

    It ends before the database is emptied: else it would hold tables that are to be, and take the bells of later tests.
    """
    forget_queued_tasks()
    worker_process.ensure_running()
    wait_until_worker_answers()
    yield worker_process
    worker_process.kill()
