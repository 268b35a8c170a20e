"""A real server whose gateway stands between an application on pywa and the simulator."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pywa.client import WhatsApp

from tests.support.server import PATIENCE_S, PLAIN, SECRET, Server, environment
from tests.support.zygote import Fork, start

TOKEN = "simulated-token"


@dataclass(frozen=True, slots=True)
class Scene:
    """A server between an application and the simulator."""

    server: Server
    meta: str
    """Address of the simulator"""
    number: str

    @contextmanager
    def application(self, token: str = TOKEN) -> Iterator[WhatsApp]:
        """An application that was pointed at the gateway, by its address alone."""
        with httpx.Client(timeout=PATIENCE_S) as session:
            whatsapp = WhatsApp(phone_id=self.number, token=token, session=session)
            session.base_url = httpx.URL(f"{self.server.url}/graph/v25.0")
            yield whatsapp

    def truth(self) -> dict[str, str]:
        """The true status of each message, by wamid."""
        rows = httpx.get(f"{self.meta}/truth", **PLAIN).json()["messages"]
        return {row["wamid"]: row["status"] for row in rows}

    def logged(self) -> list[tuple[Any, ...]]:
        """type, template, status and origin of every message in the log."""
        return self.server.sql("SELECT type, template_name, status, user_id FROM whatsapp_message_queue")


_PLACES = re.compile(r"^Graph.*?(http://[0-9.:]+).*?^number +(\S+)", re.MULTILINE | re.DOTALL)


@contextmanager
def staged(
    folder: Path,
    settings: Mapping[str, str],
    speed: int = 2000,
    *,
    starts: bool = True,
    token: str = TOKEN,
    under: Sequence[str] = (),
) -> Iterator[Scene]:
    """A server with *settings* in front of a simulator, whose time runs *speed* times as fast.

    *starts*: the server runs already; otherwise the test starts it, once it knows all settings. *token*: which the
    simulator takes. *under*: as `Server` has it.
    """
    server, log = Server(folder, settings, under), folder / "simulator.log"
    secret = settings.get("WABAWATCH_APP_SECRET", SECRET).partition(",")[0]
    arguments = ["simulate", "--port", "0", "--messages", "0", "--app-secret", secret, "--speed", str(speed)]
    arguments += ["--token", token] if token != TOKEN else []
    arguments += ["--webhook-url", f"{server.url}/webhooks/whatsapp"]
    simulator = start(arguments, environment(folder, {}), folder, log)
    try:
        meta, number = _places_in(log, simulator)
        server.settings["WHATSAPP_API_URL"] = meta
        yield Scene(server.start() if starts else server, meta, number)
    finally:
        server.close()
        simulator.kill()
        simulator.wait(PATIENCE_S)


def _places_in(log: Path, simulator: Fork) -> tuple[str, str]:
    """The address of the Graph endpoints, and the first number there, once they are told."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not (found := _PLACES.search(log.read_text("utf-8") if log.exists() else "")):
        assert simulator.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < give_up_at, log.read_text("utf-8")
        time.sleep(0.02)
    return found[1], found[2]
