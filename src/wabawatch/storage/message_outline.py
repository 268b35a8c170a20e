"""In which hours the messages are among which a search looks: how long it will be, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from wabawatch.domain.exports import Outline
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.search import MessageFilter
from wabawatch.storage import schema
from wabawatch.storage.database import Database
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_cells import HOUR_MS, edges, hours
from wabawatch.storage.message_filter import seek


def outline(database: Database, country_of: Callable[[ContactKey], str], wanted: MessageFilter) -> Outline:
    """The hours, the newest first, by the roll-ups; of one that is only half inside the half. Raises StoreUnavailable.

    Where an index leads to few messages, these are among many more that are counted here.
    """
    words = Dictionary(country_of)
    with database.reading() as connection:
        known = edges(connection)
        sought = seek(connection, words, wanted)
        if known is None or sought.conditions.is_impossible or wanted.wamids:
            return Outline([])
        since = known[0] * HOUR_MS if wanted.since is None else wanted.since
        until = (known[1] + 1) * HOUR_MS if wanted.until is None else wanted.until
        window = (max(known[0], since // HOUR_MS), min(known[1], (until - 1) // HOUR_MS))
        numbers = sought.numbers
        if numbers is None:
            numbers = [0, *connection.execute(select(schema.numbers.c.id)).scalars()]
        found = []
        for hour in hours(connection, words, sought, numbers, window):
            start, end = max(hour.start, since), min(hour.start + HOUR_MS, until)
            found.append((start, -(-hour.volume * (end - start) // HOUR_MS)))
        return Outline(found)
