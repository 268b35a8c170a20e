"""Three receivers to compare, each served alone: a bare ASGI app, ours without the digest, and the plain one.

python -m bench.receivers bare|ours|plain --folder FOLDER [--database-url URL] --fd SOCKET
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from wabawatch.app import System

SECRET = "app secret"
KINDS = ("bare", "ours", "plain")

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Where:
    """Where a receiver keeps what it gets."""

    folder: Path
    database_url: str = ""
    """"": SQLite files in the folder"""


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
    parser.add_argument("--database-url", default="")
    parser.add_argument("--fd", type=int, required=True)
    asked = parser.parse_args()
    with _app(asked.kind, Where(asked.folder, asked.database_url)) as app:
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="warning"
        )
        # Not by uvicorn's own `fd`: it takes that for a Unix socket, and without TCP_NODELAY each answer waits 40 ms.
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=asked.fd)])


# What only one of them needs is imported for it alone, so that it does not count as memory of the others.
@contextmanager
def _app(kind: str, where: Where) -> Iterator[Any]:
    if kind == "bare":
        yield answer_200
    elif kind == "plain":
        from bench.plain_receiver import make_app

        yield make_app(where.database_url or f"sqlite:///{where.folder / 'plain.sqlite'}", SECRET.encode())
    else:
        with opened_system(where) as system:
            yield _ours(system)


@contextmanager
def opened_system(where: Where) -> Iterator[System]:
    """The installation that our receiver keeps bodies in. None of its loops run: nothing is digested."""
    from wabawatch.app import System
    from wabawatch.settings import load

    named = {"DATABASE_URL": where.database_url} if where.database_url else {}
    usual = {"WABAWATCH_DATA_DIR": str(where.folder / "data"), "WABAWATCH_FREE_SPACE_RESERVE": "0"}
    system = System(load({**usual, **named}))
    try:
        yield system
    finally:
        system.close()


def _ours(system: System) -> Any:
    from wabawatch.flows.ingest import AppSecrets
    from wabawatch.web.webhook import make_receiver

    return make_receiver(
        apps={"": AppSecrets("", (SECRET.encode(),))},
        inbox=system.inbox,
        clock=system.clock,
        acks=system.acks,
        max_body_bytes=4 << 20,
        allow_unsigned=False,
    )


if __name__ == "__main__":
    main()
