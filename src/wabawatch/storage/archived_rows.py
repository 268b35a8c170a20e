"""Rows of messages with their words, for the archive, and back: what comes back is what went, word by word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, func, select

from wabawatch.domain.archives import ArchivedMessage
from wabawatch.domain.facts import ErrorSeen, Millis, TemplateRef
from wabawatch.domain.messages import ContactKey, ContactKind, Evidence
from wabawatch.domain.search import Direction
from wabawatch.domain.standing import Role
from wabawatch.storage.bulk import Bulk, Lookup, insert_missing
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_rows import (
    COLUMNS,
    ERRORS_BIT,
    OUTCOME_SHIFT,
    OUTCOMES,
    PARTICIPANTS_BIT,
    ROLE_SHIFT,
    ROLES,
    ROOM,
    LabelKind,
    Meanings,
    MessageRow,
    Profile,
)
from wabawatch.storage.messages import STAGES
from wabawatch.storage.schema import local_ids, message_errors, messages, participants

KEY_BYTES = 10
"""Of a local id, as `storage.messages.local_key` makes it"""
_AT_ONCE = 1_000
_MIDDLE, _WHOLE = 0x40, 0xFF
"""The byte of a key whose time is the message's, and the one before a key that is kept whole"""
LocalIds = Mapping[int, bytes]
"""The keys of the local ids of messages, one after the other"""

_by_id = Lookup(lambda some: select(*COLUMNS).where(messages.c.id.in_(some)))
_insert = Bulk(lambda _: messages.insert(), *MessageRow._fields)
_KINDS = {kind: kind.name.lower() for kind in ContactKind}
_KINDS_BY_NAME = {name: int(kind) for kind, name in _KINDS.items()}


def oldest_at(
    connection: Connection, numbers: Iterable[int], window: tuple[Millis, Millis], up_to_id: int
) -> Millis | None:
    """The earliest cohort time in *window*, of messages with ids up to *up_to_id*: one seek for each number."""
    t = messages.c
    query = select(func.min(t.cohort_at)).where(t.cohort_at >= window[0], t.cohort_at < window[1], t.id <= up_to_id)
    found = (connection.execute(query.where(t.number_id == number)).scalar() for number in numbers)
    return min((at for at in found if at is not None), default=None)


def rows_between(
    connection: Connection, number: int, start: tuple[Millis, int], end: Millis, up_to_id: int, limit: int
) -> list[MessageRow]:
    """The next rows of *number* from the time and id *start* on and before *end*, with ids up to *up_to_id*."""
    t = messages.c
    query = (
        select(*COLUMNS)
        .where(t.number_id == number, t.cohort_at >= start[0], t.cohort_at < end, t.id <= up_to_id)
        .where((t.cohort_at > start[0]) | (t.id >= start[1]))
        .order_by(t.cohort_at, t.id)
        .limit(limit)
    )
    return [MessageRow._make(row) for row in connection.execute(query)]


def ids_between(
    connection: Connection, numbers: Iterable[int], window: tuple[Millis, Millis], up_to_id: int, most: int
) -> set[int]:
    """The ids of the first *most* of the messages that `rows_between` gives of one number after the other."""
    t, found = messages.c, set[int]()
    query = select(t.id).where(t.cohort_at >= window[0], t.cohort_at < window[1], t.id <= up_to_id)
    for number in numbers:
        mine = query.where(t.number_id == number).order_by(t.cohort_at, t.id).limit(most - len(found))
        found.update(connection.execute(mine).scalars())
    return found


def by_ids(connection: Connection, ids: Sequence[int]) -> list[MessageRow]:
    """Those of the messages *ids* that are among the live ones."""
    return [MessageRow._make(row) for row in _by_id(connection, ids)]


