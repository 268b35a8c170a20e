"""Partitions by time on PostgreSQL: made ahead, and dropped whole when everything in them is over. SQLite has none.

Tables that grow are split by their numbers, and those begin with the day or week in which they were given out; roll-ups
are split by their buckets, tier by tier. So a partition is a span of time, a search for a number touches one of them,
and no row ever moves. What lies before the first partition has one of its own, and what fits nowhere (a clock that
jumped by years) goes to the default one: nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from wabawatch.domain.facts import Millis
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.domain.standing import DAY_MS
from wabawatch.storage.database import Database
from wabawatch.storage.dialect import PATIENCE_S

BLOCK_DAY, BODY_DAY, MESSAGE_WEEK = 26, 36, 36
"""So many bits below the day or week of a number count what was given out in it. A body is a block times 1,024."""

WEEK_MS = 7 * DAY_MS
DAY_NUMBER = f"(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000)::BIGINT / {DAY_MS}"
"""SQL for the day of the server's clock, counted from 1970. That clock, and no other, numbers and makes partitions."""

_NOW = "SELECT (EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000)::BIGINT"
_THERE = """
SELECT child.relname FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
WHERE parent.oid = to_regclass('{table}')
"""

_BRIEFLY, _PATIENTLY = (f"SET LOCAL lock_timeout = '{seconds}s'" for seconds in (1, PATIENCE_S))
_LOCKED, _OVERLAPS = "55P03", "42P17"
"""SQLSTATEs"""
_PACKER_LOCK = 7_726_113
"""The advisory lock of the process that packs."""
_PACKED = "its indexes are packed"
_UNPACKED = f"""
SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = to_regclass('messages') AND obj_description(child.oid, 'pg_class') IS DISTINCT FROM '{_PACKED}'
    AND child.reltuples > 0
"""
_HALFWAY = """
SELECT c.relname FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
WHERE NOT indisvalid AND c.relname ~ '^messages.*_cc(new|old)'
"""


@dataclass(frozen=True, slots=True)
class Series:
    """The partitions of a table, or of one tier in it, each as long as the others."""

    table: str
    name: str
    """What their names begin with"""
    unit_ms: int
    """How long each is"""
    ahead: int
    """So many are made before their time"""
    column: str
    """What tells which one a row belongs to"""
    per_unit: int
    """So many numbers of that column are one partition"""
    tier: Tier | None = None

    def bounds(self, unit: int) -> tuple[int, int]:
        """The first number in the partition of *unit*, and the first beyond it."""
        return unit * self.per_unit, (unit + 1) * self.per_unit

    def partition(self, unit: int) -> str:
        """The name of the partition of *unit*: with the day on which it begins."""
        return f"{self.name}_{datetime.fromtimestamp(unit * self.unit_ms / 1000, UTC):%Y%m%d}"

    def unit_of(self, partition: str) -> int | None:
        """The unit that *partition* is for; None for those that are for no unit."""
        label = partition.removeprefix(f"{self.name}_")
        if not label.isdigit() or label == partition:
            return None
        return int(datetime.strptime(label, "%Y%m%d").replace(tzinfo=UTC).timestamp() * 1000) // self.unit_ms

    def key(self, number: int | str) -> str:
        """*number* as a bound in SQL."""
        return f"({number})" if self.tier is None else f"({int(self.tier)}, {number})"


def _of_numbers(table: str, unit_ms: int, bits: int, column: str = "id") -> Series:
    return Series(table, table, unit_ms, 3, column, 1 << bits)


