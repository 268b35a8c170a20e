"""Reports in a real browser: made on the page, fetched, and as they were made."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.stage import fill, served
from tests.pages.window import Window
from tests.support.access import PASSWORD
from tests.support.console import system_in
from wabawatch import signed_reports
from wabawatch.domain.access import Role


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
def test_one_makes_a_report_and_fetches_it(
    built: None, browser: Browser, axe: str, tmp_path: Path, width: int, theme: str
) -> None:
    system = system_in(tmp_path)
    fill(system, 200)
    system.access.desk.add("olga", Role.OPERATOR, "test")
    system.access.desk.set_password("olga", PASSWORD, "test")
    with served(system, by_cookie=True) as url, Window.at(browser, url, width, theme) as window:
        page = window.page
        page.goto(f"{url}/reports")
        page.get_by_label("Name").fill("olga")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("No report yet")).to_be_visible()
        page.get_by_label("Month").select_option(index=12)
        page.get_by_role("button", name="Make the report").click()

        row = page.locator("tbody tr").first
        expect(row).to_contain_text("revision 1")
        row.get_by_text("Signature", exact=True).click()
        assert not window.is_too_wide()
        assert window.faults(axe) == []
        with page.expect_download() as download:
            row.get_by_role("link", name="JSON, revision 1").click()

        content = Path(download.value.path()).read_bytes()
        found = signed_reports.check(content, system.signing.public_keys())
        assert (found.fault, found.revision) == (None, 1)
        assert download.value.suggested_filename.endswith("-r1.json")
