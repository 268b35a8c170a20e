"""The guide for the first run in a real browser: its marks turn by themselves while somebody watches."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.pages.stage import served
from tests.pages.window import Window
from tests.support.access import PASSWORD
from tests.support.console import SECRET, system_in
from wabawatch.domain.access import Role
from wabawatch.meta.signature import sign

BODY = b'{"object":"whatsapp_business_account","entry":[]}'
WHERE = "/webhooks/whatsapp"


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
def test_the_marks_turn_while_meta_verifies_and_sends(
    built: None, browser: Browser, axe: str, tmp_path: Path, width: int, theme: str
) -> None:
    system = system_in(tmp_path)
    system.access.desk.add("ann", Role.ADMIN, "test")
    system.access.desk.set_password("ann", PASSWORD, "test")
    with served(system) as url, Window.at(browser, url, width, theme) as window:
        page = window.open("/")
        page.get_by_role("link", name="Set it up in five steps").click()
        expect(page.locator("#start-progress")).to_contain_text("2 of 5 steps are done")
        page.evaluate("document.querySelectorAll('.first-steps details').forEach(each => { each.open = true })")
        assert not window.is_too_wide()
        assert not window.faults(axe)

        asked = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "42"}
        httpx.get(url + WHERE, params=asked).raise_for_status()
        expect(page.locator("#mark-verified .tag")).to_have_text("Done")
        expect(page.locator("#mark-webhook .tag")).to_have_text("Open")
        httpx.post(url + WHERE, content=b"{}", headers={"x-hub-signature-256": sign(b"{}", b"another")})
        expect(page.locator("#mark-webhook")).to_contain_text("the signature was wrong")
        assert not window.faults(axe)

        signed = {"x-hub-signature-256": sign(BODY, SECRET.encode())}
        httpx.post(url + WHERE, content=BODY, headers=signed).raise_for_status()
        expect(page.locator("#mark-webhook .tag")).to_have_text("Done")


def test_a_value_is_copied_as_it_stands(built: None, browser: Browser, tmp_path: Path) -> None:
    with served(system_in(tmp_path)) as url, Window.at(browser, url, 1440, "light") as window:
        window.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        page = window.open("/start")
        page.locator("#mark-verified ~ details summary").click()

        page.get_by_role("button", name="Copy: callback URL").click()

        expect(page.get_by_role("button", name="Copy: callback URL")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "https://YOUR-HOST/webhooks/whatsapp"