def _of_tier(tier: Tier, unit_ms: int) -> Series:
    name = f"rollups_{tier.name.lower()}"
    return Series("rollups", name, unit_ms, 2, "bucket", unit_ms // TIERS[tier].width_ms, tier)


MESSAGES = _of_numbers("messages", WEEK_MS, MESSAGE_WEEK)
BODIES = _of_numbers("bodies", DAY_MS, BODY_DAY)
RAW_BLOCKS = _of_numbers("raw_blocks", DAY_MS, BODY_DAY, "first_id")
ROLLUPS = {
    Tier.MINUTE: _of_tier(Tier.MINUTE, DAY_MS),
    Tier.FIVE: _of_tier(Tier.FIVE, WEEK_MS),
    Tier.HOUR: _of_tier(Tier.HOUR, 4 * WEEK_MS),
    Tier.DAY: _of_tier(Tier.DAY, 52 * WEEK_MS),
}
INBOX = _of_numbers("inbox_blocks", DAY_MS, BLOCK_DAY)
_OF_MESSAGES: Sequence[Series] = (
    MESSAGES,
    _of_numbers("message_errors", WEEK_MS, MESSAGE_WEEK, "message_id"),
    _of_numbers("participants", WEEK_MS, MESSAGE_WEEK, "message_id"),
)
ALL: Sequence[Series] = (
    *_OF_MESSAGES,
    BODIES,
    RAW_BLOCKS,
    INBOX,
    *ROLLUPS.values(),
)


class Partitions:
    """Keeps the partitions of a PostgreSQL database ahead of time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def step(self) -> bool:
        """Make those of the next days and weeks, drop those of the inbox and of messages that are empty, and pack the
        indexes of those whose week is over. False: no more to do.
        """
        self.make_ahead()
        with self._database.writing() as connection:
            drop_emptied(connection)
        self.pack_indexes()
        return False

    def make_ahead(self) -> None:
        """Make those of now and of the next days and weeks: what must be there before anything is written."""
        with self._database.writing() as connection:
            make_ahead(connection)

    def pack_indexes(self, *, also_young: bool = False) -> list[str]:
        """Write the indexes of message partitions whose week is over anew, while others read and write; each once.

        While they grew, their pages were split in halves: a third of them is air. *also_young*: all partitions. Gives
        the names of the partitions. One that fails is tried again at the next call. While another process packs, none.
        """
        with self._database.outside() as connection, _alone(connection) as is_alone:
            if not is_alone:
                return []
            unit = newest_start(connection, MESSAGES) // MESSAGES.per_unit
            _drop_halfway(connection)
            closed = [
                name
                for name in connection.exec_driver_sql(_UNPACKED).scalars()
                if also_young or (each := MESSAGES.unit_of(name)) is None or each < unit
            ]
            for name in closed:
                connection.exec_driver_sql(f"REINDEX TABLE CONCURRENTLY {name}")
                connection.exec_driver_sql(f"COMMENT ON TABLE {name} IS '{_PACKED}'")
        return closed


def make_ahead(connection: Connection) -> list[str]:
    """Make the partitions of now and of some time ahead that are missing. Gives their names. Repeatable."""
    if connection.dialect.name == "sqlite":
        return []
    now: Millis = connection.exec_driver_sql(_NOW).scalar_one()
    made: list[str] = []
    for series in ALL:
        there = _there(connection, series.table)
        for name, bounds in _wanted(series, now, is_first=f"{series.name}_before" not in there):
            if (
                name not in there
                and not _is_taken(connection, series, bounds)
                and _make(connection, series, name, bounds)
            ):
                made.append(name)
        if f"{series.table}_rest" not in _there(connection, series.table):
            connection.exec_driver_sql(f"CREATE TABLE {series.table}_rest PARTITION OF {series.table} DEFAULT")
    return made


def drop_emptied(connection: Connection) -> int:
    """Drop the partitions of the inbox whose day is over and whose bodies have gone on, and those of messages whose
    week is over and whose messages were archived. Gives how many went."""
    dropped = 0
    for series in (INBOX, *_OF_MESSAGES):
        waits = (
            f"EXISTS (SELECT 1 FROM {series.table} WHERE {series.column} >= {{first}} AND {series.column} < {{end}})"
        )
        dropped += drop_whole(connection, series, newest_start(connection, series), unless=waits)
    return dropped


def drop_whole(connection: Connection, series: Series, below: int, unless: str = "FALSE") -> int:
    """Drop the partitions of *series* with numbers below *below* only. Gives how many went.

    *unless*: SQL, with {first} and {end} for the bounds of a partition, that tells when it must stay. One that is being
    read stays for now.
    """
    if connection.dialect.name == "sqlite":
        return 0
    dropped = 0
    for name in _there(connection, series.table):
        unit = series.unit_of(name)
        if unit is None or series.bounds(unit)[1] > below:
            continue
        first, end = series.bounds(unit)
        must_stay = f"SELECT {unless.format(first=first, end=end)}"
        if not connection.exec_driver_sql(must_stay).scalar():
            dropped += _drop(connection, series.table, name, must_stay)
    return dropped


def newest_start(connection: Connection, series: Series) -> int:
    """The first number that may be given out now: numbers below belong to spans that are over. 0 on SQLite."""
    if connection.dialect.name == "sqlite":
        return 0
    now: Millis = connection.exec_driver_sql(_NOW).scalar_one()
    return series.bounds(now // series.unit_ms)[0]


def _drop_halfway(connection: Connection) -> None:
    """Drop what an interrupted packing left, while others read and write."""
    for name in connection.exec_driver_sql(_HALFWAY).scalars().all():
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")


def _there(connection: Connection, table: str) -> list[str]:
    return list(connection.exec_driver_sql(_THERE.format(table=table)).scalars())


def _wanted(series: Series, now: Millis, *, is_first: bool) -> Iterator[tuple[str, tuple[str, str]]]:
    unit = now // series.unit_ms
    if is_first:
        yield f"{series.name}_before", (series.key("MINVALUE"), series.key(series.bounds(unit)[0]))
    for each in range(unit, unit + series.ahead + 1):
        first, end = series.bounds(each)
        yield series.partition(each), (series.key(first), series.key(end))


def _is_taken(connection: Connection, series: Series, bounds: tuple[str, str]) -> bool:
    """Whether rows of that span went to the default partition: then they stay there, and the span with them."""
    if f"{series.table}_rest" not in _there(connection, series.table):
        return False
    key = f"({series.column})" if series.tier is None else f"(tier, {series.column})"
    where = " AND ".join(
        f"{key} {sign} {bound}" for sign, bound in zip((">=", "<"), bounds, strict=True) if "MINVALUE" not in bound
    )
    return bool(connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {series.table}_rest WHERE {where})").scalar())


def _make(connection: Connection, series: Series, name: str, bounds: tuple[str, str]) -> bool:
    """Make one partition, unless that is for later, or another holds a part of its span and takes its rows.

    The latter when the server's clock was set back, or another server with an earlier one took over. For later when
    somebody reads the table for longer than anybody should wait for that: it is made ahead, there is time.
    """
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_BRIEFLY)
            connection.exec_driver_sql(f"CREATE TABLE {name} PARTITION OF {series.table} {_for_values(bounds)}")
    except (OperationalError, ProgrammingError) as error:
        if getattr(error.orig, "sqlstate", "") not in (_LOCKED, _OVERLAPS):
            raise
        return False
    connection.exec_driver_sql(_PATIENTLY)
    return True


@contextmanager
def _alone(connection: Connection) -> Iterator[bool]:
    """Give whether nobody else packs: what another is building looks like what an interrupted packing left."""
    is_alone = bool(connection.execute(select(func.pg_try_advisory_lock(_PACKER_LOCK))).scalar())
    try:
        yield is_alone
    finally:
        if is_alone:
            connection.execute(select(func.pg_advisory_unlock(_PACKER_LOCK)))


def _for_values(bounds: tuple[str, str]) -> str:
    return f"FOR VALUES FROM {bounds[0]} TO {bounds[1]}"


def _drop(connection: Connection, table: str, name: str, must_stay: str) -> int:
    """Drop one partition, unless somebody uses it for longer than anybody should wait for that."""
    dropped = 0
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_BRIEFLY)
            # The table first, as all do who use it. Whoever was writing has committed then: look again.
            connection.exec_driver_sql(f"LOCK TABLE ONLY {table}, ONLY {name} IN ACCESS EXCLUSIVE MODE")
            if not connection.exec_driver_sql(must_stay).scalar():
                connection.exec_driver_sql(f"DROP TABLE {name}")
                dropped = 1
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != _LOCKED:
            raise
        return 0
    connection.exec_driver_sql(_PATIENTLY)
    return dropped
