"""A real server whose gateway stands between an application on pywa and the simulator."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pywa.client import WhatsApp

from tests.support.children import ending
from tests.support.server import PATIENCE_S, PLAIN, SECRET, Server, environment

COMMAND = str(Path(sys.executable).with_name("wabawatch"))
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


@contextmanager
def staged(folder: Path, settings: Mapping[str, str], speed: int = 2000, *, starts: bool = True) -> Iterator[Scene]:
    """A server with *settings* in front of a simulator, whose time runs *speed* times as fast.

    *starts*: the server runs already; otherwise the test starts it, once it knows all settings.
    """
    server = Server(folder, settings)
    command = [COMMAND, "simulate", "--port", "0", "--messages", "0", "--app-secret", SECRET, "--speed", str(speed)]
    with ending(
        subprocess.Popen(
            [*command, "--webhook-url", f"{server.url}/webhooks/whatsapp"],
            env=environment(folder, {}),
            stderr=subprocess.PIPE,
            text=True,
        )
    ) as simulator:
        try:
            meta, number = _read_places(simulator)
            server.settings["WHATSAPP_API_URL"] = meta
            yield Scene(server.start() if starts else server, meta, number)
        finally:
            server.close()


def _read_places(simulator: subprocess.Popen[str]) -> tuple[str, str]:
    assert simulator.stderr is not None
    meta = ""
    for line in simulator.stderr:
        if line.startswith("Graph"):
            meta = re.findall(r"http://[0-9.:]+", line)[0]
        if line.startswith("number"):
            return meta, line.split()[1]
    raise AssertionError("no number was printed")
