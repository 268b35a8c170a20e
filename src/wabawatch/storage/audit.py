"""The audit trail: who did what, as a chain in which each entry's digest covers the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

NO_HEADS: Mapping[int, bytes] = {}

_PAGE = 2_000
_encode = json.JSONEncoder(separators=(",", ":")).encode
"""One for all: `json.dumps` makes one anew for each entry"""


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
    FORGED = "forged"
    """A checkpoint says how the trail stood at this entry, and no key of this installation has signed it."""
    UNPROVEN = "unproven"
    """A checkpoint of this entry or a later one was made, and none is there."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A place at which the trail is not as it was written."""

    id: int
    fault: Fault
    last: int | None = None
    """Of several missing or unproven entries, the last; None: it is one, or it is not known"""
    since: int = 0
    """Of entries written anew: up to here they are proven, by a head that fits"""


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
        entry: dict[str, Any] = {"id": last_id + 1, "at": at, **texts}
        entry["digest"] = _digest(last_digest, list(entry.values()))
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


def digest_at(connection: Connection, id: int) -> bytes | None:
    """The digest of the entry *id*; None: there is none."""
    digest = connection.execute(select(audit_entries.c.digest).where(audit_entries.c.id == id)).scalar()
    return None if digest is None else bytes(digest)


def verify(connection: Connection, head: Head = EMPTY) -> Broken | None:
    """Check the trail and return the first fault, None when it is sound; see `faults`."""
    return next(faults(connection, {head[0]: head[1]} if head[0] else {}), None)


def faults(
    connection: Connection, heads: Mapping[int, bytes] = NO_HEADS, tell: Callable[[int], None] = lambda _: None
) -> Iterator[Broken]:
    """Check the whole trail and give every fault, in order. *tell* is called now and then with the number reached.

    Each entry is held against the digest that stands before it, so that one wrong entry does not hide the others.
    Entries cut off at the end, or a tail written anew with its digests, leave a sound chain: only *heads* (digests by
    number) taken earlier show those.
    """
    yield from faults_in(pages(connection), heads, tell)


def faults_in(
    all_pages: Iterable[Sequence[Sequence[Any]]],
    heads: Mapping[int, bytes],
    tell: Callable[[int], None],
    before: Head = EMPTY,
) -> Iterator[Broken]:
    """As `faults`, of entries that come a page at a time, the first of which follows *before*."""
    digest: bytes | None = before[1]
    expected, proven, is_rewritten = before[0] + 1, before[0], False
    for page in all_pages:
        tell(page[-1][0])
        for id_, *told, kept in page:
            if id_ < expected:
                yield Broken(id_, Fault.ADDED)
                continue
            if id_ > expected:
                yield Broken(expected, Fault.MISSING, id_ - 1 if id_ - 1 > expected else None)
                digest = None
            kept = bytes(kept)
            # What follows a gap has lost what it was chained to: only what comes after it can be checked again.
            if digest is not None and _digest(digest, [id_, *told]) != kept:
                yield Broken(id_, Fault.CHANGED)
            if not is_rewritten and (head := heads.get(id_)) is not None:
                is_rewritten = head != kept
                if is_rewritten:
                    yield Broken(id_, Fault.REWRITTEN, since=proven)
                else:
                    proven = id_
            digest, expected = kept, id_ + 1
    newest = max(heads, default=0)
    if newest >= expected:
        yield Broken(expected, Fault.TRUNCATED, newest if newest > expected else None)


def pages(
    connection: Connection, after: int | None = None, up_to: int | None = None
) -> Iterator[Sequence[Sequence[Any]]]:
    """All entries in order, or those with numbers above *after* up to *up_to*, a page at a time: there may be many.

    Of each number, time, actor, action, subject, detail as text, and digest.
    """
    c = audit_entries.c
    page = select(c.id, c.at, c.actor, c.action, c.subject, c.detail, c.digest).order_by(c.id).limit(_PAGE)
    page = page if up_to is None else page.where(c.id <= up_to)
    first = page if after is None else page.where(c.id > after)
    rows: Sequence[Sequence[Any]] = connection.execute(first).all()
    while rows:
        yield rows
        rows = connection.execute(page.where(c.id > rows[-1][0])).all() if len(rows) == _PAGE else []


def _digest(previous: bytes, covered: Sequence[Any]) -> bytes:
    """Of number, time, actor, action, subject and detail, and of all that came before."""
    return hashlib.sha256(previous + _encode(covered).encode()).digest()


def _canonical(detail: Mapping[str, Plain]) -> str:
    for name, value in detail.items():
        if not isinstance(value, Plain):
            raise TypeError(f"detail {name!r} of an audit entry is not plain: {type(value).__name__}")
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _storable(text: str) -> str:
    """Replace what a database refuses in text: actors and subjects may be what a stranger typed."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
