"""The counts in the books for the flows that read: `ports.Figures` and the log of cycles on one `Database`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, column, func, or_, select, table

from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import Histogram
from wabawatch.domain.metrics import Tally
from wabawatch.domain.report import BodyCounts, MetricPoint
from wabawatch.domain.rollups import Floors, Scope, Span, Tier, cover
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS
from wabawatch.ports import DIGESTED, BodyId, Clock, Deed, Inbox, Window
from wabawatch.storage import audit, body_log, counts
from wabawatch.storage.books import read_floors, read_mark
from wabawatch.storage.counts import Place
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import insert
from wabawatch.storage.dictionary import Dictionary
from wabawatch.storage.schema import counters, cycles, marks, rollups
from wabawatch.storage.views_metrics import TIER_NAMES


class SqlFigures:
    """`ports.Figures` and `ports.CycleLog`."""

    def __init__(self, database: Database, inbox: Inbox, clock: Clock) -> None:
        self._database = database
        self._inbox = inbox
        self._clock = clock

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

    def recent(self, since: Millis) -> list[MetricPoint]:
        span = self._clock.now() - since
        tier = Tier.FIVE if span <= 6 * HOUR_MS else Tier.HOUR if span <= 31 * DAY_MS else Tier.DAY
        points = table(
            "monitoring_metrics", *map(column, ("at", "scope", "metric", "value", "n", "low", "high", "tier"))
        )
        c = points.c
        wanted = or_(c.scope == "all", c.scope.like("number:%"), c.scope.like("waba:%"))
        query = (
            select(points).where(c.tier == TIER_NAMES[tier], c.at >= since, wanted).order_by(c.at, c.scope, c.metric)
        )
        with self._database.reading() as connection:
            return [_point(row) for row in connection.execute(query)]

    def last_cycle_at(self) -> Millis | None:
        with self._database.reading() as connection:
            return connection.execute(select(func.max(cycles.c.at))).scalar()

    def keep_cycle(self, at: Millis, ran_at: Millis, verdict: str, detail: str, marks: Mapping[str, int]) -> None:
        with self._database.writing() as connection:
            new = insert(connection, cycles).values(at=at, ran_at=ran_at, verdict=verdict, detail=detail)
            connection.execute(new.on_conflict_do_nothing())
            _set_marks(connection, marks)

    def set_marks(self, marks: Mapping[str, int], done: Deed | None = None) -> None:
        with self._database.writing() as connection:
            _set_marks(connection, marks)
            if done is not None:
                audit.append(connection, self._clock.now(), done.actor, done.action, done.subject)

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


def _point(row: Any) -> MetricPoint:
    interval = None if row.low is None else (row.low, row.high)
    return MetricPoint(
        row.at, row.scope, row.metric, row.value, row.n if row.n is not None else int(row.value), interval
    )


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
    for counted in (rollups, counters):
        query = select(func.min(counted.c.bucket), func.max(counted.c.bucket)).where(counted.c.tier == int(Tier.DAY))
        edges.append(connection.execute(query).one())
    lows = [low for low, _ in edges if low is not None]
    highs = [high for _, high in edges if high is not None]
    return min(lows, default=0), max(highs, default=0)
