"""Forward targets over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.asgi import Answer, Request, ask

from wabawatch.app import System
from wabawatch.ports import Body, BodyKind
from wabawatch.settings import load

TOKEN = "a token that is long enough"
NAMES = "WABAWATCH_FORWARD_CRM_URL", "WABAWATCH_FORWARD_CRM_APP"


class Desk:
    """One installation with a target that nobody has tried yet, asked in this process."""

    def __init__(self, folder: Path) -> None:
        usual = {"WABAWATCH_DATA_DIR": str(folder), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        target = dict(zip(NAMES, ("https://crm.example/hook", "default"), strict=True))
        self.system = System(load({**usual, "WABAWATCH_API_TOKEN": TOKEN, **target}))
        self.site = self.system.site(self.system.supervisor())
        now = self.system.clock.now()
        (self.body,) = self.system.inbox.append_all([Body(BodyKind.WEBHOOK, now, b"hello")])

    def ask(self, method: str, path: str, content: object = None) -> Answer:
        headers = ((b"authorization", b"Bearer " + TOKEN.encode()),)
        return ask(self.site, Request(method, f"/api/v1{path}", (json.dumps(content or {}).encode(),), headers))

    def told(self, method: str, path: str, content: object = None) -> Any:
        answer = self.ask(method, path, content)
        assert answer.status == 200, answer
        return json.loads(answer.body)


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


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "said"),
    [
        ("GET", "/forward-targets/shop/dead-letters", None, 404, "there are crm"),
        ("POST", "/forward-targets/shop/replay", {}, 404, "shop"),
        ("POST", "/forward-targets/crm/replay", {"all": True}, 422, "from"),
        ("POST", "/forward-targets/crm/replay", {"from": "soon"}, 422, "from"),
        ("POST", "/forward-targets/crm/replay", {"body": 1}, 404, "body 1"),
    ],
)
def test_mistakes_are_named(desk: Desk, method: str, path: str, content: object, status: int, said: str) -> None:
    answer = desk.ask(method, path, content)

    assert (answer.status, said in json.loads(answer.body)["detail"]) == (status, True), answer
