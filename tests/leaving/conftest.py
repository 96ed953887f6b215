"""Whatever story is told about clearance, at its end the kept counters say what a recount says (C10)."""

from collections.abc import Iterator

import pytest

from leaving.services.counters import drift


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield
    if item.get_closest_marker("django_db"):
        assert drift() == []
