"""A real client library sends through the gateway and gets the forwarded webhooks, as it would without wabawatch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.handlers import MessageStatusHandler
from pywa.types.message_status import MessageStatus
from tests.support.gateway_scene import TOKEN, Scene, staged
from tests.support.health import eventually
from tests.support.server import PATIENCE_S, SECRET


@dataclass(slots=True)
class Application:
    """An application on pywa with a webhook of its own."""

    whatsapp: WhatsApp
    session: httpx.Client
    url: str = ""
    refused: int = 0
    """Webhooks whose signature pywa did not accept"""
    statuses: list[tuple[str, str]] = field(default_factory=list)

    def take(self, body: bytes, signature: str) -> int:
        """Give pywa one webhook."""
        if self.whatsapp.webhook_update_validator(body, signature):
            self.refused += 1
            return 401
        return self.whatsapp.webhook_update_handler(body)[1]


@contextmanager
def application() -> Iterator[Application]:
    """One that listens on this machine; it does not know yet where to send."""
    with httpx.Client(timeout=PATIENCE_S) as session:
        whatsapp = WhatsApp(phone_id="", token=TOKEN, session=session, app_secret=SECRET, filter_updates=False)
        made = Application(whatsapp, session)

        def note(_: WhatsApp, status: MessageStatus[Any]) -> None:
            made.statuses.append((status.id, status.status.value))

        whatsapp.add_handlers(MessageStatusHandler(note))

        class Webhook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(made.take(body, self.headers["x-hub-signature-256"]))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            made.url = f"http://127.0.0.1:{server.server_address[1]}/"
            try:
                yield made
            finally:
                server.shutdown()
                thread.join(30)


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[tuple[Scene, Application]]:
    """An application, a server that forwards to it, and the simulator."""
    with application() as made:
        forward = {
            "WABAWATCH_FORWARD_SHOP_URL": made.url,
            "WABAWATCH_FORWARD_SHOP_APP": "*",
            "WABAWATCH_ALLOW_PRIVATE_URLS": "127.0.0.1",
        }
        with staged(tmp_path, forward) as scene:
            made.session.base_url = httpx.URL(f"{scene.server.url}/graph/v25.0")
            yield scene, made


def test_sends_go_out_and_their_statuses_come_back(meeting: tuple[Scene, Application]) -> None:
    scene, made = meeting

    wamids = [
        made.whatsapp.send_message(to=f"49151123456{n:02}", text="Hello", sender=scene.number).id for n in range(6)
    ]

    def all_came() -> bool:
        truth = scene.truth()
        ends = {(wamid, truth.get(wamid, "")) for wamid in wamids}
        is_told = not {"sent", "pending", ""} & {status for _, status in ends}
        return is_told and ends <= set(made.statuses)

    eventually(all_came)
    assert made.refused == 0
    assert {wamid for wamid, _ in made.statuses} == set(wamids)
    assert scene.server.settled()["messages"]["attempted"] == 6
