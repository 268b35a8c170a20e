"""Bodies of tests that tell of a message each, some of which cannot be understood, and who digests them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from tests.support.facts import HOUR, T0, told
from tests.support.system import Bench
from wabawatch.domain.facts import (
    Fact,
    Status,
)
from wabawatch.flows.digest import Digest
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, BodyKind, StoredBody
from wabawatch.storage import schema
from wabawatch.storage.books import SqlBooks

NOW = T0 + HOUR
POISON = b"poison"


def body(content: bytes, **more: Any) -> Body:
    return Body(BodyKind.WEBHOOK, T0, content, **more)


def wamid_of(content: bytes) -> str:
    return f"wamid.{content.decode()}"


def understand(stored: StoredBody) -> Sequence[Fact]:
    """A body of these tests tells that the message of its name was sent; one of them cannot be understood."""
    if stored.body.content == POISON:
        raise ValueError("cannot be understood")
    return [told(Status.SENT, wamid=wamid_of(stored.body.content))]


def digest_of(bench: Bench, translate: Callable[[StoredBody], Sequence[Fact]] = understand) -> Digest:
    """A digest of its own, as another process would have it."""
    books = SqlBooks(bench.shelf.database, bench.shelf.keyring, country_of)
    return Digest(bench.inbox, books, translate, bench.clock)


def run(digest: Digest) -> None:
    while digest.step() or digest.retry():
        pass


def counted(bench: Bench) -> tuple[int, int, int, int, int]:
    """received, processed, backlog, parked, duplicates"""
    bodies = bench.status().bodies
    return bodies.received, bodies.processed, bodies.backlog, bodies.parked, bodies.duplicates


def attempted(bench: Bench) -> int:
    return bench.status().assessment.messages.attempted


def failing(bench: Bench) -> Any:
    with bench.shelf.database.reading() as connection:
        return connection.execute(select(schema.parked)).one()
