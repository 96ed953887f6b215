"""One door per state change (decision 2): a trigger refuses every writer that did not come in by it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import pgtrigger
from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 4  # the first and three more
CONFLICTS = {"40001", "40P01"}  # serialization failure, deadlock


class OnlyThroughDoor(pgtrigger.Trigger):
    """A trigger for `Meta.triggers`: inserts, deletes and updates of `columns` (none: of any) are refused unless
    `door(name)` is open in this transaction.

    It runs once per statement and looks at no row, so a bulk verb pays nothing for it.
    """

    when = pgtrigger.Before
    level = pgtrigger.Statement

    def __init__(self, *, door: str, columns: tuple[str, ...] = ()) -> None:
        update = pgtrigger.UpdateOf(*columns) if columns else pgtrigger.Update  # type: ignore[no-untyped-call]
        super().__init__(name="only_through_door", operation=pgtrigger.Insert | update | pgtrigger.Delete)
        self.door = door

    def get_func(self, model: object) -> str:
        return f"""
            IF current_setting('portal.door', true) IS DISTINCT FROM '{self.door}' THEN
                RAISE EXCEPTION 'only the door % may write here', '{self.door}' USING ERRCODE = '42501';
            END IF;
            RETURN NULL;
        """


@contextmanager
def door(name: str) -> Iterator[None]:
    """Inside a transaction: opens the door `name` until the block ends. The rollback of an error closes it, too."""
    _set(name)
    yield
    _set("")


def _set(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.door', %s, true)", [name])


def one_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """One transaction, repeated up to three times after a deadlock or a serialization failure.

    Inside a transaction of the caller only the caller can repeat, so there the error goes on.
    """

    @wraps(function)
    def carried_out(*args: P.args, **kwargs: P.kwargs) -> R:
        nested = connection.in_atomic_block
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                code = getattr(error.__cause__, "pgcode", None)
                if nested or code not in CONFLICTS or attempt == ATTEMPTS:
                    raise
                time.sleep(0.02 * attempt)
        raise AssertionError("unreachable")

    return carried_out
