"""Three receivers to compare, each served alone: a bare ASGI app, ours without the digest, and the plain one.

python -m bench.receivers bare|ours|plain --folder FOLDER --fd SOCKET
"""

from __future__ import annotations

import argparse
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from wabawatch.storage.inbox import SqliteInbox

SECRET = "app secret"
KINDS = ("bare", "ours", "plain")

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000


async def answer_200(scope: MutableMapping[str, Any], receive: object, send: Send) -> None:
    """The bare app."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def main() -> None:
    """Serve one of them until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    asked = parser.parse_args()
    with _app(asked.kind, asked.folder) as app:
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="warning"
        )
        # Not by uvicorn's own `fd`: it takes that for a Unix socket, and without TCP_NODELAY each answer waits 40 ms.
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=asked.fd)])


# What only one of them needs is imported for it alone, so that it does not count as memory of the others.
@contextmanager
def _app(kind: str, folder: Path) -> Iterator[Any]:
    if kind == "bare":
        yield answer_200
    elif kind == "plain":
        from bench.plain_receiver import make_app

        yield make_app(folder / "plain.sqlite", SECRET.encode())
    else:
        with opened_inbox(folder) as inbox:
            yield _ours(inbox)


@contextmanager
def opened_inbox(folder: Path) -> Iterator[SqliteInbox]:
    """The inbox that our receiver keeps bodies in."""
    from wabawatch.storage.inbox import SqliteInbox
    from wabawatch.storage.sealed import load_or_create

    inbox = SqliteInbox(folder / "inbox.sqlite", load_or_create(folder / "keys.json"), reserve_bytes=0)
    try:
        yield inbox
    finally:
        inbox.close()


def _ours(inbox: SqliteInbox) -> Any:
    from wabawatch.flows.ingest import Acks, AppSecrets
    from wabawatch.web.webhook import make_receiver

    return make_receiver(
        apps={"": AppSecrets("", (SECRET.encode(),))},
        inbox=inbox,
        clock=SystemClock(),
        acks=Acks(),
        max_body_bytes=4 << 20,
        allow_unsigned=False,
    )


if __name__ == "__main__":
    main()