def local_ids_of(connection: Connection, ids: Collection[int]) -> LocalIds:
    """The local ids of the messages *ids*. Looks at those of all between, one after the other: nothing leads to them
    by message."""
    if not ids:
        return {}
    c = local_ids.c
    query = select(c.message_id, c.local_id).where(c.message_id >= min(ids), c.message_id <= max(ids))
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for message_id, key in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        if message_id in ids:
            found[message_id].append(bytes(key))
    return {message_id: b"".join(sorted(keys)) for message_id, keys in found.items()}


def with_words(
    connection: Connection, words: Dictionary, rows: Sequence[MessageRow], locals_: LocalIds
) -> list[ArchivedMessage]:
    """*rows* as they are archived. Writes nothing."""
    meanings = words.meanings(connection, rows)
    errors = _errors(connection, words, [row.id for row in rows if row.state & ERRORS_BIT])
    parts = _participants(connection, words, [row.id for row in rows if row.state & PARTICIPANTS_BIT])
    return [_with_words(row, meanings, errors.get(row.id), parts.get(row.id), locals_.get(row.id)) for row in rows]


def _with_words(
    row: MessageRow, meanings: Meanings, errors: bytes | None, parts: bytes | None, locals_: bytes | None
) -> ArchivedMessage:
    profile = meanings.profiles[row.profile_id]
    contact = meanings.contacts[row.contact_id] if row.contact_id else None
    template = meanings.templates[profile.template_id] if profile.template_id else None
    is_sent = row.state & Evidence.OUTBOUND and ROLES[(row.state >> ROLE_SHIFT) & 3] is not Role.INBOUND
    return ArchivedMessage(
        id=row.id,
        at=row.cohort_at,
        phone_number_id=meanings.numbers[row.number_id] if row.number_id else "",
        waba_id=meanings.wabas[profile.waba_id] if profile.waba_id else None,
        contact_kind=_KINDS[ContactKind(contact.kind)] if contact else None,
        contact=contact.value if contact else None,
        wamid=_octets(row.wamid),
        direction=(Direction.OUTBOUND if is_sent else Direction.INBOUND).value,
        status=OUTCOMES[(row.state >> OUTCOME_SHIFT) & 7].value if is_sent else "received",
        type=profile.type,
        category=profile.category,
        template_name=template.name if template else None,
        template_language=template.language if template else None,
        user=meanings.labels[row.user_id][1] if row.user_id else None,
        lead=meanings.labels[row.lead_id][1] if row.lead_id else None,
        error_code=row.error_code,
        accepted_after=row.accepted_after,
        sent_after=row.sent_after,
        delivered_after=row.delivered_after,
        read_after=row.read_after,
        played_after=row.played_after,
        failed_after=row.failed_after,
        expires_at=row.expires_at,
        pricing_model=profile.pricing_model,
        pricing_type=profile.pricing_type,
        pricing_category=profile.pricing_category,
        billable=profile.billable,
        template_use=profile.template_use,
        template_status=profile.template_status,
        template_health=profile.template_health,
        use_reason=profile.use_reason,
        quality_rating=profile.quality_rating,
        claims=bytes(profile.claims),
        state=row.state,
        extra=None if row.extra is None or row.extra[:1] == ROOM else bytes(row.extra),
        errors=errors,
        participants=parts,
        local_ids=None if locals_ is None else _shortened(locals_, row.cohort_at),
    )


def _octets(some: bytes | None) -> bytes | None:
    return None if some is None else bytes(some)


def _rows_of(connection: Connection, table: Table, ids: list[int]) -> list[Any]:
    """The rows of *table* that belong to the messages with these ids."""
    wanted = table.c.message_id
    return [row for some in chunks(ids) for row in connection.execute(select(table).where(wanted.in_(some)))]


def _errors(connection: Connection, words: Dictionary, ids: list[int]) -> dict[int, bytes]:
    rows = _rows_of(connection, message_errors, ids)
    known = words.errors.words(connection, {row.error_id for row in rows})
    notes: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        e = known[row.error_id]
        said = (e.code, e.subcode, e.title, e.message, e.details, e.href, e.transient)
        notes[row.message_id].append((row.at, *said, row.fbtrace_id))
    return {message_id: msgspec.msgpack.encode(sorted(some)) for message_id, some in notes.items()}


