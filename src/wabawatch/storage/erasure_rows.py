"""The rows of one person: found, made anonymous some at a time, and in the end nobody's.

Whether a message still leads to somebody is seen by the row itself. So no step needs to know what was done before, and
each may be repeated.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, null, or_, select, text, update

from wabawatch.domain.erasure import ERASED, TOMBSTONE_DAYS, anonymous, nobody, unnamed
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey, ContactKind, Message
from wabawatch.domain.standing import DAY_MS
from wabawatch.meta.traces import Traces
from wabawatch.meta.wamid import beginnings, pack
from wabawatch.ports import SWEPT
from wabawatch.storage import contact_keys, messages, tombstones
from wabawatch.storage.books import read_mark
from wabawatch.storage.dialect import chunks, holds_bytes
from wabawatch.storage.dictionary import LABEL_KINDS, Dictionary
from wabawatch.storage.marks import set_marks
from wabawatch.storage.message_rows import COLUMNS, LabelKind
from wabawatch.storage.schema import (
    agent_interactions,
    consents,
    contact_links,
    contacts,
    label_contacts,
    labels,
    local_ids,
    merged_messages,
    participants,
    service_windows,
)
from wabawatch.storage.schema import messages as table
from wabawatch.storage.tombstones import WATCHED, Tombstones

PAGE = 200
"""Messages that one transaction makes anonymous"""
_PREFIX = pack(ERASED)
_TOKEN_BYTES = 12
_WORDS = (LabelKind.USER, LabelKind.LEAD, LabelKind.CONVERSATION)
"""What applications call people by"""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose rows they are."""

    keys: tuple[ContactKey, ...]
    ids: tuple[int, ...]
    """Those of `contacts`; of an id that nothing was ever known of there is none"""
    traces: Traces
    """Of the ids that are no words: a username may be anybody's word"""


def person_of(connection: Connection, keys: Sequence[ContactKey]) -> Person:
    """Whoever has *keys*. Writes nothing."""
    known = Dictionary(lambda _: "").contacts.known(connection, keys)
    sure = [key for key in keys if key.kind in (ContactKind.PHONE, ContactKind.BSUID)]
    return Person(tuple(keys), tuple(sorted(known.values())), Traces(sure))


def count(connection: Connection, person: Person) -> dict[str, int]:
    """How many rows there are of the person, by what they are called."""
    ids = person.ids
    links = or_(contact_links.c.contact_id.in_(ids), contact_links.c.other_id.in_(ids))
    asked = {
        "messages": (table, table.c.contact_id.in_(ids)),
        "messages of groups": (participants, participants.c.contact_id.in_(ids)),
        "service windows": (service_windows, service_windows.c.contact_id.in_(ids)),
        "opt-outs and opt-ins": (consents, consents.c.contact_id.in_(ids)),
        "agent interactions": (agent_interactions, agent_interactions.c.contact_id.in_(ids)),
        "links between ids": (contact_links, links),
    }
    return {
        name: int(connection.execute(select(func.count()).select_from(of).where(where)).scalar() or 0)
        for name, (of, where) in asked.items()
    }


def page(connection: Connection, person: Person) -> list[int]:
    """The next messages of the person that still lead to somebody."""
    query = select(table.c.id).where(table.c.contact_id.in_(person.ids), _leads_to_somebody(connection))
    return list(connection.execute(query.order_by(table.c.id).limit(PAGE)).scalars()) if person.ids else []


def strays(connection: Connection, person: Person) -> list[int]:
    """Messages that hold an id of the person although they are with somebody else, or with nobody known."""
    held = _holding(connection, table.c.wamid, person) + _holding(connection, table.c.extra, person)
    if not held:
        return []
    theirs = table.c.contact_id.in_(person.ids) if person.ids else false()
    query = select(table.c.id).where(or_(*held), or_(table.c.contact_id.is_(null()), ~theirs))
    return list(connection.execute(query).scalars())


def make_anonymous(
    connection: Connection,
    stones: Tombstones,
    person: Person,
    ids: Collection[int],
    country_of: Callable[[ContactKey], str],
    now: Millis,
) -> int:
    """Take out of the messages *ids* what leads to the person, and remember hashes of what they were called.

    In a transaction that writes. Gives how many there were.
    """
    words = Dictionary(country_of)
    rows = [row for some in chunks(ids) for row in connection.execute(select(*COLUMNS).where(table.c.id.in_(some)))]
    held = messages.read_rows(connection, words, rows)
    after = [each._replace(message=_nameless(each.message, person)) for each in held]
    gone = [h.message.wamid for h, new in zip(held, after, strict=True) if h.message.wamid != new.message.wamid]
    bury(connection, [stones.wamid(connection, wamid) for wamid in gone if not wamid.startswith(ERASED)], now)
    messages.save(connection, words, after, read_mark(connection, SWEPT))
    return len(held)


def _nameless(message: Message, person: Person) -> Message:
    is_theirs = message.contact is not None and message.contact[2] in person.keys
    wamid = ERASED + _token()
    return anonymous(message, wamid) if is_theirs else unnamed(message, wamid, person.traces.are_in)


def local_keys(connection: Connection, person: Person) -> list[bytes]:
    """The local ids of the person's messages, as they are kept."""
    became = merged_messages.c
    message_id = func.coalesce(became.new_id, local_ids.c.message_id)
    joined = local_ids.outerjoin(merged_messages, became.old_id == local_ids.c.message_id)
    query = select(local_ids.c.local_id).select_from(joined.join(table, table.c.id == message_id))
    found = connection.execute(query.where(table.c.contact_id.in_(person.ids))).scalars() if person.ids else ()
    return [bytes(each) for each in found]


