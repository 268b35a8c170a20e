"""Rows of messages by wamid, through two small indexes instead of one large one.

Nearly every wamid holds the phone number of the message's contact and is kept without it (`meta.wamid.without_phone`):
such a row is found by its contact and two more bytes, in the index that finds a contact's messages. Any other row is
found by the last bytes of its wamid. What is found may be another message too: whoever asks compares.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, select

from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.wamid import TAIL, phone_in
from wabawatch.storage.bulk import Lookup, driver_rows
from wabawatch.storage.dialect import chunks, is_whole, tail, wanted_rows
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_rows import COLUMNS, MessageRow
from wabawatch.storage.schema import messages

BESIDE_CONTACT = 2
"""So many last bytes of the wamid stand beside the contact in its index: a contact with a million messages has 15 that
share them."""

_PAIRS = (10, 50, 250)
"""So many are looked for at a time: few lengths, so that SQLite finds the statement prepared"""

_by_tail = Lookup(lambda some: select(*COLUMNS).where(is_whole(messages.c.wamid), tail(messages.c.wamid).in_(some)))


def rows_by_wamid(connection: Connection, words: Dictionary, packed: Collection[bytes]) -> Iterator[MessageRow]:
    """Every row that may have one of the *packed* wamids; few others. Writes nothing."""
    phones = {one: ContactKey(_PHONE, digits) for one in packed if (digits := phone_in(one)) is not None}
    contacts = words.contacts.known(connection, phones.values())
    pairs = {(contacts[phone], one[-BESIDE_CONTACT:]) for one, phone in phones.items() if phone in contacts}
    for some in chunks(pairs, _PAIRS[-1]):
        yield from map(MessageRow._make, _by_contact(connection, some))
    yield from map(MessageRow._make, _by_tail(connection, {one[-TAIL:] for one in packed}))


_PHONE = ContactKind.PHONE


def _by_contact(connection: Connection, pairs: list[tuple[int, bytes]]) -> Sequence[tuple[Any, ...]]:
    size = next(size for size in _PAIRS if size >= len(pairs))
    pairs += pairs[-1:] * (size - len(pairs))  # who compares, does so once more
    return driver_rows(connection, _query(connection.dialect, size), tuple(chain.from_iterable(pairs)))


@lru_cache(16)
def _query(dialect: Dialect, size: int) -> str:
    wanted = wanted_rows(dialect, "contact_id", "ending", size)
    beside = str(tail(messages.c.wamid, BESIDE_CONTACT).compile(dialect=dialect))
    columns = ", ".join(f"messages.{name}" for name in MessageRow._fields)
    return (
        f"{wanted} SELECT {columns} FROM wanted JOIN messages"
        f" ON messages.contact_id = wanted.contact_id AND {beside} = wanted.ending"
    )
