"""Compliance reports over HTTP and in the console: made, listed, fetched with their signature, by whoever may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from tests.support.console import Client, FakeAssets, Somebody
from tests.support.facts import DAY, HOUR, NUMBERS, T0, WABA, recorded, told
from tests.support.places import furnish

from wabawatch import signed_reports
from wabawatch.app import System
from wabawatch.app_console_reports import report_pages
from wabawatch.domain.access import Right, Scope
from wabawatch.domain.compliance_report import utc
from wabawatch.domain.facts import Status
from wabawatch.flows.digest import learn
from wabawatch.meta.countries import country_of
from wabawatch.settings import load
from wabawatch.storage.books import SqlBooks
from wabawatch.web import csrf
from wabawatch.web.forms import read_form
from wabawatch.web.pages.desk import Desk
from wabawatch.web.pages.reports import months
from wabawatch.web.visitors import Visitor

OWNER = "a token that stands in the settings"
START = T0 - T0 % HOUR
TOKEN = csrf.token_of("secret")
OPERATOR = Visitor("Olga Operator", frozenset({Right.VIEW, Right.OPERATE}), TOKEN, 1)
VIEWER = Visitor("Vera Viewer", frozenset({Right.VIEW}), TOKEN, 4)


async def guard(request: StarletteRequest, _visitor: Visitor) -> None:
    """The guard of the frame, of the cookie `secret`."""
    csrf.check(request.headers, await read_form(request), "secret", None)


class Press:
    """An installation with forty messages."""

    def __init__(self, folder: Path) -> None:
        usual = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_UPTIME": "false",
            "WABAWATCH_API_TOKEN": OWNER,
        }
        self.clock = HandClock(START + DAY)
        self.system = System(load(usual), self.clock)
        self.learn(40)
        self.site = self.system.site(self.system.supervisor())

    def learn(self, n: int, name: str = "m") -> None:
        with SqlBooks(self.system.database, self.system.keyring, country_of).writing() as ledger:
            for i in range(n):
                same = {"wamid": f"wamid.{name}{i}", "number": NUMBERS[0]}
                learn(ledger, [recorded(i, **same), told(Status.DELIVERED, i + 1, waba=WABA, **same)])

    def ask(self, method: str, path: str, content: object = None, token: str = OWNER) -> Answer:
        headers = ((b"authorization", b"Bearer " + token.encode()),)
        body = b"" if content is None else json.dumps(content).encode()
        path, _, query = path.partition("?")
        return ask(self.site, Request(method, f"/api/v1{path}", (body,), headers, query=query.encode()))

    def told(self, method: str, path: str, content: object = None) -> Any:
        answer = self.ask(method, path, content)
        assert answer.status < 300, answer
        return json.loads(answer.body)

    def make(self, **more: str) -> Any:
        return self.told(
            "POST", "/reports", {"from": utc(START).isoformat(), "to": utc(START + 4 * HOUR).isoformat()} | more
        )

    def page(self, visitor: Visitor = OPERATOR) -> Client:
        """The console, looked at by *visitor*."""
        console = self.system.console
        console.views.assets = FakeAssets()
        desk = Desk(Somebody(visitor).of, console.views, guard)
        console.desk = lambda: desk  # type: ignore[method-assign]
        found = Client.__new__(Client)
        routes = report_pages(console, self.system.reports, self.clock)
        found._site, found.cookies = Starlette(routes=routes), {}  # type: ignore[assignment]
        return found


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    found = Press(tmp_path)
    yield found
    found.system.close()


# ---------------------------------------------------------------- the API


def test_a_report_is_made_and_its_file_is_as_it_was_signed(press: Press) -> None:
    made = press.make()
    file = press.ask("GET", f"/reports/{made['id']}/file")

    found = signed_reports.check(file.body, press.system.signing.public_keys())
    assert (found.fault, found.id, found.revision) == (None, made["id"], 1)
    assert found.report is not None
    assert (found.report.messages.attempted, made["scope"], made["revision"]) == (40, "all", 1)
    assert b"attachment; filename=" in dict(file.headers)[b"content-disposition"]


def test_one_of_another_kind_has_its_signature_at_another_address(press: Press) -> None:
    id = press.make()["id"]
    page = press.ask("GET", f"/reports/{id}/file?format=html").body
    beside = press.ask("GET", f"/reports/{id}/signature?format=html").body

    keys = press.system.signing.public_keys()
    assert signed_reports.check_beside(page, beside, keys).fault is None
    assert signed_reports.check_beside(page + b" ", beside, keys).fault is signed_reports.Fault.CHANGED
    assert press.ask("GET", f"/reports/{id}/signature").status == 404


def test_made_again_after_late_events_there_are_two_revisions(press: Press) -> None:
    first = press.make()
    assert press.make() == first
    press.learn(2, "late")
    second = press.make()

    assert (second["id"], second["revision"]) == (first["id"], 2)
    assert [each["revision"] for each in press.told("GET", "/reports")] == [2, 1]
    assert press.told("GET", f"/reports/{first['id']}?revision=1") == first


def test_who_only_logs_makes_and_sees_none(press: Press) -> None:
    token = press.system.tokens.create("logger", {Scope.WRITE}, None, "test")[1]

    assert press.ask("POST", "/reports", {}, token).status == 403
    assert press.ask("GET", "/reports", None, token).status == 403


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"from": "soon"}, 422, "from: 'soon' is no time"),
        ({"scope": "waba:99"}, 404, "no number of waba 99"),
        ({"scope": "x"}, 422, "scope: 'x'"),
        ({"from": "2099-01-01"}, 422, "the period is still to come"),
        ({"month": "2026-01"}, 422, "month"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(press: Press, body: object, status: int, said: str) -> None:
    answer = press.ask("POST", "/reports", body)

    assert (answer.status, said in json.loads(answer.body)["detail"]) == (status, True)


# ---------------------------------------------------------------- the page


def test_a_report_is_made_in_the_console_and_all_its_files_can_be_fetched(press: Press) -> None:
    page = press.page()
    assert "No report yet" in page.get("/reports").text
    sent = page.request("POST", "/reports/new", data={"csrf": TOKEN, "month": "", "from": f"{utc(START):%Y-%m-%d}"})
    assert sent.status_code == 303

    text = page.get("/reports").text
    (about,) = press.system.reports.reporting.all()
    assert "revision 1, made by" in text
    assert about.sha256 in text
    for format in ("html", "csv", "xlsx", "json"):
        answer = page.get(f"/reports/{about.id}/1/file/{format}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f'{about.id}-r1.{format}"')
        assert "sandbox" in answer.headers["content-security-policy"]
    assert page.get(f"/reports/{about.id}/1/signature/csv").json()["report"] == about.id
    assert page.get(f"/reports/{about.id}/1/file/doc").status_code == 404
    assert page.get(f"/reports/{about.id}/9/file/json").status_code == 404


def test_what_is_wrong_with_the_form_is_said_and_what_was_typed_stays(press: Press) -> None:
    page = press.page()
    answer = page.request("POST", "/reports/new", data={"csrf": TOKEN, "from": "soon", "scope": f"waba:{WABA}"})

    assert answer.status_code == 422
    assert "is no time" in answer.text
    assert 'value="soon"' in answer.text
    assert f'<option value="waba:{WABA}" selected>' in answer.text


def test_who_only_looks_fetches_and_makes_none(press: Press) -> None:
    id = press.make()["id"]
    page = press.page(VIEWER)

    assert "Make a report" not in page.get("/reports").text
    assert page.get(f"/reports/{id}/1/file/json").status_code == 200
    assert page.request("POST", "/reports/new", data={"csrf": TOKEN, "month": "2026-01"}).status_code == 403


def test_each_fetching_is_in_the_audit_trail(press: Press) -> None:
    id = press.make()["id"]
    press.page().get(f"/reports/{id}/1/file/csv")

    query = f"SELECT actor, action FROM audit_entries WHERE subject = 'report:{id}' ORDER BY id"
    with press.system.database.reading() as connection:
        deeds = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert [action for _, action in deeds] == ["report_made", "report_fetched"]
    assert deeds[1][0] == "user:1"


def test_the_month_that_is_over_is_offered_first() -> None:
    offered = months(utc(1_767_225_600_000 + HOUR))

    assert (offered[0], offered[-1]) == (("2025-12", "December 2025"), ("2026-01", "January 2026, so far"))
    assert len(offered) == 13
