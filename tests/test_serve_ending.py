"""`wabawatch serve` tells the streams of open windows to end, with the first signal."""

from __future__ import annotations

import signal

import uvicorn

from wabawatch.cli.serve import _Server


async def nothing(_scope: object, _receive: object, _send: object) -> None:
    """An ASGI app."""


def test_the_first_signal_ends_the_streams_and_stops_the_server() -> None:
    told: list[str] = []
    server = _Server(uvicorn.Config(nothing, log_config=None), lambda: told.append("end"))

    server.handle_exit(signal.SIGTERM, None)

    assert told == ["end"]
    assert server.should_exit
