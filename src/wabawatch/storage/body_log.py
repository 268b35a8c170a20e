"""The webhook processing log on disk, and the bodies that could not be digested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from wabawatch.domain.errors import SealBroken, SealDamaged
from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import Floors
from wabawatch.domain.standing import HOUR_MS, MINUTE_MS
from wabawatch.ports import BodyId, BodyKind, BodyNote, BodyResult, BodySource, Failing, StoredBody
from wabawatch.storage import counts
from wabawatch.storage.bodies import decode_block, encode_block
from wabawatch.storage.bulk import Lookup, upserting
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_rows import LabelKind
from wabawatch.storage.partitions import BODIES, drop_whole
from wabawatch.storage.schema import bodies, parked
from wabawatch.storage.sealed import Keyring

PARKED = b"parked"
"""The context that parked bodies are bound to."""

UNCOUNTED = frozenset({BodySource.SYNTHETIC, BodySource.REPLAY})
"""Our own test bodies, and bodies that were counted when they first came."""


KINDS, SOURCES, RESULTS = tuple(BodyKind), tuple(BodySource), tuple(BodyResult)
"""Stored by position: add new ones at the end."""


@cache
def code_of(kind: BodyKind, source: BodySource, result: BodyResult) -> int:
    """Kind, source and result of a body as one small number."""
    return KINDS.index(kind) | SOURCES.index(source) << 2 | RESULTS.index(result) << 5


def meaning_of(code: int) -> tuple[BodyKind, BodySource, BodyResult]:
    """What `code_of` made *code* of."""
    return KINDS[code & 3], SOURCES[code >> 2 & 7], RESULTS[code >> 5]


_upsert = upserting(bodies, ["id"], ["code", "facts", "unparsed", "unknown"])

PROCESSED = [code_of(kind, source, BodyResult.PROCESSED) for kind in KINDS for source in SOURCES]


def seen(connection: Connection, fingerprints: Collection[bytes]) -> set[bytes]:
    """Those of *fingerprints* that a kept body has."""
    return {bytes(row[0]) for row in _seen(connection, set(fingerprints))}


_seen = Lookup(
    lambda some: select(bodies.c.fingerprint).where(bodies.c.fingerprint.in_(some), bodies.c.code.in_(PROCESSED))
)


def note(connection: Connection, words: Dictionary, notes: Sequence[BodyNote], floors: Floors) -> None:
    """Write log lines, replacing those of the same body, and count them by receipt time."""
    if not notes:
        return
    apps = words.labels.ids(connection, {(LabelKind.APP, n.body.app) for n in notes if n.body.app})
    _upsert(connection, [_line(n, apps.get((LabelKind.APP, n.body.app), 0) if n.body.app else 0) for n in notes])
    counts.add_counters(connection, _counts(notes), floors)


def _line(n: BodyNote, app_id: int) -> dict[str, Any]:
    return {
        "id": n.id,
        "received_at": n.body.received_at,
        "fingerprint": n.fingerprint,
        "app_id": app_id,
        "code": code_of(n.body.kind, n.body.source, n.result),
        "facts": n.facts,
        "unparsed": n.unparsed,
        "unknown": n.unknown,
    }


def _counts(notes: Iterable[BodyNote]) -> Counter[tuple[Millis, str]]:
    """What *notes* add to the counters, by the minute of receipt."""
    counted: Counter[tuple[Millis, str]] = Counter()
    for n in notes:
        body, result = n.body, n.result
        if body.kind is not _WEBHOOK or body.source in UNCOUNTED or result in _UNDONE:
            continue
        minute = body.received_at - body.received_at % MINUTE_MS
        counted[minute, "processed"] += 1
        if result is _DUPLICATE:
            counted[minute, "duplicates"] += 1
        elif body.source is _LIVE:
            counted[minute, "distinct_live"] += 1
        if n.unparsed:
            counted[minute, "unparsed"] += n.unparsed
        if n.unknown:
            counted[minute, "unknown"] += n.unknown
    return counted


_WEBHOOK, _LIVE, _DUPLICATE = BodyKind.WEBHOOK, BodySource.LIVE, BodyResult.DUPLICATE
_UNDONE = (BodyResult.RETRYING, BodyResult.PARKED)


def fail(connection: Connection, failing: Failing, keyring: Keyring) -> None:
    """Keep a body that could not be digested, sealed."""
    new = insert(connection, parked)
    values = {
        "body_id": failing.stored.id,
        "received_at": failing.stored.body.received_at,
        "code": code_of(failing.stored.body.kind, failing.stored.body.source, BodyResult.PROCESSED),
        "tries": failing.tries,
        "next_try_at": failing.next_try_at,
        "error": failing.error,
        "body": encode_block([failing.stored.body], keyring, context=PARKED),
    }
    latest = {name: new.excluded[name] for name in ("tries", "next_try_at", "error")}
    connection.execute(new.on_conflict_do_update(index_elements=["body_id"], set_=latest), [values])


def heal(connection: Connection, body_id: BodyId) -> bool:
    """Forget that a body could not be digested. False: it was forgotten before."""
    return connection.execute(delete(parked).where(parked.c.body_id == body_id)).rowcount == 1


def failing(connection: Connection, due_at: Millis, limit: int, keyring: Keyring) -> list[Failing]:
    """Bodies to try again by *due_at*, the longest waiting first. In a transaction that writes.

    One whose key is missing waits another hour, one that is damaged is given up: neither holds up the others.
    """
    query = select(parked).where(parked.c.next_try_at <= due_at).order_by(parked.c.next_try_at).limit(limit)
    found: list[Failing] = []
    while not found and (rows := connection.execute(query).all()):
        for row in rows:
            try:
                body = decode_block(row.body, keyring, context=PARKED)[0]
            except SealBroken as error:
                _put_off(connection, row, error, due_at)
            else:
                found.append(Failing(StoredBody(row.body_id, body), row.tries, row.next_try_at, row.error))
    return found


def _put_off(connection: Connection, row: Any, error: SealBroken, now: Millis) -> None:
    is_lost = isinstance(error, SealDamaged)
    latest = {"next_try_at": None if is_lost else now + HOUR_MS, "error": f"{type(error).__name__}: {error}"}
    connection.execute(update(parked).where(parked.c.body_id == row.body_id).values(latest))
    if is_lost:
        kind, source, _ = meaning_of(row.code)
        line = update(bodies).where(bodies.c.id == row.body_id)
        connection.execute(line.values(code=code_of(kind, source, BodyResult.PARKED)))


def drop_up_to(connection: Connection, last: BodyId) -> int:
    """Delete some log lines of bodies numbered up to *last*, but of none that is set aside: those are still shown.

    Gives the number of lines and partitions that went; 0: all are gone.
    """
    shown = "EXISTS (SELECT 1 FROM parked WHERE body_id >= {first} AND body_id < {end})"
    dropped = drop_whole(connection, BODIES, last + 1, unless=shown)
    is_shown = bodies.c.id.in_(select(parked.c.body_id))
    old = select(bodies.c.id).where(bodies.c.id <= last, ~is_shown).order_by(bodies.c.id).limit(counts.DROPPED_ROWS)
    return dropped + connection.execute(delete(bodies).where(bodies.c.id.in_(old))).rowcount


def count_failing(connection: Connection, start: Millis) -> tuple[int, int]:
    """How many webhook bodies received since *start* are being retried, and how many are parked."""
    query = (
        select(parked.c.next_try_at.is_(None), func.count())
        .where(parked.c.received_at >= start, parked.c.code.bitwise_and(3) == KINDS.index(BodyKind.WEBHOOK))
        .group_by(parked.c.next_try_at.is_(None))
    )
    split = {bool(given_up): n for given_up, n in connection.execute(query).all()}
    return split.get(False, 0), split.get(True, 0)
