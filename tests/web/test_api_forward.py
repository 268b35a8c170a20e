"""Forward targets over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.asgi import Answer, Request, ask
from tests.support.forwarding import refuse
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.ports import Body, BodyKind
from wabawatch.settings import load
from wabawatch.storage.schema import audit_entries

TOKEN = "a token that is long enough"
NAMES = "WABAWATCH_FORWARD_CRM_URL", "WABAWATCH_FORWARD_CRM_APP"


class Desk:
    """One installation with a target that nobody has tried yet, asked in this process."""

    def __init__(self, folder: Path) -> None:
        usual = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        target = dict(zip(NAMES, ("https://crm.example/hook", "default"), strict=True))
        self.system = System(load({**usual, "WABAWATCH_API_TOKEN": TOKEN, **target}))
        self.site = self.system.site(self.system.supervisor())
        self.now = self.system.clock.now()
        (self.body,) = self.system.inbox.append_all([Body(BodyKind.WEBHOOK, self.now, b"hello")])

    def ask(self, method: str, path: str, content: object = None) -> Answer:
        headers = ((b"authorization", b"Bearer " + TOKEN.encode()),)
        return ask(self.site, Request(method, f"/api/v1{path}", (json.dumps(content or {}).encode(),), headers))

    def told(self, method: str, path: str, content: object = None) -> Any:
        answer = self.ask(method, path, content)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def bury(self) -> None:
        """Make the body a dead letter."""
        refuse(self.system.forwards.store, "crm", self.body, self.now)

    def deeds(self) -> list[tuple[str, str]]:
        """The audit trail: what was done to what."""
        with self.system.database.reading() as connection:
            return [(row.action, row.subject) for row in connection.execute(select(audit_entries))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.system.close()


def test_targets_are_listed_with_what_waits_for_them(desk: Desk) -> None:
    (found,) = desk.told("GET", "/forward-targets")

    assert (found["target"], found["is_in_use"], found["waiting"], found["dead"]) == ("crm", True, 1, 0)


def test_a_body_is_sent_again_and_a_dry_run_only_says_so(desk: Desk) -> None:
    asked = {"body": desk.body}

    would = desk.told("POST", "/forward-targets/crm/replay", {**asked, "dry_run": True})
    assert (would["count"], would["bodies"][0]["bytes"]) == (1, 5)
    assert desk.told("GET", "/forward-targets/crm/retrying") == []

    assert desk.told("POST", "/forward-targets/crm/replay", asked)["count"] == 1
    assert [each["body"] for each in desk.told("GET", "/forward-targets/crm/retrying")] == [desk.body]


def test_a_target_is_paused_and_resumed(desk: Desk) -> None:
    assert desk.told("POST", "/forward-targets/crm/control/pause") == {"target": "crm", "is_paused": True}
    assert desk.told("GET", "/forward-targets")[0]["is_paused"] is True
    desk.told("POST", "/forward-targets/crm/control/resume")

    assert desk.told("GET", "/forward-targets")[0]["is_paused"] is False


def test_what_is_dropped_is_gone_and_who_did_it_is_noted(desk: Desk) -> None:
    desk.told("POST", "/forward-targets/crm/replay", {"body": desk.body})

    assert desk.told("POST", "/forward-targets/crm/drop", {"all": True})["dropped"] == 0  # it is no dead letter
    asked = {"part": "retrying", "bodies": [desk.body]}
    told = desk.told("POST", "/forward-targets/crm/drop", asked)
    assert told == {"target": "crm", "part": "retrying", "dropped": 1}
    assert desk.told("GET", "/forward-targets/crm/retrying") == []
    assert ("forward_dropped", "crm: 1") in desk.deeds()


def test_dead_letters_are_dropped(desk: Desk) -> None:
    desk.bury()
    assert [each["body"] for each in desk.told("GET", "/forward-targets/crm/dead-letters")] == [desk.body]

    assert desk.told("POST", "/forward-targets/crm/drop", {"bodies": [desk.body]})["dropped"] == 1
    assert desk.told("GET", "/forward-targets/crm/dead-letters") == []


def test_what_waits_is_skipped(desk: Desk) -> None:
    told = desk.told("POST", "/forward-targets/crm/drop", {"part": "waiting", "all": True})

    assert told["dropped"] is None
    assert desk.told("GET", "/forward-targets")[0]["waiting"] == 0


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "said"),
    [
        ("GET", "/forward-targets/shop/dead-letters", None, 404, "there are crm"),
        ("POST", "/forward-targets/shop/replay", {}, 404, "shop"),
        ("POST", "/forward-targets/crm/replay", {"all": True}, 422, "from"),
        ("POST", "/forward-targets/crm/replay", {"from": "soon"}, 422, "from"),
        ("POST", "/forward-targets/crm/replay", {"body": 1}, 404, "body 1"),
        ("POST", "/forward-targets/shop/drop", {"all": True}, 404, "shop"),
        ("POST", "/forward-targets/crm/drop", {}, 422, "bodies: missing"),
        ("POST", "/forward-targets/crm/drop", {"bodies": [], "all": True}, 422, "bodies"),
        ("POST", "/forward-targets/crm/drop", {"bodies": [1], "all": True}, 422, "bodies: only"),
        ("POST", "/forward-targets/crm/drop", {"bodies": [1], "part": "waiting"}, 422, "bodies: only"),
        ("POST", "/forward-targets/crm/drop", {"part": "living"}, 422, "part"),
    ],
)
def test_mistakes_are_named(desk: Desk, method: str, path: str, content: object, status: int, said: str) -> None:
    answer = desk.ask(method, path, content)

    assert (answer.status, said in json.loads(answer.body)["detail"]) == (status, True), answer