def drop_locals(connection: Connection, stones: Tombstones, keys: Collection[bytes], now: Millis) -> None:
    """Forget local ids, and remember hashes of them."""
    bury(connection, [stones.local(connection, key) for key in keys], now)
    for some in chunks(keys):
        connection.execute(delete(local_ids).where(local_ids.c.local_id.in_(some)))


def agents_holding(connection: Connection, person: Person) -> list[tuple[int, bytes]]:
    """The keys of what agents did with the person, or with a message that holds an id of theirs."""
    c = agent_interactions.c
    held = _holding(connection, c.wamid, person)
    if person.ids:
        has_words = or_(*(column.is_not(None) for column in (c.wamid, c.user_id, c.lead_id, c.conversation_id)))
        held.append(and_(c.contact_id.in_(person.ids), has_words))
    rows = connection.execute(select(c.number_id, c.local_id).where(or_(*held))) if held else ()
    return [(number_id, bytes(local_id)) for number_id, local_id in rows]


def make_agents_anonymous(connection: Connection, keys: Sequence[tuple[int, bytes]]) -> None:
    """Take out of what agents did what leads to somebody."""
    c = agent_interactions.c
    for number_id, local_id in keys:
        mine = update(agent_interactions).where(c.number_id == number_id, c.local_id == local_id)
        connection.execute(mine.values(wamid=None, user_id=None, lead_id=None, conversation_id=None))


def words_naming(connection: Connection, person: Person) -> list[int]:
    """The words of applications (users, leads, agents ...) that name the person, whoever has messages with them."""
    rows = connection.execute(select(labels.c.id, labels.c.value))
    return [id_ for id_, value in rows if person.traces.are_in(value)]


def drop_words(connection: Connection, person: Person, naming: Collection[int]) -> int:
    """Forget what applications called the person by, unless others are called so too; *naming* get another name."""
    kinds = [LABEL_KINDS.index(kind) for kind in _WORDS]
    mine = select(label_contacts.c.label_id).join(labels, labels.c.id == label_contacts.c.label_id)
    mine = mine.where(label_contacts.c.contact_id.in_(person.ids), labels.c.kind.in_(kinds)).distinct()
    said = set(connection.execute(mine).scalars()) if person.ids else set()
    for some in chunks(said):
        theirs = label_contacts.c.contact_id.in_(person.ids), label_contacts.c.label_id.in_(some)
        connection.execute(delete(label_contacts).where(*theirs))
    free = said - _in_use(connection, said)
    for some in chunks(free):
        connection.execute(delete(labels).where(labels.c.id.in_(some)))
    for id_ in set(naming) - free:
        connection.execute(update(labels).where(labels.c.id == id_).values(value=ERASED + _token()))
    return len(free | set(naming))


def _in_use(connection: Connection, ids: Collection[int]) -> set[int]:
    """Those of the words *ids* that somebody is still called by."""
    used: set[int] = set()
    for some in chunks(ids):
        of_contacts = select(label_contacts.c.label_id).where(label_contacts.c.label_id.in_(some))
        used |= set(connection.execute(of_contacts).scalars())
        for name in ("user_id", "lead_id", "conversation_id"):
            column = agent_interactions.c[name]
            used |= set(connection.execute(select(column).where(column.in_(some))).scalars())
    return used


def become_nobody(connection: Connection, person: Person) -> None:
    """Give the person's contacts a name that means nobody; what they did stays, and who it was is gone."""
    for contact_id, country in connection.execute(
        select(contacts.c.id, contacts.c.country).where(contacts.c.id.in_(person.ids))
    ).all():
        packed = contact_keys.pack(nobody(country, _token()))
        connection.execute(update(contacts).where(contacts.c.id == contact_id).values(packed=packed))
    one_end, other_end = contact_links.c.contact_id.in_(person.ids), contact_links.c.other_id.in_(person.ids)
    # Ids of nobody may be linked with each other: their opt-outs still count for their messages.
    connection.execute(delete(contact_links).where(or_(and_(one_end, ~other_end), and_(other_end, ~one_end))))


def bury(connection: Connection, digests: Collection[bytes], now: Millis) -> None:
    """Keep hashes of what is told no more, as long as anything may come. In a transaction that writes."""
    if digests:
        until = now + TOMBSTONE_DAYS * DAY_MS
        tombstones.add(connection, digests, until)
        set_marks(connection, {WATCHED: until})


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _leads_to_somebody(connection: Connection) -> ColumnElement[bool]:
    named = [_holds(connection, table.c.extra, msgspec.msgpack.encode(name)) for name in ("conversation", "opaque")]
    has_wamid = and_(table.c.wamid.is_not(None), func.substr(table.c.wamid, 1, len(_PREFIX)) != _PREFIX)
    return or_(has_wamid, table.c.user_id.is_not(None), table.c.lead_id.is_not(None), *named)


def _holding(connection: Connection, column: Any, person: Person) -> list[ColumnElement[bool]]:
    """Conditions under which the bytes of *column* hold an id of the person."""
    begins = [
        func.substr(column, 1, len(start)) == start
        for key in person.keys
        if key.kind == ContactKind.PHONE
        for start in beginnings(key.value)
    ]
    return begins + [_holds(connection, column, octets) for octets in person.traces.octets]


def _holds(connection: Connection, column: Any, octets: bytes) -> ColumnElement[bool]:
    # Bytes that stand in the statement: its text differs from person to person, and no two need it soon.
    literal = f"X'{octets.hex()}'" if connection.dialect.name == "sqlite" else f"'\\x{octets.hex()}'::bytea"
    found: ColumnElement[bool] = text(holds_bytes(connection, f"{column.table.name}.{column.name}", literal))  # type: ignore[assignment]
    return found
