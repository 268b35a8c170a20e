"""What a server says of itself at `/healthz`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.support.server import PATIENCE_S, Server


def eventually(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Wait until *condition* holds."""
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, "it has not come to that"
        time.sleep(0.05)


def check_of(server: Server, name: str) -> dict[str, Any]:
    """One check."""
    checks = server.get("/healthz").json()["checks"]
    found: dict[str, Any] = next(each for each in checks if each["name"] == name)
    return found


def is_well(server: Server) -> bool:
    """Whether every check is."""
    health = server.get("/healthz")
    return health.status_code == 200 and health.json()["status"] == "ok"