def _participants(connection: Connection, words: Dictionary, ids: list[int]) -> dict[int, bytes]:
    rows = _rows_of(connection, participants, ids)
    known = words.contacts.words(connection, {row.contact_id for row in rows})
    parts: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        contact = known[row.contact_id]
        stamps = (row._mapping[name] for name in STAGES)
        parts[row.message_id].append((contact.kind, contact.value, *stamps))
    ordered = {message_id: sorted(some, key=lambda each: each[:2]) for message_id, some in parts.items()}
    return {message_id: msgspec.msgpack.encode(some) for message_id, some in ordered.items()}


# ---------------------------------------------------------------- taken away, and put back


def delete_rows(connection: Connection, gone: Sequence[ArchivedMessage]) -> None:
    """Delete messages and all that is kept with them."""
    for some in chunks([each.id for each in gone]):
        connection.execute(delete(messages).where(messages.c.id.in_(some)))
    for table, bit in ((message_errors, ERRORS_BIT), (participants, PARTICIPANTS_BIT)):
        for some in chunks([each.id for each in gone if each.state & bit]):
            connection.execute(delete(table).where(table.c.message_id.in_(some)))
    ids = {each.id for each in gone}
    for keys in chunks([key for each in gone for key in keys_of(each)]):
        rows = connection.execute(select(local_ids).where(local_ids.c.local_id.in_(keys)))
        ours = [bytes(row.local_id) for row in rows if row.message_id in ids]
        connection.execute(delete(local_ids).where(local_ids.c.local_id.in_(ours)))


def put_back(connection: Connection, words: Dictionary, some: Sequence[ArchivedMessage]) -> int:
    """Write archived messages as rows again, but for those whose id is taken. Gives how many."""
    taken = {row.id for row in by_ids(connection, [each.id for each in some])}
    wanted = [each for each in some if each.id not in taken]
    contacts = words.contacts.ids(connection, {key for each in wanted for key in _contacts_of(each)})
    labels = words.labels.ids(connection, {label for each in wanted for label in _labels_of(each)})
    numbers = words.numbers.ids(connection, {each.phone_number_id for each in wanted if each.phone_number_id})
    profiles = _profiles(connection, words, wanted)
    profile_ids = words.profiles.ids(connection, profiles.values())
    rows = [
        MessageRow(
            id=each.id,
            number_id=numbers[each.phone_number_id] if each.phone_number_id else 0,
            wamid=each.wamid,
            cohort_at=each.at,
            contact_id=contacts[_contact_of(each)] if each.contact is not None else None,
            profile_id=profile_ids[profiles[each.id]],
            state=each.state,
            user_id=None if each.user is None else labels[LabelKind.USER, each.user],
            lead_id=None if each.lead is None else labels[LabelKind.LEAD, each.lead],
            error_code=each.error_code,
            accepted_after=each.accepted_after,
            sent_after=each.sent_after,
            delivered_after=each.delivered_after,
            read_after=each.read_after,
            played_after=each.played_after,
            failed_after=each.failed_after,
            expires_at=each.expires_at,
            extra=each.extra,
        )
        for each in wanted
    ]
    _insert.tuples(connection, rows)
    _put_errors(connection, words, wanted)
    _put_participants(connection, contacts, wanted)
    keys = [{"local_id": key, "message_id": each.id} for each in wanted for key in keys_of(each)]
    insert_missing(connection, local_ids, keys)
    return len(rows)


