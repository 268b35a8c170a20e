"""The log page without a browser: what it finds, what it hides, and what it says when it cannot search."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.asgi import Request, ask
from tests.support.books import HandClock
from tests.support.console import ADMIN, client
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.domain.access import Right
from wabawatch.domain.archives import day_name
from wabawatch.settings import load
from wabawatch.web.visitors import Visitor
from wabawatch.wire import write

NOW = 1_795_176_000_000
MINUTE_MS = 60_000
NUMBER, PHONE = "1000", "15550101001"
WAMID = "wamid.HBgLMTU1NTAxMDEwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"
MARKUP = "<img src=x onerror=alert(1)>"
VIEWER = Visitor("Vera Viewer", frozenset({Right.VIEW}), id=2)


class Logs:
    """One installation that holds 70 messages, one of which failed and one of which is full of markup."""

    def __init__(self, folder: Path) -> None:
        settings = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        self.system = System(load(settings | {"WABAWATCH_API_TOKEN": "token"}), HandClock(NOW))
        self.site = self.system.site(self.system.supervisor())
        shared = {"phone_number": f"+{PHONE}", "phone_number_id": NUMBER}
        for i in range(68):
            sent = {"message_id": f"wamid.{i}", "user_id": f"u{i}", "type": f"kind{i}", "at": NOW - (i + 2) * MINUTE_MS}
            self.post("/messages", shared | sent)
        told = {"template_name": "hello", "template_language": "en", "at": NOW - MINUTE_MS}
        self.post("/messages", shared | {"message_id": WAMID, "lead_id": "7"} | told)
        failed = {"status": "failed", "error": {"code": 131026, "title": "Undeliverable"}, "at": NOW - 30_000}
        self.post(f"/messages/{WAMID}/status", failed)
        evil = dict.fromkeys(("phone_number_id", "type", "template_name", "template_language"), MARKUP)
        self.post("/messages", {**shared, **evil, "message_id": "wamid.markup", "at": NOW - 90 * MINUTE_MS})
        self.post("/messages/wamid.markup/status", {"status": "failed", "error": {"code": 999001, "title": MARKUP}})
        self.system.drain()

    def post(self, path: str, content: object) -> None:
        headers = ((b"authorization", b"Bearer token"),)
        answer = ask(self.site, Request("POST", f"/api/v1{path}", (write(content),), headers))
        assert answer.status == 202, answer

    def get(self, path: str, visitor: Visitor = ADMIN) -> httpx.Response:
        return client(self.system, visitor).get(path)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logs]:
    found = Logs(tmp_path_factory.mktemp("logs"))
    yield found
    found.system.close()


def kinds(text: str) -> list[int]:
    """Which of the messages that carry a number are in the table, in its order."""
    return [int(n) for n in re.findall(r'class="cut">kind(\d+)<', text)]


def test_the_newest_are_shown_first_and_older_ones_follow_without_a_gap(logs: Logs) -> None:
    first = logs.get("/logs").text
    older = html.unescape(re.findall(r'data-next="([^"]+)"', first)[0])
    rest = logs.get(older).text

    assert kinds(first) + kinds(rest) == list(range(68))
    assert "<html" not in rest
    assert "These are all that fit." in rest


def test_older_messages_can_be_reached_by_a_link_too(logs: Logs) -> None:
    older = html.unescape(re.findall(r'href="(/logs\?[^"]*cursor=[^"]+)"', logs.get("/logs").text)[0])

    page = logs.get(older).text

    assert kinds(page)[-1] == 67
    assert "To the newest of these" in page


def test_pages_do_not_move_while_the_range_moves_on(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    older = html.unescape(re.findall(r'data-next="([^"]+)"', logs.get("/logs").text)[0])
    monkeypatch.setattr(logs.system.clock, "_now", NOW + MINUTE_MS)

    answer = logs.get(older)

    assert answer.status_code == 200
    assert kinds(answer.text)[-1] == 67


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=user:u3", [3]),
        ("q=wamid.5", [5]),
        ("q=%2B1+555+010+1001&template=hello", []),
        ("status=failed", []),
        ("status=failed&q=user:u3", []),
        ("direction=inbound", []),
        ("direction=inbound&direction=outbound&q=user:u3", [3]),
        ("status=failed&status=pending&q=user:u3", [3]),
        ("type=kind4&type=kind6", [4, 6]),
        ("q=type:kind4", [4]),
        ("phone_number_id=1000&q=user:u3", [3]),
        ("phone_number_id=2000&q=user:u3", []),
        ("language=en&q=user:u3", []),
        ("compliance_status=violation&q=user:u3", []),
        (f"number={NUMBER}&q=user:u4", [4]),
        ("number=2000", []),
        ("client=2000", []),
        ("from=2026-11-20T11:55:00Z&to=2026-11-20T11:57:00Z", [2, 3]),
    ],
)
def test_all_filters_must_hold(logs: Logs, query: str, found: list[int]) -> None:
    assert kinds(logs.get(f"/logs?{query}").text) == found


@pytest.mark.parametrize(
    "query",
    [
        *("status=failed", "error=131026", "template=hello", "language=en", "compliance_status=unverified"),
        *("q=lead:7", f"q={WAMID}", "q=131026", "q=error:131026"),
    ],
)
def test_a_failure_says_its_code_and_why_in_a_sentence(logs: Logs, query: str) -> None:
    text = logs.get(f"/logs?{query}").text

    assert '<span class="tag bad">Failed</span>' in text
    assert "131026</strong>" in text
    assert "The person is not on WhatsApp" in text


def test_filters_stay_in_every_link_and_form_of_the_page(logs: Logs) -> None:
    text = html.unescape(logs.get("/logs?range=6h&status=sent&q=user:u3").text)

    assert 'href="/logs?range=1h&q=user%3Au3&status=sent"' in text
    assert text.count('<input type="hidden" name="range" value="6h">') == 3
    assert '<input type="hidden" name="status" value="sent">' in text
    assert 'href="/logs?range=6h&q=user%3Au3"><span class="soft">Status</span> <b>Sent</b>' in text


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("status=lost", "status", "There is no such status; choose one of pending, sent"),
        ("compliance_status=good", "compliance_status", "choose one of compliant, violation, unverified"),
        ("direction=up", "direction", "There is no such direction; choose one of outbound, inbound"),
        ("error=many", "error", "An error code is a whole number, such as 131026"),
        ("error=9999999999", "error", "An error code is a whole number"),
        ("q=user:", "q", "After user: the id is missing"),
        ("q=template:", "q", "After template: the value is missing"),
        ("status=sent&status=lost", "status", "There is no such status"),
        ("&".join(f"type=kind{i}" for i in range(21)), "type", "more than 20 values"),
        ("number=1000&phone_number_id=2000", "phone_number_id", "choose all numbers there"),
        (f"q={'x' * 201}", "q", "longer than 200 characters"),
        ("q=%00", "q", "cannot be printed"),
        ("template=a%00b", "template", "cannot be printed"),
    ],
)
def test_a_filter_that_makes_no_sense_is_said_to_be_so_beside_it(logs: Logs, query: str, field: str, said: str) -> None:
    answer = logs.get(f"/logs?{query}")

    assert answer.status_code == 422
    beside = re.findall(rf'id="error-{field}">([^<]+)<', answer.text)
    assert said in html.unescape(beside[0])
    assert (f'aria-describedby="error-{field}"' in answer.text) == (field == "q")
    assert "Nothing was searched" in answer.text
    assert not kinds(answer.text)


def test_filters_that_come_by_links_alone_are_named_in_words_and_can_be_taken_away(logs: Logs) -> None:
    text = html.unescape(logs.get("/logs?language=en&compliance_status=violation").text)

    assert 'href="/logs?compliance_status=violation"><span class="soft">Language</span> <b>en</b>' in text
    assert 'href="/logs?language=en"><span class="soft">Template use</span> <b>Against the rule</b>' in text


def test_a_cursor_of_another_search_is_refused_in_a_sentence(logs: Logs) -> None:
    assert "not one that a search gave" in logs.get("/logs?cursor=nonsense").text


def hrefs(text: str, word: str) -> list[str]:
    """Where the links of the facets lead that say *word*."""
    found = re.findall(r'<a href="([^"]+)"[^>]*><span class="box".*?<span class="word">([^<]+?)\s*<', text, re.DOTALL)
    return [html.unescape(href) for href, said in found if said == word]


def test_sums_say_how_many_there_are_of_what_and_each_is_a_filter(logs: Logs) -> None:
    text = logs.get("/parts/logs/sums?range=24h").text

    assert "<h2>70 messages</h2>" in text
    assert hrefs(text, "Failed") == ["/logs?status=failed"]
    assert hrefs(text, "hello") == ["/logs?template=hello"]
    assert hrefs(text, "131026") == ["/logs?error=131026"]
    assert 'hx-swap-oob="true"' in text


def test_a_chosen_value_can_be_taken_away_and_another_added(logs: Logs) -> None:
    text = logs.get("/parts/logs/sums?status=failed&range=6h").text

    assert "<h2>2 messages</h2>" in text
    assert hrefs(text, "Failed") == ["/logs?range=6h"]
    assert hrefs(text, "Pending") == ["/logs?range=6h&status=failed&status=pending"]


def test_a_bar_leads_to_its_time_and_keeps_the_filters(logs: Logs) -> None:
    text = html.unescape(logs.get("/parts/logs/sums?range=1h&type=kind4").text)

    assert 'href="/logs?from=2026-11-20T11%3A54%3A00.000Z&to=2026-11-20T11%3A55%3A00.000Z&type=kind4"' in text
    assert "11:54 UTC: 1 pending" in text


def test_without_a_script_the_page_brings_its_sums_when_asked(logs: Logs) -> None:
    assert 'href="/logs?count=yes"' in logs.get("/logs").text
    assert "<h2>70 messages</h2>" in logs.get("/logs?count=yes").text


@pytest.mark.parametrize("query", [f"q={WAMID}", "status=lost", "number=1000", "client=2000", "range=90d"])
def test_there_are_sums_whatever_is_asked(logs: Logs, query: str) -> None:
    answer = logs.get(f"/parts/logs/sums?{query}")

    assert answer.status_code == 200
    assert PHONE not in answer.text
    assert 'id="log-sums"' in answer.text


def test_numbers_are_masked_in_wamids_too(logs: Logs) -> None:
    text = logs.get("/logs?status=failed").text

    assert "•••001" in text
    assert PHONE not in text
    assert WAMID not in text


def test_whole_numbers_are_for_who_has_the_right_and_each_time_is_in_the_audit_trail(logs: Logs) -> None:
    def deeds() -> int:
        with logs.system.database.reading() as connection:
            asked = "SELECT count(*) FROM audit_entries WHERE actor = 'user:1' AND action = 'messages_unmasked'"
            return int(connection.exec_driver_sql(asked).scalar_one())

    before = deeds()
    seen = logs.get("/logs?template=hello&unmask=yes")

    assert PHONE in seen.text
    assert deeds() == before + 1
    refused = logs.get("/logs?unmask=yes", VIEWER)
    assert refused.status_code == 403
    assert PHONE not in refused.text
    assert "Show whole numbers" not in logs.get("/logs", VIEWER).text


@pytest.mark.parametrize(
    "query", ["count=yes", "error=999001", "status=failed", f"template={MARKUP}", f"q={MARKUP}", f"status={MARKUP}"]
)
def test_texts_full_of_markup_are_shown_as_text(logs: Logs, query: str) -> None:
    text = logs.get(f"/logs?{query}").text

    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_nothing_found_says_what_to_do_next(logs: Logs, tmp_path: Path) -> None:
    assert "Look at the last 90 days" in logs.get("/logs?template=unknown").text
    assert "copied whole" in logs.get("/logs?q=wamid.unknown").text
    empty = System(load({"WABAWATCH_DATA_DIR": str(tmp_path), "WABAWATCH_FREE_SPACE_RESERVE": "0"}))
    assert "wabawatch doctor" in client(empty).get("/logs").text
    empty.close()


# ---------------------------------------------------------------- the archive


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[Logs]:
    """The same 70 messages, 100 days later: they are in the archive."""
    logs = Logs(tmp_path)
    logs.system.archive.books.note(NOW)
    clock = logs.system.clock
    assert isinstance(clock, HandClock)
    clock.turn_to(NOW + 100 * 24 * 60 * MINUTE_MS)
    archiving = logs.system.archive.archiving()
    while archiving.step():
        pass
    yield logs
    logs.system.close()


def test_the_page_says_that_messages_of_its_time_are_archived_and_leads_to_them(archived: Logs) -> None:
    at = "from=2026-11-19T00:00:00Z&to=2026-11-22T00:00:00Z"
    live = archived.get(f"/logs?{at}").text
    assert "No live message in this period" in live
    assert "70 messages of this time are archived" in live

    page = archived.get(f"/logs?{at}&archived=yes&q=user:u3")
    assert page.status_code == 200
    found = re.findall(r'href="/messages/(\d+@\d{4}-\d\d-\d\d)[?"]', page.text)
    assert len(found) == 1
    assert "Live tail" not in page.text
    assert PHONE not in page.text

    message = archived.get(f"/messages/{found[0]}")
    assert message.status_code == 200
    assert "wabawatch archive restore" in message.text
    assert PHONE not in message.text
    assert archived.get(f"/messages/{found[0].partition('@')[0]}").status_code == 404
    assert archived.get(f"/messages/{found[0][:-1]}x").status_code == 404
    assert "Search all of the archive" in archived.get(f"/logs?{at}&archived=yes&q=user:nobody").text


def test_the_address_of_an_archived_message_leads_to_it_before_it_is_archived_too(logs: Logs) -> None:
    id, *_ = re.findall(r'data-open="(\d+)"', logs.get("/logs").text)

    page = logs.get(f"/messages/{id}@2026-11-20")

    assert f"<h1>Message {id}</h1>" in page.text
    assert "archived" not in page.text


def test_an_archive_that_has_lost_a_file_says_so_and_what_to_do(archived: Logs) -> None:
    (part,) = archived.system.archive.books.parts()
    (Path(archived.system.archive.work.folder) / part.name).unlink()

    search = "/logs?archived=yes&from=2026-11-19T00:00:00Z&to=2026-11-22T00:00:00Z"
    for path in (search, f"/messages/1@{day_name(part.day)}"):
        page = archived.get(path)
        assert page.status_code == 503
        assert "The archive cannot be read" in page.text
        assert "wabawatch archive forget" in page.text


def test_pages_of_the_archive_follow_each_other(archived: Logs) -> None:
    at = "from=2026-11-19T00:00:00Z&to=2026-11-22T00:00:00Z"
    page = archived.get(f"/logs?{at}&archived=yes").text
    first = re.findall(r'data-open="([^"]+)"', page)
    (more,) = re.findall(r'data-next="([^"]+)"', page)
    rest = re.findall(r'data-open="([^"]+)"', archived.get(html.unescape(more)).text)

    assert len({*first, *rest}) == 70
    assert len(first) == 50
