"""On paper: the longest sheet is one page of A4, whatever was handed in on it (C2)."""

import io
from typing import Any

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from leaving.choices import Verb
from leaving.models import ClearanceItem
from leaving.services.clearance import decide
from leaving.services.handin import add_evidence, hand_in_form, look_again
from tests import builders
from tests.browser import visitor
from tests.leaving.clearance import item, opened, postgraduate, published, states
from tests.leaving.handin import CAREERS, LIBRARY, WAITING, student, upload
from tests.leaving.obligations import by_data, owes, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_sheet_of_twelve_items_is_one_page(live_server: Any, chromium: Browser, language: str) -> None:
    published()
    graduate = postgraduate(
        user=builders.user("mei"), supervisor=builders.user("T0001", name="黄导师", phone="027-6788 0001")
    )
    opened()
    assert len(states(graduate)) == 12
    pages = {}
    with visitor(chromium, live_server.url, language=language) as mei:
        mei.sign_in("mei")

        def printed() -> int:
            mei.go("/sheet/").emulate_media(media="print")
            pdf = mei.page.pdf(prefer_css_page_size=True, print_background=True)
            mei.page.emulate_media(media="screen")
            return len(PdfReader(io.BytesIO(pdf)).pages)

        pages["waiting"] = printed()
        decide(items=[item(graduate, 1).pk], verb=Verb.PASS, actor=None)
        hand_in_form(item=item(graduate, CAREERS), data=WAITING, actor=student(graduate))
        add_evidence(item=item(graduate, CAREERS), upload=upload(), actor=student(graduate))
        pages["pending"] = printed()
        rest = ClearanceItem.objects.filter(sheet__graduate=graduate, state="pending")
        decide(
            items=rest, verb=Verb.FAIL, actor=None, reason="尚有 2 册图书未归还：《地质学基础》《普通地质学》"
        )
        look_again(item=item(graduate, LIBRARY), text="两册书已归还，请重新审核", actor=student(graduate))
        pages["failed"] = printed()
        # All offices' data say what is owed, one of them a lot.
        by_data(2, 3, 5, 6, 7)
        reopened = item(graduate, 1).sheet.items.filter(checkpoint__decided_by_data=True)
        decide(items=reopened, verb=Verb.REOPEN, actor=None)
        for number in (3, 5, 6, 7):
            snapshot(number, *(owes(graduate, f"2025 至 2026 学年费用 {n}", "1280.50") for n in range(3)))
        snapshot(LIBRARY, *(owes(graduate, f"《普通地质学》第 {n} 册", "35.00") for n in range(20)))
        pages["owing"] = printed()
    assert pages == {"waiting": 1, "pending": 1, "failed": 1, "owing": 1}
