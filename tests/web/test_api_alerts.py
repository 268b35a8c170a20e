"""Alerts over HTTP and by command: list, show, acknowledge, rules, back-test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_books import RATE, bad, good, look
from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from tests.support.facts import HOUR, MINUTE, NUMBERS, T0, WABA, recorded
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.cli import alerts_list
from wabawatch.cli.common import Where
from wabawatch.domain.facts import ErrorSeen, Source, Status, StatusChanged, When
from wabawatch.flows.digest import learn
from wabawatch.settings import load
from wabawatch.storage.alerts import SqlAlerts

TOKEN = "a token that is long enough"


class Desk:
    """One installation, asked over HTTP."""

    def __init__(self, folder: Path) -> None:
        given = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_API_TOKEN": TOKEN,
        }
        self.folder = folder
        self.clock = HandClock(T0 + HOUR)
        self.system = System(load(given), self.clock)
        self.site = self.system.site(self.system.supervisor())

    def ask(self, method: str, path: str, content: object = None) -> Answer:
        headers = ((b"authorization", b"Bearer " + TOKEN.encode()),)
        path, _, query = path.partition("?")
        body = (b"" if method == "GET" else json.dumps(content or {}).encode(),)
        return ask(self.site, Request(method, f"/api/v1{path}", body, headers, query=query.encode()))

    def json(self, method: str, path: str, content: object = None) -> Any:
        return json.loads(self.ask(method, path, content).body)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    look(desk.system.alerts.book, RATE, bad(0), bad(5))
    yield desk
    desk.system.close()


def test_alerts_are_listed_with_what_was_seen(desk: Desk) -> None:
    (alert,) = desk.json("GET", "/alerts?open=true")

    assert (alert["type"], alert["status"], alert["scope"], alert["waba"]) == (
        "DELIVERY_RATE_LOW",
        "firing",
        f"number:{NUMBERS[0]}",
        WABA,
    )
    assert alert["seen"]["contributors"] == [{"kind": "country", "id": "ID", "n": 38, "of": 40}]
    assert desk.json("GET", "/alerts?severity=info") == []


def test_one_alert_is_shown_with_its_history_and_its_rule(desk: Desk) -> None:
    look(desk.system.alerts.book, RATE, good(10))
    (alert,) = desk.json("GET", "/alerts")

    whole = desk.json("GET", f"/alerts/{alert['id']}")

    assert [(each["became"], each["reason"]) for each in whole["history"]] == [
        ("firing", "fired"),
        ("resolved", "recovered"),
    ]
    assert whole["rule"]["threshold"] == 0.95
    assert desk.ask("GET", "/alerts/nothing").status == 404


def test_an_alert_is_acknowledged_once_it_is_known_by_whom(desk: Desk) -> None:
    (alert,) = desk.json("GET", "/alerts")

    seen = desk.json("POST", f"/alerts/{alert['id']}/ack", {"note": "looking"})

    assert (seen["status"], seen["acknowledgement"]) == ("acknowledged", "looking")
    assert seen["acknowledged_by"]
    look(desk.system.alerts.book, RATE, good(10))
    assert desk.ask("POST", f"/alerts/{alert['id']}/ack").status == 409


def test_rules_are_listed(desk: Desk) -> None:
    rules = {rule["name"]: rule for rule in desk.json("GET", "/alerts/rules")}

    assert len(rules) >= 33
    assert rules["FAILURE_RATE_HIGH"]["threshold"] == 0.05


def failing(desk: Desk) -> None:
    """An hour of messages, of which those of twenty minutes fail."""
    with desk.system._books().writing() as ledger:
        for minute in range(60):
            is_bad = 20 <= minute < 40
            for i in range(10):
                at, wamid = minute * MINUTE, f"wamid.{minute}.{i}"
                told = Status.FAILED if is_bad else Status.DELIVERED
                errors = (ErrorSeen(131026),) if is_bad else ()
                when = When(T0 + at + 1, T0 + at + 1)
                status = StatusChanged(when, Source.WEBHOOK, told, wamid=wamid, number=NUMBERS[0], errors=errors)
                learn(ledger, [recorded(at, wamid=wamid), status])


def test_a_rule_is_tried_on_the_past_and_nothing_is_written(desk: Desk) -> None:
    failing(desk)
    desk.clock.turn_to(T0 + 3 * HOUR)

    found = desk.json("POST", "/alerts/backtest", {"rule": "FAILURE_RATE_HIGH", "days": 1})
    milder = desk.json("POST", "/alerts/backtest", {"rule": "FAILURE_RATE_HIGH", "days": 1, "threshold": 0.9})

    assert [each["scope"] for each in found["fired"]] == [f"number:{NUMBERS[0]}"]
    assert milder["fired"] == []
    assert desk.ask("POST", "/alerts/backtest", {"rule": "TOKEN_INVALID", "days": 1}).status == 422
    assert desk.ask("POST", "/alerts/backtest", {"rule": "NOTHING", "days": 1}).status == 404
    percent = desk.ask("POST", "/alerts/backtest", {"rule": "FAILURE_RATE_HIGH", "days": 1, "threshold": 5})
    assert (percent.status, b"no share from 0 to 1" in percent.body) == (422, True)
    assert len(desk.json("GET", "/alerts")) == 1


def test_the_same_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(tmp_path)
    desk.system.close()
    where = Where(data_dir=tmp_path)
    book = SqlAlerts(desk.system.database)
    look(book, RATE, bad(0))
    (alert,) = book.open()
    desk.system.close()

    alerts_list.list_(days=1, where=where)  # what fires is listed, however long it has
    alerts_list.show(alert.key, where=where)
    alerts_list.ack(alert.key, note="mine", where=where)
    alerts_list.rules(where=where)
    printed = capsys.readouterr().out
    alerts_list.show(alert.key, json=True, where=where)

    assert "no alert" not in printed
    assert "160 of 200 arrived" in printed
    assert "acknowledged: DELIVERY_RATE_LOW" in printed
    assert json.loads(capsys.readouterr().out)["alert"]["acknowledgement"] == "mine"
