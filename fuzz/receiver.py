"""The receiver: any request gets one answer, and 200 means kept, byte for byte. `python -m fuzz.receiver`."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import atheris

from fuzz.running import instrumented, run
from fuzz.seeds import OURS, contents

with instrumented(include=["wabawatch"]):
    from tests.support.asgi import Answer, Request, converse
    from tests.support.books import HandClock

    from wabawatch.domain.errors import StoreUnavailable
    from wabawatch.flows.ingest import Acks, AppSecrets
    from wabawatch.meta.signature import sign
    from wabawatch.ports import Body, BodyId, BodyKind, StoredBody
    from wabawatch.storage.bodies import pack_block, unpack_block
    from wabawatch.storage.inbox import SqliteInbox
    from wabawatch.storage.sealed import Keyring
    from wabawatch.web.webhook import PATH, Receiver, make_receiver

NOW: Final = 1_795_176_000_123
LIMIT: Final = 4_096
SECRET: Final = b"secret"
APPS: Final = {
    "": AppSecrets("", (b"old", SECRET), b"token"),
    "shop": AppSecrets("shop", (SECRET,), b"shop token"),
    "open": AppSecrets("open", (), b""),
}
PATHS: Final = [PATH, f"{PATH}/", f"{PATH}/shop", f"{PATH}/open", f"{PATH}/open/", f"{PATH}/none", f"{PATH}//shop", "/"]
QUERIES: Final = [
    b"hub.mode=subscribe&hub.verify_token=token&hub.challenge=1158201444",
    b"hub_mode=subscribe&hub.verify_token=shop+token&hub.challenge=%ED%A0%80%00%FF",
    b"hub.mode=subscribe&hub.verify_token=&hub.challenge=",
]
STATUSES: Final = {"POST": {200, 401, 404, 408, 413, 503}, "GET": {200, 403, 404}}


class Inbox(SqliteInbox):
    """A real inbox that sometimes has no room, and remembers what it was given last."""

    is_full = False
    newest_id: BodyId = 0

    async def append(self, body: Body) -> BodyId:
        if self.is_full:
            raise StoreUnavailable("no room")
        self.newest_id = await super().append(body)
        return self.newest_id


@dataclass(frozen=True, slots=True)
class Desk:
    """A receiver, and what stands behind it."""

    inbox: Inbox
    receiver: Receiver
    keyring: Keyring
    runner: asyncio.Runner


@cache
def desk() -> Desk:
    """The one desk of this process."""
    keyring = Keyring.generate()
    inbox = Inbox(Path(tempfile.mkdtemp()) / "inbox.db", keyring, reserve_bytes=0)
    receiver = make_receiver(
        apps=APPS,
        inbox=inbox,
        clock=HandClock(NOW),
        acks=Acks(),
        max_body_bytes=LIMIT,
        allow_unsigned=True,
        read_timeout_s=0.002,
    )
    return Desk(inbox, receiver, keyring, asyncio.Runner())


def request_of(data: atheris.FuzzedDataProvider) -> tuple[Request, bool]:
    """A request, and whether the inbox is full meanwhile."""
    method = data.PickValueInList(["POST"] * 6 + ["GET", "GET", "HEAD", "PUT", "post", ""])
    path = data.PickValueInList(PATHS) if data.ConsumeProbability() < 0.9 else PATH + data.ConsumeUnicode(20)
    query = data.PickValueInList(QUERIES) if data.ConsumeBool() else data.ConsumeBytes(60)
    signing, sizing = data.ConsumeIntInRange(0, 5), data.ConsumeIntInRange(0, 5)
    is_full, ends = data.ConsumeIntInRange(0, 9) == 0, data.ConsumeIntInRange(0, 60)
    junk, pieces, grown = data.ConsumeBytes(70), data.ConsumeIntInRange(1, 6), data.ConsumeIntInRange(0, 9) == 0
    body = data.ConsumeBytes(8_192) * (3 if grown else 1)
    cut = max(1, len(body) // pieces)
    chunks = tuple(body[at : at + cut] for at in range(0, len(body), cut)) or (b"",)
    headers = [*_signature(signing, body, junk), *_size(sizing, body, junk), (b"x-other", junk)]
    return Request(method, path, chunks, tuple(headers), query, breaks_off=ends == 0, hangs=ends == 1), is_full


def _signature(kind: int, body: bytes, junk: bytes) -> list[tuple[bytes, bytes]]:
    right = sign(body, SECRET).encode()
    values = [[right], [right], [right, junk], [junk], [right[:-1] + b"g"], []][kind]
    return [(b"x-hub-signature-256", value) for value in values]


def _size(kind: int, body: bytes, junk: bytes) -> list[tuple[bytes, bytes]]:
    values = [[], [], [b"%d" % len(body)], [junk], [b"9" * 18], [b"9" * 30, b"1"]][kind]
    return [(b"content-length", value) for value in values]


def answers_are_sound(content: bytes) -> None:
    """One whole answer of a known status; 200 to a POST if and only if the body is kept, byte for byte."""
    request, is_full = request_of(atheris.FuzzedDataProvider(content))
    at = desk()
    at.inbox.is_full, before = is_full, at.inbox.newest_id
    answer = at.runner.run(converse(at.receiver, request))
    must_be_an_answer(request, answer)
    was_kept = at.inbox.newest_id != before
    assert was_kept == (request.method == "POST" and answer.status == 200), answer
    if was_kept:
        must_be_kept(at, request)
    if at.inbox.newest_id > 5_000:
        at.inbox.forget(at.inbox.newest_id)


def must_be_an_answer(request: Request, answer: Answer) -> None:
    """It is whole and of a status that this kind of request may get; who broke off may get none."""
    if request.breaks_off and answer.status == 0 and request.method == "POST":
        return
    assert answer.is_complete
    assert answer.status in STATUSES.get(request.method, {404, 405}), answer
    assert int(answer.headers[b"content-length"]) == len(answer.body)


def must_be_kept(at: Desk, request: Request) -> None:
    """The inbox gives back what came, and so does a packed block of it."""
    body = at.inbox.find(at.inbox.newest_id)
    signature = next((value for name, value in request.headers if name == b"x-hub-signature-256"), b"")
    app = request.path.removeprefix(PATH).strip("/")
    assert body == Body(BodyKind.WEBHOOK, NOW, b"".join(request.chunks), app, signature=signature.decode("latin-1"))
    stored = [StoredBody(7, body), StoredBody(9, body)]
    block = pack_block(stored, at.keyring, context=b"fuzz", level=1)
    assert unpack_block(block, at.keyring, context=b"fuzz") == stored


if __name__ == "__main__":
    run("receiver", answers_are_sound, contents(OURS).values())
