"""The page of exports without a browser: what it shows, to whom, and the form that asks for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from tests.support.books import HandClock
from tests.support.console import Client, FakeAssets, Somebody
from tests.support.exports import Here
from tests.support.facts import DAY, HOUR, NUMBERS, T0, recorded, told

from wabawatch.app import System
from wabawatch.app_console_exports import export_pages
from wabawatch.domain.access import Right
from wabawatch.domain.facts import ErrorSeen, Person, Status
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.settings import load
from wabawatch.storage.books import SqlBooks
from wabawatch.web import csrf
from wabawatch.web.forms import read_form
from wabawatch.web.pages.desk import Desk
from wabawatch.web.visitors import Visitor

TOKEN = csrf.token_of("secret")
PHONE = "15550000001"
MARKUP = "<img src=x onerror=alert(1)>"
ADMIN = Visitor("Ada Admin", frozenset(Right), TOKEN, 1)
OPERATOR = Visitor("Olga Operator", frozenset({Right.VIEW, Right.OPERATE}), TOKEN, 2)
OTHER = Visitor("Otto Operator", frozenset({Right.VIEW, Right.OPERATE}), TOKEN, 3)
VIEWER = Visitor("Vera Viewer", frozenset({Right.VIEW}), TOKEN, 4)


async def guard(request: Request, _visitor: Visitor) -> None:
    """The guard of the frame, of the cookie `secret`."""
    csrf.check(request.headers, await read_form(request), "secret", None)


class Pages:
    """An installation with two messages, one of them failed; and its page of exports, looked at by somebody."""

    def __init__(self, folder: Path) -> None:
        given = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0", "WABAWATCH_UPTIME": "false"}
        self.folder, self.clock = folder, HandClock(T0 + HOUR)
        self.system = System(load(given), self.clock)
        self.system.console.views.assets = FakeAssets()
        self.system.exports.exporting = self.system.exports.made_by(Here(self.system.database))
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            who = {"number": NUMBERS[0], "person": Person(phone=PHONE)}
            failed = told(Status.FAILED, 5, wamid="wamid.1", errors=(ErrorSeen(131026, MARKUP),), **who)
            learn(ledger, [*(recorded(i, wamid=f"wamid.{i}", user_id=MARKUP, **who) for i in range(2)), failed])
        self.as_(OPERATOR)

    def as_(self, visitor: Visitor) -> None:
        """From now on *visitor* looks."""
        console = self.system.console
        desk = Desk(Somebody(visitor).of, console.views, guard)
        console.desk = lambda: desk  # type: ignore[method-assign]
        self._client = Client.__new__(Client)
        routes = export_pages(console, self.system.exports, self.clock)
        self._client._site, self._client.cookies = Starlette(routes=routes), {}  # type: ignore[assignment]

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self._client.request("POST", path, data={"csrf": TOKEN} | fields)

    def made(self, query: str = "", **fields: str) -> str:
        """A file that was asked for and is there: its key."""
        assert self.post(f"/exports{query}", **{"format": "csv"} | fields).status_code == 303
        while self.system.exports.exporting.step():
            pass
        return self.key()

    def key(self) -> str:
        """That of the newest in the list."""
        return str(re.findall(r"/exports/([0-9a-f]{32})/", self.get("/exports").text)[0])

    def deeds(self) -> list[tuple[str, str]]:
        query = "SELECT actor, action FROM audit_entries WHERE subject LIKE 'export:%' ORDER BY id"
        with self.system.database.reading() as connection:
            return [(row[0], row[1]) for row in connection.exec_driver_sql(query)]


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    pages = Pages(tmp_path)
    yield pages
    pages.system.close()


def test_without_a_file_it_says_how_to_get_one(pages: Pages) -> None:
    text = pages.get("/exports").text

    assert "No file yet" in text
    assert 'href="/logs"' in text


def test_what_the_log_page_shows_becomes_a_file(pages: Pages) -> None:
    key = pages.made("?status=failed&range=7d")
    text = pages.get("/exports").text
    answer = pages.get(f"/exports/{key}/file")

    assert "status: failed" in text
    assert "1 message, " in text
    assert "Done" in text
    assert answer.text.count("\r\n") == 2
    assert PHONE not in answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="wabawatch-messages-2026-09-21-')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert pages.deeds() == [
        ("user:2", "export_requested"),
        ("exports", "export_finished"),
        ("user:2", "export_downloaded"),
    ]


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl", "parquet"])
def test_each_format_has_its_own_type_and_name(pages: Pages, format: str) -> None:
    answer = pages.get(f"/exports/{pages.made(format=format)}/file")

    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'.{format}"')
    assert "text/html" not in answer.headers["content-type"]


def test_how_far_one_is_can_be_watched_and_it_can_be_cancelled(pages: Pages) -> None:
    pages.post("/exports", format="jsonl")
    waiting = pages.get("/exports").text
    assert "Waiting" in waiting
    assert 'hx-trigger="every 2s"' in waiting

    answer = pages.post(f"/exports/{pages.key()}/cancel")

    assert (answer.status_code, answer.headers["location"]) == (303, "/exports")
    part = pages.get("/parts/exports").text
    assert "Cancelled" in part
    assert 'hx-trigger="every 60s"' in part
    assert "<html" not in part
    assert pages.post(f"/exports/{pages.key()}/cancel").status_code == 409


def test_what_is_deleted_is_gone(pages: Pages) -> None:
    key = pages.made()
    assert pages.post(f"/exports/{key}/delete").status_code == 303

    assert "No file yet" in pages.get("/exports").text
    assert pages.get(f"/exports/{key}/file").status_code == 404
    assert list((pages.folder / "exports").iterdir()) == []


def test_others_do_not_see_it_but_an_administrator_does(pages: Pages) -> None:
    key = pages.made()

    pages.as_(OTHER)
    assert key not in pages.get("/exports").text
    assert pages.get(f"/exports/{key}/file").status_code == 404
    assert pages.post(f"/exports/{key}/delete").status_code == 404
    pages.as_(ADMIN)
    assert key in pages.get("/exports").text
    assert "asked for by" in pages.get("/exports").text
    pages.as_(VIEWER)
    assert pages.get("/exports").status_code == 403


def test_whole_numbers_need_the_right_and_are_marked(pages: Pages) -> None:
    refused = pages.post("/exports", format="csv", unmask="yes")
    assert refused.status_code == 422
    assert "may not see whole phone numbers" in refused.text
    pages.as_(ADMIN)
    key = pages.made(unmask="yes")

    assert "Whole numbers" in pages.get("/exports").text
    assert PHONE in pages.get(f"/exports/{key}/file").text
    pages.as_(Visitor("Ada", frozenset(Right) - {Right.UNMASK}, TOKEN, 1))
    assert pages.get(f"/exports/{key}/file").status_code == 403
    assert "needs the right to see whole numbers" in pages.get("/exports").text


def test_who_is_looked_for_is_not_told_by_the_list(pages: Pages) -> None:
    pages.made(f"?q={PHONE}")
    wamid = pages.made("?q=wamid.1")

    text = pages.get("/exports").text
    assert wamid in text
    assert PHONE not in text
    assert "wamid.1" not in text
    assert "contact: •••001" in text


@pytest.mark.parametrize(
    ("query", "fields", "said"),
    [
        ("", {"format": "exe"}, "choose one of csv, xlsx, jsonl, parquet"),
        ("", {}, "choose one of"),
        ("?status=odd", {"format": "csv"}, "There is no such status"),
        ("?range=odd", {"format": "csv"}, "there is no such range"),
    ],
)
def test_what_makes_no_sense_is_told(pages: Pages, query: str, fields: dict[str, str], said: str) -> None:
    answer = pages.post(f"/exports{query}", **fields)

    assert answer.status_code == 422
    assert said in answer.text
    assert pages.deeds() == []


def test_nobody_elses_form_asks_for_one(pages: Pages) -> None:
    assert pages.post("/exports", csrf="another's", format="csv").status_code == 403
    assert pages.deeds() == []


def test_markup_is_text(pages: Pages) -> None:
    pages.made(f"?template={MARKUP}")

    text = pages.get("/exports").text
    assert MARKUP not in text
    assert "&lt;img src=x" in text


@pytest.mark.parametrize("key", ["../../keys.json", "..%2f..%2fkeys.json", "%2e%2e", "x" * 32])
def test_no_path_reaches_the_files(pages: Pages, key: str) -> None:
    pages.made()

    answer = pages.get(f"/exports/{key}/file")
    assert answer.status_code in (404, 405)
    assert "content-disposition" not in answer.headers
    assert '"keys"' not in answer.text


def test_when_it_is_over_it_is_gone(pages: Pages) -> None:
    key = pages.made()
    pages.clock.turn_to(T0 + HOUR + 7 * DAY)
    pages.system.exports.exporting.clean()

    assert pages.get(f"/exports/{key}/file").status_code == 404
    assert "No file yet" in pages.get("/exports").text
