"""The queue in Chromium: Enter never passes, a reason is asked for while the ticks are there, “all” is asked twice (C6)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from portal.departments.choices import Right
from tests import builders
from tests.browser import visitor
from tests.leaving.clearance import item, opened, published

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_keyboard_does_what_it_says(chromium: Browser, live_server: Any) -> None:
    published()
    mei, lan = builders.graduate("20221001", name="梅同学"), builders.graduate("20221002", name="兰同学")
    opened()
    builders.clerk("alice", Right.DECIDE, at=builders.office("library"))
    with visitor(chromium, live_server.url) as clerk:
        clerk.sign_in("alice")
        page = clerk.go("/clearance/")
        box, reason = page.get_by_label("梅同学 20221001"), page.locator("input[name=reason]")
        box.check()
        page.get_by_role("button", name="Waive").click()
        expect(reason).to_be_focused()
        assert reason.evaluate("field => field.validationMessage").startswith("Give a reason")
        expect(box).to_be_checked()
        page.keyboard.type("图书未还")
        page.keyboard.press("Enter")
        expect(page.locator(".messages")).to_contain_text("Not passed: 1 item.")
        assert [item(one, 2).state for one in (mei, lan)] == ["failed", "pending"]
        page = clerk.go("/clearance/?state=any")
        page.locator("input[name=all_matching]").check()
        page.get_by_role("button", name="Pass", exact=True).click()
        expect(page.locator("#confirm-text")).to_contain_text("all 2 that match")
        page.locator("#confirm button[value=yes]").click()
        expect(page.locator(".messages")).to_contain_text("Passed: 2 items.")
    assert [item(one, 2).state for one in (mei, lan)] == ["passed", "passed"]
