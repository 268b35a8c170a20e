"""One installation whose HTTP API is asked in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from tests.support.places import furnish
from wabawatch.app import System
from wabawatch.settings import load

NOW = 1_795_176_000_000
TOKENS = ("first token", "tökën")
LOCAL = "01a20000-0000-7000-8000-00000000000a"
WAMID = "wamid.HBgLMTU1NTAwMDAwMDEVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"
SEND = {"phone_number": "+1 555 010 1001"}


class Desk:
    """One installation, asked in this process. Nothing is digested before it is asked for its figures."""

    def __init__(self, folder: Path, **changes: str) -> None:
        usual = {"WABAWATCH_DATA_DIR": str(furnish(folder)), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
        self.clock = HandClock(NOW)
        self.system = System(load({**usual, "WABAWATCH_API_TOKEN": ",".join(TOKENS), **changes}), self.clock)
        self.site = self.system.site(self.system.supervisor())

    def ask(self, method: str, path: str, content: bytes = b"", token: str = TOKENS[0], query: str = "") -> Answer:
        headers = ((b"authorization", b"Bearer " + token.encode()),)
        return self.send(Request(method, f"/api/v1{path}", (content,), headers, query.encode()))

    def send(self, request: Request) -> Answer:
        return ask(self.site, request)

    def post(self, path: str, content: object = None) -> Answer:
        return self.ask("POST", path, json.dumps(content).encode())

    def get(self, path: str, query: str = "") -> Any:
        answer = self.ask("GET", path, query=query)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def messages(self) -> dict[str, int]:
        """The counts once everything is digested."""
        self.system.drain()
        counted: dict[str, int] = self.get("/status", "hours=0")["messages"]
        return counted

    def set_aside(self) -> int:
        """How many bodies could not be digested, so far."""
        with self.system.database.reading() as connection:
            events = "SELECT count(*) FROM whatsapp_logs WHERE event IN ('retrying', 'parked')"
            return int(connection.exec_driver_sql(events).scalar() or 0)


def problem(answer: Answer) -> tuple[int, str, str]:
    """Status, code and detail of an error. It must be a problem document."""
    assert answer.headers[b"content-type"] == b"application/problem+json", answer
    said = json.loads(answer.body)
    assert said["status"] == answer.status
    assert said["title"] not in {"", "Error"}
    return answer.status, said["code"], said["detail"]
