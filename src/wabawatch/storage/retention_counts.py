"""What retention would take away now, counted: nothing is changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, func, select

from wabawatch.domain.archives import Removal, WouldGo
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import KEEP_DEAD_MS
from wabawatch.domain.rollups import Tier, floor_at
from wabawatch.domain.standing import DAY_MS
from wabawatch.storage.database import Database
from wabawatch.storage.schema import archive_parts, histograms, kept_hours, messages, numbers, raw_blocks, rollups
from wabawatch.storage.schema_forward import forward_deliveries


class RetentionCounts:
    """`flows.archive_desk.Counts` on one `Database`. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def messages(self, before: Millis, up_to_id: int | None) -> WouldGo:
        """The live messages from before *before*; *up_to_id*: only those with such ids."""
        c = messages.c
        counted = select(func.count()).select_from(messages).where(c.cohort_at < before)
        if up_to_id is not None:
            counted = counted.where(c.id <= up_to_id)
        with self._database.reading() as connection:
            every = [0, *connection.execute(select(numbers.c.id)).scalars()]
            n = sum(_number(connection, counted.where(c.number_id == each)) for each in every)
        return WouldGo(Removal.MESSAGES, n, before)

    def archived(self, before_day: int) -> WouldGo:
        """The archived messages of days before *before_day*."""
        c = archive_parts.c
        held = func.coalesce(func.sum(c.moved - c.restored), 0)
        size = func.coalesce(func.sum(c.bytes), 0)
        with self._database.reading() as connection:
            n, octets = connection.execute(select(held, size).where(c.day < before_day)).one()
        return WouldGo(Removal.ARCHIVED, int(n), before_day * DAY_MS, int(octets))

    def bodies(self, kept_before: Millis) -> WouldGo:
        """The raw bodies that were kept before *kept_before*."""
        c, hours = raw_blocks.c, kept_hours.c
        hour_ms = DAY_MS // 24
        with self._database.reading() as connection:
            last = _number(connection, select(func.max(hours.newest)).where(hours.hour < kept_before // hour_ms))
            sums = select(func.sum(c.n), func.sum(func.length(c.block))).where(c.last_id <= last)
            n, octets = connection.execute(sums).one()
        return WouldGo(Removal.BODIES, int(n or 0), kept_before, int(octets or 0))

    def letters(self, now: Millis) -> WouldGo:
        """The dead letters whose time is over."""
        edge = now - KEEP_DEAD_MS
        counted = select(func.count()).select_from(forward_deliveries).where(forward_deliveries.c.dead_at < edge)
        with self._database.reading() as connection:
            return WouldGo(Removal.LETTERS, _number(connection, counted), edge)

    def figures(self, now: Millis) -> WouldGo:
        """The buckets of minutes, five minutes and hours whose time is over."""
        n = 0
        with self._database.reading() as connection:
            for table in (rollups, histograms):
                for tier in Tier:
                    old = and_(table.c.tier == int(tier), table.c.bucket < floor_at(tier, now))
                    n += _number(connection, select(func.count()).select_from(table).where(old))
        return WouldGo(Removal.FIGURES, n, None)


def _number(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar() or 0)
