"""Channels and runbooks over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.notifiers.contract.services import HttpService, http_service
from tests.support.asgi import Answer, Request, ask
from tests.support.places import furnish

from wabawatch.app import System
from wabawatch.settings import load
from wabawatch.storage.schema import audit_entries

TOKEN = "a token that is long enough"
SECRET = "s3cr3t-path"


class Desk:
    """One installation with a webhook channel, asked in this process."""

    def __init__(self, folder: Path, service: HttpService) -> None:
        self.service = service
        given = {
            "WABAWATCH_DATA_DIR": str(furnish(folder)),
            "WABAWATCH_FREE_SPACE_RESERVE": "0",
            "WABAWATCH_API_TOKEN": TOKEN,
            "WABAWATCH_ALLOW_PRIVATE_URLS": "127.0.0.1",
            "WABAWATCH_CHANNELS_OPS_KIND": "webhook",
            "WABAWATCH_CHANNELS_OPS_URL": f"{service.url}/{SECRET}",
        }
        self.system = System(load(given))
        self.site = self.system.site(self.system.supervisor())

    def ask(self, method: str, path: str) -> Answer:
        headers = ((b"authorization", b"Bearer " + TOKEN.encode()),)
        return ask(self.site, Request(method, f"/api/v1{path}", (b"",), headers))

    def told(self, method: str, path: str) -> Any:
        answer = self.ask(method, path)
        assert answer.status == 200, answer
        assert SECRET.encode() not in answer.body
        return json.loads(answer.body)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with http_service() as service:
        desk = Desk(tmp_path, service)
        yield desk
        desk.system.close()


def test_a_channel_that_nobody_tried_is_listed(desk: Desk) -> None:
    [found] = desk.told("GET", "/alerts/channels")

    assert (found["channel"], found["kind"], found["failures"], found["sent_at"]) == ("ops", "webhook", 0, None)
    assert found["place"] == f"{desk.service.url}/…"


def test_a_test_arrives_and_a_failed_one_shows_until_one_arrives(desk: Desk) -> None:
    desk.service.status, desk.service.body = 403, SECRET.encode()
    failed = desk.told("POST", "/alerts/channels/ops/test")
    [after] = desk.told("GET", "/alerts/channels")
    desk.service.status, desk.service.body = 204, b""
    sent = desk.told("POST", "/alerts/channels/ops/test")
    [healed] = desk.told("GET", "/alerts/channels")

    assert (failed["outcome"], after["failures"]) == ("refused", 1)
    assert "403" in failed["detail"]
    assert after["trouble"] == failed["detail"]
    assert (sent["outcome"], healed["failures"], healed["trouble"]) == ("sent", 0, "")
    assert json.loads(desk.service.requests[1].body)["data"]["key"] == sent["key"]
    with desk.system.database.reading() as connection:
        deeds = [(row.action, row.subject) for row in connection.execute(select(audit_entries))]
    assert deeds == [("channel_tested", "ops")] * 2


def test_a_channel_that_is_not_there_is_not_found(desk: Desk) -> None:
    answer = desk.ask("POST", "/alerts/channels/opps/test")

    assert answer.status == 404
    assert b"did you mean ops" in answer.body


def test_a_runbook_is_read_by_its_type(desk: Desk) -> None:
    page = desk.told("GET", "/alerts/runbooks/TOKEN_INVALID")

    assert page["title"] == "The access token is not accepted"
    assert len(page["steps"]) >= 3
    assert desk.ask("GET", "/alerts/runbooks/NO_SUCH_RULE").status == 404
