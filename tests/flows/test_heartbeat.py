"""The heartbeat to an outside service: after each cycle, and no trouble when that service is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.support.books import HandClock
from wabawatch.flows.heartbeat import Heartbeat
from wabawatch.kinds import Secret
from wabawatch.net import guard_of
from wabawatch.probes.heartbeat import beat

FIVE = 300_000


class Service:
    """A dead-man service that answers as it is told, and the cycle that it hears of."""

    def __init__(self) -> None:
        self.cycle = 0
        self.heard = 0
        self.answer = ""
        self.clock = HandClock(FIVE)
        self.heartbeat = Heartbeat(self, self.clock, self.send)  # type: ignore[arg-type]

    def mark(self, _name: str) -> int:
        return self.cycle

    def send(self) -> str:
        self.heard += 1
        return self.answer

    def cycle_ends(self) -> None:
        self.cycle += FIVE

    def lives(self, seconds: int) -> None:
        for _ in range(seconds // 5):
            self.clock.turn_to(self.clock.now() + 5_000)
            assert self.heartbeat.step() is False


def test_each_cycle_is_told_once() -> None:
    service = Service()
    service.lives(60)
    assert service.heard == 0

    service.cycle_ends()
    service.lives(60)
    service.cycle_ends()
    service.lives(60)
    assert service.heard == 2


def test_cycles_that_stop_are_told_no_more() -> None:
    service = Service()
    service.cycle_ends()
    service.lives(3_600)

    assert service.heard == 1


def test_one_that_was_not_taken_is_shown_and_tried_again_ever_more_rarely() -> None:
    service = Service()
    service.answer = "no answer in time"
    service.cycle_ends()
    service.lives(600)
    assert service.heartbeat.trouble == "no answer in time"
    assert 10 <= service.heard <= 20

    service.answer = ""
    service.lives(60)
    assert service.heartbeat.trouble == ""


class Hears(BaseHTTPRequestHandler):
    calls: list[str]
    status: int

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.calls.append(f"{self.command} {self.path}")
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(status: int) -> Iterator[tuple[Secret, list[str]]]:
    calls: list[str] = []
    handler = type("Handler", (Hears,), {"calls": calls, "status": status})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Secret(f"http://127.0.0.1:{server.server_port}/ping/a-secret-key"), calls
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


ALLOWED = guard_of(["127.0.0.1"])


def test_it_is_called_as_the_settings_say() -> None:
    with listening(200) as (url, calls):
        assert beat(url, "GET", ALLOWED) == ""
        assert beat(url, "POST", ALLOWED) == ""

    assert calls == ["GET /ping/a-secret-key", "POST /ping/a-secret-key"]


def test_another_answer_is_a_trouble_without_the_secret_address() -> None:
    with listening(404) as (url, _):
        assert beat(url, "GET", ALLOWED) == "the service answered 404"


def test_nobody_there_is_a_trouble_without_the_secret_address() -> None:
    with listening(200) as (url, _):
        pass
    said = beat(url, "GET", ALLOWED)

    assert said
    assert "secret" not in said


def test_a_private_address_must_be_allowed() -> None:
    with listening(200) as (url, calls):
        said = beat(url, "GET", guard_of([]))

    assert "private address" in said
    assert calls == []
