"""The counts in the books for the flows that read: `ports.Figures` and the log of cycles on one `Database`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, func, select

from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.messages import ContactKey
from wabawatch.domain.metrics import Tally
from wabawatch.domain.report import BodyCounts
from wabawatch.domain.rollups import Floors, Scope, Span, Tier, cover
from wabawatch.domain.standing import DAY_MS, MINUTE_MS
from wabawatch.ports import DIGESTED, SWEPT, BodyId, Held, Inbox, Moves, RollupKey, Window
from wabawatch.storage import body_log, counts
from wabawatch.storage.books import read_floors, read_mark
from wabawatch.storage.counts import Place
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.messages import read_rows
from wabawatch.storage.schema import counters, cycles, marks, messages, rollups

PAGE = 2_000


class SqlFigures:
    """`ports.Figures` and `ports.CycleLog`."""

    def __init__(self, database: Database, inbox: Inbox) -> None:
        self._database = database
        self._inbox = inbox

    def tally(self, window: Window) -> Tally:
        with self._database.reading() as connection:
            words = Dictionary(lambda _: "")
            return counts.tally(connection, words, Place(Scope.ALL), _spans(connection, window, Scope.ALL))

    def bodies(self, window: Window) -> BodyCounts:
        with self._database.reading() as connection:
            counted = counts.read_counters(connection, _spans(connection, window, Scope.ALL))
            retrying, parked = body_log.count_failing(connection, window.start or 0)
            done: BodyId = read_mark(connection, DIGESTED)
        return BodyCounts(
            processed=counted.get("processed", 0),
            backlog=self._inbox.waiting(done) + retrying,
            parked=parked,
            duplicates=counted.get("duplicates", 0),
            unparsed_items=counted.get("unparsed", 0),
            unknown=counted.get("unknown", 0),
            distinct_live=counted.get("distinct_live", 0),
        )

    def answers(self, window: Window) -> Histogram:
        with self._database.reading() as connection:
            return counts.read_histogram(connection, "ack", _spans(connection, window, Scope.WABA))

    def mark(self, name: str) -> int:
        with self._database.reading() as connection:
            return read_mark(connection, name)

    def last_cycle_at(self) -> Millis | None:
        with self._database.reading() as connection:
            return connection.execute(select(func.max(cycles.c.at))).scalar()

    def keep_cycle(self, at: Millis, ran_at: Millis, verdict: str, detail: str, marks: Mapping[str, int]) -> None:
        with self._database.writing() as connection:
            new = insert(connection, cycles).values(at=at, ran_at=ran_at, verdict=verdict, detail=detail)
            connection.execute(new.on_conflict_do_nothing())
            _set_marks(connection, marks)

    def set_marks(self, marks: Mapping[str, int]) -> None:
        with self._database.writing() as connection:
            _set_marks(connection, marks)

    def keep_answers(self, answers: Mapping[tuple[Millis, int], int]) -> None:
        """Add the receiver's answer times: (time, histogram slot) -> how many."""
        with self._database.writing() as connection:
            added = {(at, 0, slot): n for (at, slot), n in answers.items()}
            counts.add_histogram(connection, "ack", added, read_floors(connection))

    def drop_old(self, floors: Floors, bodies_before: Millis) -> int:
        """Move the floors up to *floors* and delete what is below; also body log lines older than *bodies_before*."""
        with self._database.writing() as connection:
            _set_marks(connection, {f"floor_{tier.name.lower()}": first for tier, first in floors.items() if first})
            return counts.drop_before(connection, floors) + body_log.drop_before(connection, bodies_before)


def _set_marks(connection: Connection, values: Mapping[str, int]) -> None:
    if values:
        new = insert(connection, marks)
        upsert = new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value})
        connection.execute(upsert, [{"name": name, "value": value} for name, value in values.items()])


def _spans(connection: Connection, window: Window, scope: Scope) -> list[Span]:
    """The buckets that make up *window*; an open end reaches as far as anything was ever counted."""
    first, last = _days(connection)
    start = first * DAY_MS if window.start is None else window.start - window.start % MINUTE_MS
    if window.end is None:
        return cover(start, (last + 1) * DAY_MS, scope, read_floors(connection))
    end = -(-window.end // MINUTE_MS) * MINUTE_MS
    return cover(max(start, first * DAY_MS), end, scope, read_floors(connection))


def _days(connection: Connection) -> tuple[int, int]:
    """The first and the last day in which anything is counted."""
    edges = []
    for table in (rollups, counters):
        query = select(func.min(table.c.bucket), func.max(table.c.bucket)).where(table.c.tier == int(Tier.DAY))
        edges.append(connection.execute(query).one())
    lows = [low for low, _ in edges if low is not None]
    highs = [high for _, high in edges if high is not None]
    return min(lows, default=0), max(highs, default=0)


class SqlRecount:
    """`ports.Recount` on one reading transaction."""

    def __init__(self, connection: Connection, country_of: Callable[[ContactKey], str]) -> None:
        self._connection = connection
        self._words = Dictionary(country_of)
        self._floors = read_floors(connection)

    def swept_until(self) -> Millis:
        return read_mark(self._connection, SWEPT)

    def how_many(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(messages)).scalar() or 0)

    def pages(self) -> Iterator[list[tuple[Held, str]]]:
        after = 0
        while True:
            query = select(messages).where(messages.c.id > after).order_by(messages.c.id).limit(PAGE)
            held = read_rows(self._connection, self._words, self._connection.execute(query).all())
            if not held:
                return
            yield [(h, self._words.country_of(h.message.contact[2]) if h.message.contact else "") for h in held]
            after = held[-1].id

    def rows_of(self, moves: Moves) -> Mapping[RollupKey, int]:
        return counts.spread(self._connection, self._words, moves, self._floors)

    def rows(self) -> Mapping[RollupKey, int]:
        return {key: n for key, n in counts.read_all(self._connection) if n}


@contextmanager
def recounting(database: Database, country_of: Callable[[ContactKey], str]) -> Iterator[SqlRecount]:
    """One consistent view of messages and roll-ups. It may write words that are new, and nothing else."""
    with database.reading() as connection:
        yield SqlRecount(connection, country_of)


def mend(database: Database, differences: Mapping[RollupKey, int]) -> None:
    """Add *differences* to the roll-ups. Right also while messages go on changing."""
    with database.writing() as connection:
        counts.add_rows(connection, differences)
