"""Rows of messages by wamid, through two small indexes instead of one large one.

Nearly every wamid holds the phone number of the message's contact and is kept without it (`meta.wamid.without_phone`):
such a row is found by its contact and two more bytes, in the index that finds a contact's messages. Any other row is
found by the last bytes of its wamid. What is found may be another message too: whoever asks compares.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from wabawatch.domain.messages import ContactKey, ContactKind
from wabawatch.meta.wamid import TAIL, pack, phone_in
from wabawatch.storage.dialect import chunks, is_whole, tail, wanted_rows
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.schema import messages

BESIDE_CONTACT = 2
"""So many last bytes of the wamid stand beside the contact in its index: a contact with a million messages has 15 that
share them."""

_PAIRS = 250


def rows_by_wamid(connection: Connection, words: Dictionary, wamids: Collection[str]) -> Iterator[Row[Any]]:
    """Every row that may have one of *wamids*; few others. Writes nothing."""
    packed = [pack(wamid) for wamid in wamids]
    phones = {one: ContactKey(ContactKind.PHONE, digits) for one in packed if (digits := phone_in(one)) is not None}
    contacts = words.contacts.known(connection, phones.values())
    pairs = {(contacts[phone], one[-BESIDE_CONTACT:]) for one, phone in phones.items() if phone in contacts}
    for some in chunks(pairs, _PAIRS):
        yield from _by_contact(connection, some)
    for some in chunks({one[-TAIL:] for one in packed}):
        yield from connection.execute(
            select(messages).where(is_whole(messages.c.wamid), tail(messages.c.wamid).in_(some))
        )


def _by_contact(connection: Connection, pairs: list[tuple[int, bytes]]) -> Iterator[Row[Any]]:
    wanted = wanted_rows(connection, "contact_id", "ending", len(pairs))
    beside = str(tail(messages.c.wamid, BESIDE_CONTACT).compile(dialect=connection.dialect))
    query = (
        f"{wanted} SELECT messages.* FROM wanted JOIN messages"
        f" ON messages.contact_id = wanted.contact_id AND {beside} = wanted.ending"
    )
    yield from connection.exec_driver_sql(query, tuple(value for pair in pairs for value in pair))