def _profiles(connection: Connection, words: Dictionary, some: Iterable[ArchivedMessage]) -> dict[int, Profile]:
    some = list(some)
    wabas = words.wabas.ids(connection, {each.waba_id for each in some if each.waba_id is not None})
    named = ((each.id, each.template_name, each.template_language or "") for each in some)
    refs = {message_id: TemplateRef(name, language) for message_id, name, language in named if name is not None}
    templates = words.templates.ids(connection, refs.values())
    return {
        each.id: Profile(
            waba_id=0 if each.waba_id is None else wabas[each.waba_id],
            template_id=templates[refs[each.id]] if each.id in refs else 0,
            type=each.type,
            category=each.category,
            pricing_model=each.pricing_model,
            pricing_type=each.pricing_type,
            billable=each.billable,
            pricing_category=each.pricing_category,
            template_use=each.template_use,
            template_status=each.template_status,
            template_health=each.template_health,
            use_reason=each.use_reason,
            quality_rating=each.quality_rating,
            claims=each.claims,
        )
        for each in some
    }


def _put_errors(connection: Connection, words: Dictionary, some: Iterable[ArchivedMessage]) -> None:
    notes = [
        (each.id, at, ErrorSeen(code, title, message, details, subcode, "", href, transient), trace)
        for each in some
        if each.errors is not None
        for at, code, subcode, title, message, details, href, transient, trace in msgspec.msgpack.decode(each.errors)
    ]
    ids = words.errors.ids(connection, {error for _, _, error, _ in notes})
    rows = [
        {"message_id": message_id, "at": at, "error_id": ids[error], "fbtrace_id": trace}
        for message_id, at, error, trace in notes
    ]
    insert_missing(connection, message_errors, rows)


def _put_participants(
    connection: Connection, contacts: Mapping[ContactKey, int], some: Iterable[ArchivedMessage]
) -> None:
    rows = [
        {
            "message_id": each.id,
            "contact_id": contacts[ContactKey(kind, value)],
            **dict(zip(STAGES, stamps, strict=True)),
        }
        for each in some
        for kind, value, *stamps in _parts_of(each)
    ]
    insert_missing(connection, participants, rows)


def keys_of(each: ArchivedMessage) -> list[bytes]:
    """The keys of its local ids."""
    kept, keys, place = each.local_ids or b"", [], 0
    while place < len(kept):
        if kept[place] == _WHOLE:
            keys.append(kept[place + 1 : place + 1 + KEY_BYTES])
            place += 1 + KEY_BYTES
        else:
            quarter = (each.at >> 8) + kept[place] - _MIDDLE & 0xFFFF_FFFF
            keys.append(quarter.to_bytes(4, "big") + kept[place + 1 : place + 7])
            place += 7
    return keys


def _shortened(keys: bytes, at: Millis) -> bytes:
    """*keys* with their time as one byte, after *at* in quarters of a second, where it is near."""
    short = bytearray()
    for place in range(0, len(keys), KEY_BYTES):
        key = keys[place : place + KEY_BYTES]
        after = int.from_bytes(key[:4], "big") - (at >> 8 & 0xFFFF_FFFF) + _MIDDLE
        short += bytes((after,)) + key[4:] if 0 <= after < _WHOLE else bytes((_WHOLE,)) + key
    return bytes(short)


def _parts_of(each: ArchivedMessage) -> list[Any]:
    return [] if each.participants is None else msgspec.msgpack.decode(each.participants)


def _contact_of(each: ArchivedMessage) -> ContactKey:
    return ContactKey(_KINDS_BY_NAME[each.contact_kind or ""], each.contact or "")


def _contacts_of(each: ArchivedMessage) -> Iterable[ContactKey]:
    if each.contact is not None:
        yield _contact_of(each)
    for kind, value, *_ in _parts_of(each):
        yield ContactKey(kind, value)


def _labels_of(each: ArchivedMessage) -> Iterable[tuple[LabelKind, str]]:
    if each.user is not None:
        yield LabelKind.USER, each.user
    if each.lead is not None:
        yield LabelKind.LEAD, each.lead
