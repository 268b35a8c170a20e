"""The audit trail: who did what, as a chain in which each entry's digest covers the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from wabawatch.asked_from import where_from
from wabawatch.domain.audit_trail import ADDRESS, Plain
from wabawatch.domain.facts import Millis
from wabawatch.ports import Deed
from wabawatch.storage.dialect import insert, is_inserted
from wabawatch.storage.schema import audit_entries

NOTHING: Mapping[str, Plain] = {}

Head: TypeAlias = tuple[int, bytes]
"""Number and digest of the newest entry. Kept elsewhere, it shows later whether entries were cut off."""

EMPTY: Head = (0, bytes(32))
"""The head of a trail without entries."""

_PAGE = 1_000


class Fault(StrEnum):
    """What is wrong with the trail at an entry."""

    CHANGED = "changed"
    """The entry is not what was written, or not in the place where it was written."""
    MISSING = "missing"
    """The entry was deleted, but later ones are there."""
    ADDED = "added"
    """The entry stands before the first one."""
    TRUNCATED = "truncated"
    """The trail ended here or later when the head was taken; now it ends before."""
    REWRITTEN = "rewritten"
    """The chain is sound, but its digest here is not that of the head: entries up to here were written anew."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place at which the trail is not as it was written."""

    id: int
    fault: Fault


def append(
    connection: Connection, at: Millis, actor: str, action: str, subject: str, detail: Mapping[str, Plain] | None = None
) -> int:
    """Write one entry in the caller's writing transaction and return its number; numbers have no gaps.

    Other writers of the trail wait from here to the end of that transaction, so call it late in it. *detail* must never
    hold a phone number, BSUID or wamid; from where it was asked for is added to it. Raises TypeError when a value of it
    is not plain.
    """
    texts = {"actor": _storable(actor), "action": _storable(action), "subject": _storable(subject)}
    told = dict(detail or {})
    if address := where_from():
        told.setdefault(ADDRESS, address)
    texts["detail"] = _canonical(told)
    while True:
        last_id, last_digest = head(connection)
        entry = {"id": last_id + 1, "at": at, **texts}
        entry["digest"] = _digest(last_digest, entry)
        if is_inserted(connection, insert(connection, audit_entries).values(entry).on_conflict_do_nothing()):
            return last_id + 1
        # Another transaction has taken the number and was committed since we looked: look again.


def write(connection: Connection, at: Millis, done: Deed, more: Mapping[str, Plain] = NOTHING) -> int:
    """As `append`, of a deed, with *more* that came of it."""
    return append(connection, at, done.actor, done.action, done.subject, {**done.detail, **more})


def head(connection: Connection) -> Head:
    """Return number and digest of the newest entry."""
    newest = select(audit_entries.c.id, audit_entries.c.digest).order_by(audit_entries.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return EMPTY if row is None else (row.id, bytes(row.digest))


def verify(connection: Connection, head: Head = EMPTY) -> Broken | None:
    """Check the whole trail and return the first fault, None when it is sound.

    Entries cut off at the end leave a sound chain: only a *head* taken earlier and kept elsewhere shows them.
    """
    digest = EMPTY[1]
    expected = 1
    for entry in _entries(connection):
        if entry["id"] != expected:
            return Broken(expected, Fault.MISSING) if entry["id"] > expected else Broken(entry["id"], Fault.ADDED)
        digest = _digest(digest, entry)
        if digest != bytes(entry["digest"]):
            return Broken(expected, Fault.CHANGED)
        if expected == head[0] and digest != head[1]:
            return Broken(expected, Fault.REWRITTEN)
        expected += 1
    return Broken(expected, Fault.TRUNCATED) if head[0] >= expected else None


def _entries(connection: Connection) -> Iterator[Mapping[str, Any]]:
    """All entries in order, a page at a time: the trail is kept for ever."""
    after: int | None = None
    while True:
        page = select(audit_entries).order_by(audit_entries.c.id).limit(_PAGE)
        rows = connection.execute(page if after is None else page.where(audit_entries.c.id > after)).all()
        yield from (row._asdict() for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def _digest(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    covered = [entry[name] for name in ("id", "at", "actor", "action", "subject", "detail")]
    return hashlib.sha256(previous + json.dumps(covered, separators=(",", ":")).encode()).digest()


def _canonical(detail: Mapping[str, Plain]) -> str:
    for name, value in detail.items():
        if not isinstance(value, Plain):
            raise TypeError(f"detail {name!r} of an audit entry is not plain: {type(value).__name__}")
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _storable(text: str) -> str:
    """Replace what a database refuses in text: actors and subjects may be what a stranger typed."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
