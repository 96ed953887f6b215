"""While the rules are published, clerks go on working: publishing touches the sheets it holds and no others (C3, C10)."""

import threading

import pytest
from django.db import connection

from leaving.choices import RuleOutcome, Verb
from leaving.models import Certificate, Checkpoint, ClearanceSheet
from leaving.services import cohorts
from leaving.services.clearance import decide, reopen_batch
from leaving.services.counters import drift
from portal.departments.choices import Right
from tests import builders
from tests.leaving.clearance import opened, passed_but, published, states


@pytest.mark.django_db(transaction=True)
def test_a_sheet_opened_again_meanwhile_follows_with_the_next_publication(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published()
    mei, lan = builders.graduate(), builders.graduate()
    alice = builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    opened()
    passed_but(mei, 2)
    books = mei.sheets.get().items.get(checkpoint__number=2)
    batch = decide(items=[books.pk], verb=Verb.PASS, actor=alice).batch
    assert batch is not None
    assert ClearanceSheet.objects.get(graduate=mei).state == "cleared"
    library = Checkpoint.objects.get(key="library")
    library.rules.all().delete()
    library.rules.create(order=1, outcome=RuleOutcome.EXEMPT, reason_zh="今年不需办理")

    def take_back() -> None:
        """Alice, on a connection of her own, once publishing holds its sheets: Mei's is not among them."""
        try:
            reopen_batch(batch=batch, actor=alice)
        finally:
            connection.close()

    follow = cohorts._follow_graduates

    def meanwhile(sheets: list[int]) -> None:
        clerk = threading.Thread(target=take_back)
        clerk.start()
        clerk.join(timeout=20)
        follow(sheets)

    with monkeypatch.context() as patch:
        patch.setattr(cohorts, "_follow_graduates", meanwhile)
        opened()
    assert (states(mei)[2], states(lan)[2]) == ("pending", "exempt")
    assert (ClearanceSheet.objects.get(graduate=mei).state, drift()) == ("open", [])
    assert not Certificate.objects.filter(revoked_at=None).exists()
    opened()
    assert (states(mei)[2], drift()) == ("exempt", [])
    assert ClearanceSheet.objects.get(graduate=mei).state == "cleared"
