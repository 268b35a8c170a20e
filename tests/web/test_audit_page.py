"""`/audit`: who did what, from where, found and read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from tests.support.access import NOW
from tests.support.installed import Installed

from wabawatch.domain.access import Role, Scope
from wabawatch.storage import audit
from wabawatch.web.pages.audit import PAGE, place_of

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Somebody was added and changed through the pages, and a token made by command."""
    place = Installed(tmp_path_factory.mktemp("audit"))
    browser = place.browser()
    browser.submit("/users", name="ann", role="viewer")
    browser.submit("/users/2", "/users/2/role", role="operator")
    place.system.tokens.create("shop", {Scope.READ}, 90, "cli:root")
    yield place
    place.system.close()


def rows(place: Installed, query: str = "") -> list[str]:
    """The entries that *query* finds, in words."""
    text = place.browser().get(f"/audit{query}").text
    body = text.partition('<table class="plain trail stacking">')[2].partition("<tbody>")[2].partition("</table>")[0]
    told = [unescape(re.sub(r"<[^>]+>", " ", each)) for each in body.split("</tr>")[:-1]]
    return [" ".join(each.split()) for each in told]


def test_every_entry_says_who_did_what_with_whom_what_changed_and_from_where(place: Installed) -> None:
    made, changed, *_ = rows(place)

    assert "root on the command line made an API token token shop" in made
    assert "scopes read" in made
    assert "keeper changed a role ann role viewer → operator sees whole numbers no 192.0.2.7" in changed


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?who=keeper", 3),
        ("?who=user:1", 3),
        ("?who=root+on+the+command+line", 1),
        ("?object=ann", 3),
        ("?object=token", 1),
        ("?action=role_changed", 1),
        ("?who=keeper&action=user_added", 1),
        ("?object=nothing-is-called-so", 0),
        ("?to=2020-01-01", 0),
        ("?from=2020-01-01", 6),
    ],
)
def test_entries_are_found_by_names(place: Installed, query: str, found: int) -> None:
    assert len(rows(place, query)) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("who=nobody", "Nobody is called &#39;nobody&#39;"),
        ("action=%3Cb%3E", "There is no such action"),
        ("from=tomorrow", "is no time such as"),
        ("from=2026-02-31", "There is no day 2026-02-31"),
        ("from=2026-03-01&to=2026-02-01", "The period ends before it begins"),
        ("below=x", "This is no place in the list"),
        ("below=" + "9" * 40, "This is no place in the list"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(place: Installed, query: str, said: str) -> None:
    answer = place.browser().get(f"/audit?{query}")

    assert answer.status_code == 422
    assert said in answer.text


def test_one_pages_through_a_long_trail_with_the_filters_kept(tmp_path: Path) -> None:
    place = Installed(tmp_path)
    with place.system.database.writing() as connection:
        for number in range(PAGE + 5):
            audit.append(connection, NOW + number, "api", "channel_tested", f"channel-{number}")
    browser = place.browser()

    first = browser.get("/audit?action=channel_tested").text
    older = unescape(re.findall(r'id="older" href="([^"]+)"', first)[0])
    second = browser.get(older).text

    assert "action=channel_tested" in older
    assert first.count(">channel-") == PAGE
    assert second.count(">channel-") == 5
    assert 'id="older"' not in second
    place.system.close()


def test_whatever_was_written_is_text(place: Installed) -> None:
    with place.system.database.writing() as connection:
        audit.append(connection, NOW, EVIL, EVIL, EVIL, {EVIL: EVIL, "before": EVIL})

    text = place.browser().get("/audit").text

    assert EVIL not in text
    assert text.count("&lt;script&gt;alert(1)") >= 4


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("user:7", "/users/7"),
        ("alert:a1b2", "/alerts/a1b2"),
        ("message:12", "/messages/12"),
        ("rule:FAILURE_RATE_HIGH", "/alerts/rules/FAILURE_RATE_HIGH"),
        ("rule:FAILURE_RATE_HIGH:number:12", "/alerts/rules/FAILURE_RATE_HIGH"),
        ("rule:../../logout", ""),
        ("alert:../logout", ""),
        ("slack", ""),
        ("", ""),
    ],
)
def test_what_something_was_done_with_leads_to_its_page(subject: str, path: str) -> None:
    assert place_of(subject) == path


def test_only_who_administers_reads_it(place: Installed) -> None:
    viewer = place.add("vera", Role.OPERATOR)

    answer = place.browser(viewer).get("/audit")

    assert answer.status_code == 403
    assert "/audit" not in place.browser(viewer).get("/alerts").text
