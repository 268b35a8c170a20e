"""Messages found by anything that is known of them, the newest first: `flows.browsing.Messages`.

What leads to the rows, the first that there is: the wamid; the contact; the contacts of a conversation, lead, user or
rare origin; an error that few messages have, or its code; else the hours and numbers in which the roll-ups count such
messages (`message_cells`). A page looks at `Limits.examined` messages at most; one that ends for that reason says how
far it has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from wabawatch.domain.facts import Millis
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.search import MessageFilter, Place
from wabawatch.ports import SWEPT, Held
from wabawatch.storage import messages, schema
from wabawatch.storage.books import read_mark
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import chunks
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.message_cells import HOUR_MS, edges, hours
from wabawatch.storage.message_filter import Conditions, Sought, seek
from wabawatch.storage.message_rows import MessageRow

FAR_AHEAD = 2**62
MOST_REACHES = 400

_COLUMNS = ", ".join(f"m.{name}" for name in MessageRow._fields)


class Limits(NamedTuple):
    """How much a search looks at."""

    examined: int = 30_000
    """So many messages for one page"""
    at_once: int = 2_000
    """About so many in one statement: it sorts them all to give the newest"""
    few: int = 10_000
    """So many messages of a person, user or error code are all looked at; of more, the newest are sought by time"""
    contacts: int = 2_000
    """So many contacts of a user or lead"""


LIMITS = Limits()


class Found(NamedTuple):
    """A page of a search."""

    held: list[Held]
    following: Place | None
    """Where the next page begins; None: there is none"""
    is_cut: bool
    """It ends because enough was looked at, not because it is full"""
    swept_until: Millis
    """How far the expiry sweep had come"""
    newest: int
    """The id of the newest message there is"""


class Reach(NamedTuple):
    """Messages of one number in a span of time."""

    number: int
    start: Millis
    end: Millis


class Batch(NamedTuple):
    """What one statement looks at: everything that is sought down to *start*."""

    reaches: list[Reach]
    start: Millis
    volume: int


class SqlMessages:
    """Searches on one `Database`. Every method may be called from any thread; raises StoreUnavailable."""

    def __init__(self, database: Database, country_of: Callable[[ContactKey], str], limits: Limits = LIMITS) -> None:
        self._database = database
        self._country_of = country_of
        self._limits = limits

    def search(self, wanted: MessageFilter, after: Place | None, limit: int) -> Found:
        """The newest *limit* messages that are *wanted*, of those that come after *after*."""
        words = Dictionary(self._country_of)
        with self._database.reading() as connection:
            sought = seek(connection, words, wanted)
            rows, end = _search(connection, words, sought, after, limit, self._limits)
            following = Place(rows[limit - 1].cohort_at, rows[limit - 1].id) if len(rows) > limit else end
            held = messages.read_rows(connection, words, rows[:limit])
            is_cut = end is not None and len(rows) <= limit
            return Found(held, following, is_cut, read_mark(connection, SWEPT), _newest(connection))

    def places(self, wanted: MessageFilter, after_id: int, up_to_id: int | None = None) -> tuple[list[Place], int]:
        """Where the messages that are *wanted* stand among those with an id above *after_id* and not above *up_to_id*.

        In the order in which they came into the books; and the id of the newest message there is.
        """
        with self._database.reading() as connection:
            newest = _newest(connection)
            last = newest if up_to_id is None else min(newest, up_to_id)
            if last <= after_id:
                return [], newest
            where = where_of(seek(connection, Dictionary(self._country_of), wanted), None, (wanted.since, wanted.until))
            if where is None:
                return [], newest
            where.add(f"m.id > {int(after_id)} AND m.id <= {int(last)}")
            asked = text(f"SELECT m.cohort_at, m.id FROM messages AS m WHERE {' AND '.join(where.texts)} ORDER BY m.id")
            return [Place(at, id_) for at, id_ in connection.execute(asked, where.parameters)], newest

    def rows(self, ids: Sequence[int]) -> tuple[list[Held], Millis]:
        """The messages with these ids of ours, in this order, as they are now; and how far the expiry sweep had come.

        One that became another since is left out.
        """
        words = Dictionary(self._country_of)
        with self._database.reading() as connection:
            found: dict[int, Held] = {}
            for some in chunks(ids):
                rows = connection.execute(select(schema.messages).where(schema.messages.c.id.in_(some))).all()
                found |= {held.id: held for held in messages.read_rows(connection, words, rows)}
            return [found[id_] for id_ in ids if id_ in found], read_mark(connection, SWEPT)

    def find(self, wamid: str = "", local_id: str = "", id: int = 0) -> tuple[list[Held], Millis]:
        """The messages with a wamid, a local id or an id of ours, and how far the expiry sweep had come."""
        words = Dictionary(self._country_of)
        with self._database.reading() as connection:
            held, _ = messages.find(connection, words, [wamid] if wamid else [], [local_id] if local_id else [])
            if id:
                rows = connection.execute(select(schema.messages).where(schema.messages.c.id == id)).all()
                held += messages.read_rows(connection, words, rows)
            return held, read_mark(connection, SWEPT)


def _search(
    connection: Connection, words: Dictionary, sought: Sought, after: Place | None, limit: int, limits: Limits
) -> tuple[list[MessageRow], Place | None]:
    """Up to one row more than *limit*; and the place up to which was looked, if that is not the end."""
    wanted = sought.wanted
    window = (wanted.since, wanted.until)
    where = where_of(sought, after, window)
    if where is None:
        return [], None
    if wanted.wamids:
        held, _ = messages.find(connection, words, wanted.wamids, [])
        where.among("m.id", [h.id for h in held])
        return ([] if where.is_impossible else _rows(connection, "messages AS m", where, _ORDER, limit + 1)), None
    if (path := path_of(connection, sought, limits)) is not None:
        where.add(path)
        return _rows(connection, "messages AS m", where, _ORDER, limit + 1), None
    return _scan(
        connection, where, batches_of(connection, words, sought, after, limits.at_once), limit, limits.examined
    )


_ORDER = "m.cohort_at DESC, m.id DESC"


def where_of(sought: Sought, after: Place | None, window: tuple[Millis | None, Millis | None]) -> Conditions | None:
    """The conditions with their time range; None: nothing can fulfil them."""
    if sought.conditions.is_impossible:
        return None
    where = Conditions(list(sought.conditions.texts), dict(sought.conditions.parameters))
    since, until = window
    if since is not None:
        where.add(f"m.cohort_at >= {int(since)}")
    if until is not None:
        where.add(f"m.cohort_at < {int(until)}")
    if after is not None:
        where.add(f"(m.cohort_at, m.id) < ({int(after.at)}, {int(after.id)})")
    return where


def path_of(connection: Connection, sought: Sought, limits: Limits) -> str | None:
    """The condition by which an index leads to few rows, among which is everything that is sought."""
    if sought.contacts is not None:
        path = _among("m.contact_id", sought.contacts)
        if _are_few(connection, path, limits.few):
            return path
    if sought.labels is not None:
        t = schema.label_contacts.c
        query = select(t.contact_id).where(t.label_id.in_(sought.labels)).limit(limits.contacts + 1)
        contacts = set(connection.execute(query).scalars())
        none = " OR m.contact_id IS NULL" if 0 in contacts else ""
        path = f"({_among('m.contact_id', contacts - {0} or {0})}{none})"
        if len(contacts) <= limits.contacts and _are_few(connection, path, limits.few):
            return path
    if sought.wanted.error_codes:
        path = _among("m.error_code", sought.wanted.error_codes)
        if _are_few(connection, path, limits.few):
            return path
    if sought.errors is not None:
        having = f"SELECT r.message_id FROM message_errors AS r WHERE {_among('r.error_id', sought.errors or {0})}"
        path = f"m.id IN ({having})"
        if _are_few(connection, path, limits.few):
            return path
    return None


def _among(column: str, numbers: Iterable[int]) -> str:
    return f"{column} IN ({', '.join(str(int(each)) for each in sorted(numbers))})"


def _are_few(connection: Connection, path: str, few: int) -> bool:
    some = f"SELECT 1 FROM messages AS m WHERE {path} LIMIT {few + 1}"
    return int(connection.execute(text(f"SELECT COUNT(*) FROM ({some}) AS few")).scalar_one()) <= few


def _scan(
    connection: Connection, where: Conditions, batches: Iterator[Batch], limit: int, most: int
) -> tuple[list[MessageRow], Place | None]:
    rows: list[MessageRow] = []
    examined = 0
    for batch in batches:
        if examined and examined + batch.volume > most:
            return rows, Place(batch.reaches[0].end, 0)
        spans = ", ".join(f"({reach.number}, {reach.start}, {reach.end})" for reach in batch.reaches)
        source = f"(VALUES {spans}) AS reach CROSS JOIN messages AS m"
        inside = Conditions([INSIDE, *where.texts], where.parameters)
        rows += _rows(connection, source, inside, _ORDER, limit + 1 - len(rows))
        examined += batch.volume
        if len(rows) > limit:
            break
    return rows, None


INSIDE = "m.number_id = reach.column1 AND m.cohort_at >= reach.column2 AND m.cohort_at < reach.column3"


def batches_of(
    connection: Connection, words: Dictionary, sought: Sought, after: Place | None, at_once: int
) -> Iterator[Batch]:
    """What to look at, the newest first. No batch overlaps another, and none leaves out what is sought."""
    known = edges(connection)
    if known is None:
        return
    since, until = sought.wanted.since, sought.wanted.until
    until = FAR_AHEAD if until is None else until
    if after is not None:
        until = min(until, after.at + (after.id > 0))
    first = known[0] if since is None else max(known[0], since // HOUR_MS)
    last = min(known[1], (until - 1) // HOUR_MS)
    numbers = sought.numbers
    if numbers is None:
        numbers = [0, *connection.execute(select(schema.numbers.c.id)).scalars()]
    waiting: list[Reach] = []
    volume = 0
    for hour in hours(connection, words, sought, numbers, (first, last)):
        if waiting and (volume + hour.volume > at_once or len(waiting) + len(hour.numbers) > MOST_REACHES):
            yield Batch(waiting, waiting[-1].start, volume)
            waiting, volume = [], 0
        parts = min(3_600, max(1, -(-hour.volume // at_once)))
        for part in range(parts - 1, -1, -1):
            start, end = (hour.start + HOUR_MS * edge // parts for edge in (part, part + 1))
            if start >= until:
                continue
            waiting += [Reach(number, start, end) for number in hour.numbers]
            volume += -(-hour.volume // parts)
            if part:
                yield Batch(waiting, start, volume)
                waiting, volume = [], 0
    if waiting:
        yield Batch(waiting, waiting[-1].start, volume)


def _rows(
    connection: Connection, source: str, where: Conditions, order: str, limit: int | None = None
) -> list[MessageRow]:
    conditions = f" WHERE {' AND '.join(where.texts)}" if where.texts else ""
    most = "" if limit is None else f" LIMIT {limit}"
    statement = text(f"SELECT {_COLUMNS} FROM {source}{conditions} ORDER BY {order}{most}")
    return [MessageRow._make(row) for row in connection.execute(statement, where.parameters)]


def _newest(connection: Connection) -> int:
    return int(connection.execute(text("SELECT MAX(id) FROM messages")).scalar() or 0)
