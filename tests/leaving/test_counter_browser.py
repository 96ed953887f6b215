"""The counter by keyboard alone, in Chromium: the number, Enter, the reason by F2, back by Esc (C6, X3)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from leaving.models import ReasonText
from portal.departments.choices import Right
from portal.departments.services import grant
from tests import builders
from tests.browser import visitor
from tests.leaving.clearance import item, opened, published

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_clerk_never_leaves_the_keyboard(chromium: Browser, live_server: Any) -> None:
    published()
    mei, lan = builders.graduate("20221001", name="梅同学"), builders.graduate("20221002", name="兰同学")
    opened()
    library = builders.office("library")
    alice = builders.clerk("alice", Right.DECIDE, at=library)
    grant(right=Right.DECIDE, department=builders.office("hospital"), to=alice, actor=None)
    ReasonText.objects.create(department=library, text_zh="图书未还", text_en="Books not returned")
    with visitor(chromium, live_server.url) as clerk:
        noise: list[str] = []
        clerk.page.on(
            "console", lambda message: noise.append(message.text) if message.type == "error" else None
        )
        clerk.sign_in("alice")
        page = clerk.go("/clearance/counter/")
        keys, field = page.keyboard, page.locator("#q")
        expect(field).to_be_focused()
        # A wrong number is selected, so that the next one takes its place.
        keys.type("99")
        keys.press("Enter")
        expect(page.locator("#q-error")).to_be_visible()
        expect(field).to_be_focused()
        keys.type("20221001")
        keys.press("Enter")
        expect(page.locator("#person")).to_contain_text("梅同学")
        expect(field).to_be_focused()
        expect(field).to_have_value("")
        assert (
            page.evaluate("performance.getEntriesByType('navigation').length") == 1
        )  # the page was not loaded again
        # Fails the first with a reason, comes back, passes the rest.
        keys.press("F2")
        keys.type("Books not returned")
        keys.press("Enter")
        expect(page.locator(".messages")).to_contain_text("Not passed: 1 item.")
        expect(field).to_be_focused()
        keys.press("F2")
        keys.press("Escape")
        expect(field).to_be_focused()
        keys.type("20221002")
        keys.press("Enter")
        expect(page.locator("#person")).to_contain_text("兰同学")
        keys.press("Enter")
        expect(page.locator(".messages")).to_contain_text("Passed: 2 items.")
        expect(page.locator("#person")).to_have_count(0)
        expect(field).to_be_focused()
        assert noise == []
    assert [item(mei, number).state for number in (2, 6)] == ["failed", "pending"]
    assert [item(lan, number).state for number in (2, 6)] == ["passed", "passed"]
