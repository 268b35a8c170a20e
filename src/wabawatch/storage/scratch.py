"""Archived messages searched as the live ones are: put back into a database in memory, and asked there.

So a filter means the same in the archive, whatever it asks.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

from wabawatch.domain.archives import ArchivedMessage
from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.search import MessageFilter
from wabawatch.ports import SWEPT, Held
from wabawatch.storage import schema
from wabawatch.storage.archived_rows import put_back
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_filter import seek
from wabawatch.storage.message_search import SqlMessages

_CLEARED = (schema.messages, schema.message_errors, schema.participants, schema.local_ids)
_TABLES = [
    *_CLEARED,
    schema.contact_links,
    schema.contacts,
    schema.error_texts,
    schema.label_contacts,
    schema.labels,
    schema.marks,
    schema.number_wabas,
    schema.numbers,
    schema.profiles,
    schema.templates,
    schema.wabas,
]
_numbers = itertools.count(1)


class Scratch:
    """A database in memory for some messages at a time. For one thread; close it when done."""

    def __init__(self, country_of: Callable[[ContactKey], str]) -> None:
        uri = f"file:/wabawatch-scratch-{next(_numbers)}?vfs=memdb"
        self._held = sqlite3.connect(uri, uri=True)  # held open: what nobody has open is gone
        self._database = Database(f"sqlite:///{uri}&uri=true")
        self._messages = SqlMessages(self._database, country_of)
        self._words = Dictionary(country_of)
        with self._database.writing() as connection:
            schema.metadata.create_all(connection, tables=_TABLES)

    def matching(self, some: Sequence[ArchivedMessage], wanted: MessageFilter) -> list[Held]:
        """Those of *some* that are *wanted*, in any order."""
        with self._database.writing() as connection:
            for table in _CLEARED:
                connection.execute(table.delete())
            put_back(connection, self._words, some)
        places, _ = self._messages.places(wanted, 0)
        held, _ = self._messages.rows([place.id for place in places])
        return [each for each in held if not wanted.wamids or each.message.wamid in wanted.wamids]

    def close(self) -> None:
        """Give it back."""
        self._database.close()
        self._held.close()


def in_full(
    database: Database, country_of: Callable[[ContactKey], str], wanted: MessageFilter
) -> tuple[MessageFilter, Millis]:
    """*wanted* with every id that its persons and numbers have, as *database* knows; and how far its sweep has come."""
    words = Dictionary(country_of)
    with database.reading() as connection:
        sought = seek(connection, words, MessageFilter(contacts=wanted.contacts, numbers=wanted.numbers))
        contacts = words.contacts.words(connection, sought.contacts or ())
        numbers = words.numbers.words(connection, sought.numbers or ())
        swept_until = read_mark(connection, SWEPT)
    every = sorted({*wanted.contacts, *(key.value for key in contacts.values())})
    return replace(wanted, contacts=every, numbers=sorted({*wanted.numbers, *numbers.values()})), swept_until
