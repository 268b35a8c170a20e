"""Why one was told or not, silences and maintenance over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_books import RATE, bad, look
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from tests.support.facts import HOUR, T0
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.settings import load
from wabawatch.storage.alerts import SqlAlerts

TOKEN = "a token that is long enough"
REASON = {"reason": "Meta mends it"}


def at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


class Desk:
    """One installation with two channels, one of which is told of critical alerts of another WABA only."""

    def __init__(self, folder: Path) -> None:
        given = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_API_TOKEN": TOKEN,
        }
        given |= {"ALERT_EMAIL": "ops@example.com", "WABAWATCH_GROUP_WAIT": "0"}
        given |= {"WABAWATCH_CHANNELS_CLIENT_KIND": "email", "WABAWATCH_CHANNELS_CLIENT_TO": "a@example.com"}
        given |= {"WABAWATCH_CHANNELS_CLIENT_WABAS": "9"}
        self.clock = HandClock(T0)
        self.system = System(load(given), self.clock)
        self.site = self.system.site(self.system.supervisor())

    def ask(self, method: str, path: str, content: object = None) -> Answer:
        headers = ((b"authorization", b"Bearer " + TOKEN.encode()),)
        path, _, query = path.partition("?")
        body = (json.dumps(content or {}).encode(),)
        return ask(self.site, Request(method, f"/api/v1{path}", body, headers, query=query.encode()))

    def told(self, method: str, path: str, content: object = None) -> Any:
        answer = self.ask(method, path, content)
        assert answer.status < 300, answer
        return json.loads(answer.body)

    def fire(self) -> str:
        """An alert, planned. Gives its key."""
        book = SqlAlerts(self.system.database)
        look(book, RATE, bad(0))
        while self.system.notices.planning.step():
            pass
        (alert,) = book.open()
        return alert.key


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.system.close()


def test_why_says_for_each_channel_what_was_decided_and_what_became_of_it(desk: Desk) -> None:
    client, email = desk.told("GET", f"/alerts/{desk.fire()}/why")

    assert (client["channel"], client["is_told"], client["reason"]) == ("client", False, "other_waba")
    assert client["sentence"] == "The channel is told of alerts of other WABAs only."
    assert (email["is_told"], email["decisions"][0]["decision"]) == (True, "tell")
    notice = email["decisions"][0]["notice"]
    assert (notice["state"], notice["kind"], notice["alerts"]) == ("waiting", "firing", 1)


def test_an_alert_that_never_was_is_not_found(desk: Desk) -> None:
    assert desk.ask("GET", "/alerts/zzz/why").status == 404


def test_a_silence_is_made_listed_and_ended(desk: Desk) -> None:
    made = desk.told("POST", "/silences", {**REASON, "type": RATE.name, "ends_at": at(T0 + HOUR)})
    desk.fire()
    [listed] = desk.told("GET", "/silences")
    assert (listed["id"], listed["reason"], listed["held"], listed["is_active"]) == (
        made["id"],
        *REASON.values(),
        1,
        True,
    )

    desk.told("POST", f"/silences/{made['id']}/end")

    assert desk.told("GET", "/silences") == []
    [ended] = desk.told("GET", "/silences?ended=true")
    assert ended["ended_by"] == ended["by"]
    assert desk.ask("POST", f"/silences/{made['id']}/end").status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {**REASON, "ends_at": at(T0 + HOUR)},
        {**REASON, "type": "NONE_SUCH", "ends_at": at(T0 + HOUR)},
        {**REASON, "waba": "1", "ends_at": at(T0 - HOUR)},
        {"reason": " ", "waba": "1", "ends_at": at(T0 + HOUR)},
    ],
)
def test_a_silence_that_helps_nobody_is_refused(desk: Desk, wrong: object) -> None:
    assert desk.ask("POST", "/silences", wrong).status == 422
    assert desk.told("GET", "/silences") == []


def test_maintenance_is_entered_listed_and_ended(desk: Desk) -> None:
    span = {"starts_at": at(T0), "ends_at": at(T0 + HOUR)}
    made = desk.told("POST", "/maintenance", {**REASON, **span, "name": "move", "wabas": ["9", "1"]})

    [listed] = desk.told("GET", "/maintenance")
    assert listed == made
    assert (listed["name"], listed["wabas"], listed["types"]) == ("move", ["1", "9"], [])

    desk.clock.turn_to(T0 + 1)
    desk.told("POST", f"/maintenance/{made['id']}/end")
    assert desk.told("GET", "/maintenance") == []
