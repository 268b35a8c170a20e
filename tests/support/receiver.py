"""A webhook receiver with a real inbox, asked in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.asgi import Answer, Request, ask
from tests.support.books import HandClock
from wabawatch.flows.ingest import Acks, Admission, AppSecrets
from wabawatch.meta.signature import sign
from wabawatch.ports import Body
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.sealed import Keyring
from wabawatch.web.webhook import PATH, make_receiver

RING = Keyring.generate()
NOW = 1_790_000_000_123
LIMIT = 1_000
OLD, NEW, SHOP = b"old secret", b"new secret", b"shop secret"
APPS = {
    "": AppSecrets("", (OLD, NEW), b"token"),
    "shop": AppSecrets("shop", (SHOP,), b"shop token"),
    "bare": AppSecrets("bare"),
}
BODY = b'{"object":"whatsapp_business_account","entry":[]}'


class Timer:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A receiver with a real inbox."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.inbox = SqliteInbox(folder / "inbox.sqlite", RING, reserve_bytes=0)
        self.acks = Acks()
        self.timer = Timer()
        self.receiver = make_receiver(**(self.parts() | changes))

    def parts(self) -> dict[str, Any]:
        return {
            "apps": APPS,
            "inbox": self.inbox,
            "clock": HandClock(NOW),
            "acks": self.acks,
            "max_body_bytes": LIMIT,
            "allow_unsigned": False,
            "timer": self.timer,
        }

    def ask(self, request: Request) -> Answer:
        return ask(self.receiver, request)

    def kept(self) -> list[Body]:
        return [stored.body for stored in self.inbox.read(0, 100)]

    def refused(self, app: str = "") -> dict[Admission, int]:
        totals = self.acks.totals()
        return dict(totals[app].refused) if app in totals else {}


@contextmanager
def a_desk(**changes: Any) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), **changes)
        try:
            yield desk
        finally:
            desk.inbox.close()


def post(body: bytes = BODY, secret: bytes = OLD, path: str = PATH, chunks: int = 1) -> Request:
    size = max(1, -(-len(body) // chunks))
    pieces = tuple(body[start : start + size] for start in range(0, len(body), size)) or (b"",)
    return Request("POST", path, pieces, ((b"x-hub-signature-256", sign(body, secret).encode()),))


def with_headers(request: Request, *headers: tuple[bytes, bytes]) -> Request:
    return replace(request, headers=headers)


def handshake(
    path: str = PATH, query: bytes = b"hub.mode=subscribe&hub.verify_token=token&hub.challenge=42"
) -> Request:
    return Request("GET", path, query=query)
