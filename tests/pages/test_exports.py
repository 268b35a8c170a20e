"""Exports in a real browser: asked for on the log page, made by a process of its own, and fetched."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.pages.stage import fill, served
from tests.pages.window import Window
from tests.support.access import PASSWORD
from tests.support.console import system_in
from wabawatch.domain.access import Role


def test_one_exports_what_was_searched_and_fetches_it(built: None, browser: Browser, axe: str, tmp_path: Path) -> None:
    system = system_in(tmp_path)
    fill(system, 200)
    system.access.desk.add("olga", Role.OPERATOR, "test")
    system.access.desk.set_password("olga", PASSWORD, "test")
    with served(system, by_cookie=True) as url, Window.at(browser, url, 390, "dark") as window:
        page = window.page
        page.goto(f"{url}/logs?status=failed")
        page.get_by_label("Name").fill("olga")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        menu = page.locator("#export")
        menu.locator("summary").click()
        menu.get_by_label("Format").select_option("CSV")
        menu.get_by_role("button", name="Make the file").click()
        page.wait_for_url("**/exports")

        row = page.locator("#exports tbody tr").first
        expect(row).to_contain_text("status: failed")
        expect(row).to_contain_text("Done", timeout=60_000)
        assert not window.is_too_wide()
        assert window.faults(axe) == []
        with page.expect_download() as download:
            row.get_by_role("link", name="Download").click()

        lines = Path(download.value.path()).read_text("utf-8").splitlines()
        assert download.value.suggested_filename.endswith(".csv")
        assert lines[0].startswith("id,wamid,phone_number_id,")
        assert len(lines) > 1
        assert all(",failed," in line for line in lines[1:])
        row.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("No file yet")).to_be_visible()
