"""Messages on disk: found by wamid or local id, saved with their errors and participants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, select, update

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import MAX_ERRORS, ContactKey, ErrorNote, Stages
from wabawatch.ports import Held
from wabawatch.storage.bulk import Bulk, Lookup, insert_missing, upserting
from wabawatch.storage.dialect import chunks, grows_in_place, next_id, takes_many_rows
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.marks import ARCHIVED_ID, mark_of
from wabawatch.storage.message_lookup import rows_by_wamid
from wabawatch.storage.message_rows import (
    COLUMNS,
    ERRORS_BIT,
    NONE_KNOWN,
    PARTICIPANTS_BIT,
    MessageRow,
    message_of,
    packed,
    profile_of,
    row_of,
)
from wabawatch.storage.partitions import MESSAGES, newest_start
from wabawatch.storage.schema import local_ids, merged_messages, message_errors, messages, participants

NOTHING_SEEN: Mapping[int, MessageRow] = {}

STAGES = ("sent_at", "delivered_at", "read_at", "played_at", "failed_at")

_by_id = Lookup(lambda some: select(*COLUMNS).where(messages.c.id.in_(some)))
_insert = Bulk(lambda _: messages.insert(), *MessageRow._fields)

_save_locals = upserting(local_ids, ["local_id"], ["message_id"])
_upsert_participants = upserting(participants, ["message_id", "contact_id"], STAGES)


def find(
    connection: Connection,
    words: Dictionary,
    wamids: Collection[str],
    locals_: Collection[str],
    seen: dict[int, MessageRow] | None = None,
) -> tuple[list[Held], dict[str, int]]:
    """The messages known by any of *wamids* or *locals_*, and which message each known local id means.

    Their rows are put into *seen*, for `save`.
    """
    by_local = _find_locals(connection, locals_)
    known = {packed(wamid): wamid for wamid in wamids}
    rows = {row.id: row for row in rows_by_wamid(connection, words, known)}
    rows |= {row.id: row for row in map(MessageRow._make, _by_id(connection, set(by_local.values()) - rows.keys()))}
    if seen is not None:
        seen.update(rows)
    held = read_rows(connection, words, list(rows.values()), known)
    wanted = set(by_local.values())
    return [h for h in held if h.message.wamid in wamids or h.id in wanted], by_local


def read_rows(
    connection: Connection,
    words: Dictionary,
    rows: Sequence[Row[Any] | MessageRow],
    wamids: Mapping[bytes, str] = NONE_KNOWN,
) -> list[Held]:
    """The messages that *rows* of the table `messages` stand for.

    Some *wamids* may be known by what they are packed to.
    """
    meanings = words.meanings(connection, rows)
    errors = _read_errors(connection, words, [row.id for row in rows if row.state & ERRORS_BIT])
    parts = _read_participants(connection, words, [row.id for row in rows if row.state & PARTICIPANTS_BIT])
    held = []
    for row in rows:
        message, judgement = message_of(row, meanings, errors.get(row.id, ()), parts.get(row.id, ()), wamids)
        held.append(Held(row.id, message, judgement))
    return held


def save(
    connection: Connection,
    words: Dictionary,
    held: Sequence[Held],
    swept_until: Millis,
    seen: Mapping[int, MessageRow] = NOTHING_SEEN,
) -> list[Held]:
    """Write *held*; those with id 0 are new and get their id. Gives all of them with their ids.

    *seen* are rows as they are in this transaction: of those only what changes is written.
    """
    if not held:
        return []
    numbers = words.words(connection, [h.message for h in held])
    profiles = [profile_of(h.message, h.judgement, numbers) for h in held]
    profile_ids = words.profiles.ids(connection, (profile for profile, _ in profiles))
    # Also above the rows that became another: a local id may still mean one of these; and above the archived ones.
    used = max(next_id(connection, messages), next_id(connection, merged_messages, "old_id"))
    used = max(used, mark_of(connection, ARCHIVED_ID) + 1)
    fresh = max(used, newest_start(connection, MESSAGES))
    rows, saved = [], []
    keeps_room = grows_in_place(connection)
    for h, (profile, elsewhere) in zip(held, profiles, strict=True):
        if not h.id:
            h = h._replace(id=fresh)
            fresh += 1
        profile_id = profile_ids[profile]
        rows.append(row_of(h.id, h.message, numbers, profile_id, elsewhere, swept_until, keeps_room=keeps_room))
        saved.append(h)
    _insert.tuples(connection, [row for h, row in zip(held, rows, strict=True) if not h.id])
    _write_over(connection, [row for h, row in zip(held, rows, strict=True) if h.id], seen)
    words.pair_labels(connection, numbers.labels, [(h.message, row) for h, row in zip(held, rows, strict=True)])
    _save_errors(connection, words, saved)
    _save_participants(connection, numbers.contacts, saved)
    return saved


class _Overwrite:
    """Writes rows over those with their ids, but for the columns *kept*."""

    def __init__(self, kept: tuple[str, ...]) -> None:
        names = tuple(name for name in MessageRow._fields if name not in ("id", *kept))
        changed: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in names}
        self._one = Bulk(
            lambda _: update(messages).where(messages.c.id == bindparam("_id")).values(changed), *names, "_id"
        )
        self._values = attrgetter(*names, "id")
        self._many = upserting(messages, ["id"], names, MessageRow._fields)

    def __call__(self, connection: Connection, rows: Sequence[MessageRow]) -> None:
        if takes_many_rows(connection):
            self._many.tuples(connection, rows)
        else:
            self._one.tuples(connection, list(map(self._values, rows)))


_INDEXED = ("number_id", "wamid", "cohort_at", "contact_id", "error_code", "expires_at", "user_id", "lead_id")
_SELDOM = tuple(name for name in _INDEXED if name != "expires_at")
_seldom = attrgetter(*_SELDOM)
_overwrites = [_Overwrite(kept) for kept in (_INDEXED, _SELDOM, ())]
"""The same with ever more columns: SQLite writes to an index whenever one of its columns is named, even if it stays as
it was. Of the statuses of a message all but the first change no such column, or only when it expires."""


def _write_over(connection: Connection, rows: Iterable[MessageRow], seen: Mapping[int, MessageRow]) -> None:
    by_width: list[list[MessageRow]] = [[] for _ in _overwrites]
    for row in rows:
        old = seen.get(row.id)
        if old is None or _seldom(old) != _seldom(row):
            by_width[2].append(row)
        else:
            by_width[old.expires_at != row.expires_at].append(row)
    for write, some in zip(_overwrites, by_width, strict=True):
        write(connection, some)


def remove(connection: Connection, ids: Collection[int]) -> None:
    """Delete messages that were found to be one with another."""
    for some in chunks(ids):
        connection.execute(delete(messages).where(messages.c.id.in_(some)))
        connection.execute(delete(message_errors).where(message_errors.c.message_id.in_(some)))
        connection.execute(delete(participants).where(participants.c.message_id.in_(some)))


def save_locals(connection: Connection, meant: Mapping[str, int]) -> None:
    """Remember which message each local id means."""
    keys = sorted((local_key(local_id), message_id) for local_id, message_id in meant.items())  # fills pages in order
    _save_locals(connection, [{"local_id": key, "message_id": message_id} for key, message_id in keys])


def note_merged(connection: Connection, became: Mapping[int, int]) -> None:
    """Remember that rows became one with another, for the local ids that mean them."""
    if became:
        connection.execute(merged_messages.insert(), [{"old_id": old, "new_id": new} for old, new in became.items()])


def local_key(local_id: str) -> bytes:
    """A local id as it is kept, in 10 bytes: 4 of a UUID's time, in quarters of a second, and a hash of all of it.

    So new keys stand beside each other. At 1,000 sends a second two of them are taken for one once in 70 years.
    """
    try:
        whole = UUID(local_id).bytes
    except ValueError:
        whole = b"\0" + local_id.encode()
    return whole[1:5].ljust(4, b"\0") + blake2b(whole, digest_size=6).digest()


def _find_locals(connection: Connection, wanted: Collection[str]) -> dict[str, int]:
    by_key = {local_key(local_id): local_id for local_id in wanted}
    found: dict[str, int] = {}
    for some in chunks(by_key):
        for row in connection.execute(select(local_ids).where(local_ids.c.local_id.in_(some))):
            found[by_key[bytes(row.local_id)]] = row.message_id
    return _follow(connection, found)


def _follow(connection: Connection, found: dict[str, int]) -> dict[str, int]:
    """Replace rows that became one with another by that other; it may itself have become one with a third."""
    became: dict[int, int] = {}
    for some in chunks(set(found.values())):
        query = select(merged_messages).where(merged_messages.c.old_id.in_(some))
        became |= {row.old_id: row.new_id for row in connection.execute(query)}
    if not became:
        return found
    return _follow(connection, {local_id: became.get(i, i) for local_id, i in found.items()})


def _read_errors(connection: Connection, words: Dictionary, ids: list[int]) -> dict[int, tuple[ErrorNote, ...]]:
    rows: list[Row[Any]] = []
    for some in chunks(ids):
        rows += connection.execute(select(message_errors).where(message_errors.c.message_id.in_(some))).all()
    meanings = words.errors.words(connection, {row.error_id for row in rows})
    notes: defaultdict[int, list[ErrorNote]] = defaultdict(list)
    for row in rows:
        notes[row.message_id].append(ErrorNote(row.at, replace(meanings[row.error_id], fbtrace_id=row.fbtrace_id)))
    return {message_id: tuple(sorted(some))[:MAX_ERRORS] for message_id, some in notes.items()}


def _save_errors(connection: Connection, words: Dictionary, saved: Iterable[Held]) -> None:
    notes = [(h.id, note) for h in saved for note in h.message.errors]
    if not notes:
        return
    plain = {note.error: replace(note.error, fbtrace_id="") for _, note in notes}
    ids = words.errors.ids(connection, plain.values())
    rows = [
        {"message_id": i, "at": note.at, "error_id": ids[plain[note.error]], "fbtrace_id": note.error.fbtrace_id}
        for i, note in notes
    ]
    insert_missing(connection, message_errors, rows)


def _read_participants(
    connection: Connection, words: Dictionary, ids: list[int]
) -> dict[int, tuple[tuple[ContactKey, Stages], ...]]:
    rows: list[Row[Any]] = []
    for some in chunks(ids):
        rows += connection.execute(select(participants).where(participants.c.message_id.in_(some))).all()
    contacts = words.contacts.words(connection, {row.contact_id for row in rows})
    found: defaultdict[int, list[tuple[ContactKey, Stages]]] = defaultdict(list)
    for row in rows:
        found[row.message_id].append((contacts[row.contact_id], Stages(*(row._mapping[name] for name in STAGES))))
    return {message_id: tuple(sorted(some, key=lambda part: part[0])) for message_id, some in found.items()}


def _save_participants(connection: Connection, contacts: Mapping[ContactKey, int], saved: Iterable[Held]) -> None:
    rows = [
        {"message_id": h.id, "contact_id": contacts[contact], **{name: getattr(stages, name) for name in STAGES}}
        for h in saved
        for contact, stages in h.message.participants
    ]
    _upsert_participants(connection, rows)
