import pytest

from portal.workbooks import exports, runs
from tests.portal.workbooks.campuses import CampusExport, CampusWorkbook


@pytest.fixture(autouse=True)
def campus_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kinds of these tests, beside those of the house."""
    monkeypatch.setattr(runs, "_kinds", {**runs.kinds(), "campuses": CampusWorkbook()})
    monkeypatch.setattr(exports, "_kinds", {**exports.kinds(), "campuses": CampusExport()})
