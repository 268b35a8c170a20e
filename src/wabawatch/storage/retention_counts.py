"""What retention would take away now, counted: nothing is changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from wabawatch.domain.archives import Removal, WouldGo
from wabawatch.domain.facts import Millis
from wabawatch.domain.forwarding import KEEP_DEAD_MS
from wabawatch.domain.rollups import Tier, floor_at
from wabawatch.domain.standing import DAY_MS
from wabawatch.storage.archives import LEFT_OUT_BYTES
from wabawatch.storage.database import Database
from wabawatch.storage.schema import (
    archive_holds,
    archive_parts,
    histograms,
    kept_hours,
    messages,
    numbers,
    raw_blocks,
    rollups,
)
from wabawatch.storage.schema_forward import forward_deliveries


class RetentionCounts:
    """`flows.archive_desk.Counts` on one `Database`. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def messages(self, before: Millis, up_to_id: int, now: Millis) -> WouldGo:
        """The live messages from before *before* with ids up to *up_to_id*, but for days that were restored."""
        with self._database.reading() as connection:
            return WouldGo(Removal.MESSAGES, _live(connection, before, up_to_id, now), before)

    def archived(self, before_day: int, up_to_id: int, now: Millis) -> WouldGo:
        """The archived messages of days before *before_day*, and the live ones that are archived first."""
        c, before = archive_parts.c, before_day * DAY_MS
        columns = (c.moved - c.restored, func.length(c.left_out), c.bytes)
        with self._database.reading() as connection:
            parts = connection.execute(select(*columns).where(c.day < before_day)).all()
            n = _live(connection, before, up_to_id, now)
        n += sum(max(0, moved - left_out // LEFT_OUT_BYTES) for moved, left_out, _ in parts)
        return WouldGo(Removal.ARCHIVED, n, before, sum(octets for *_, octets in parts))

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


def _live(connection: Connection, before: Millis, up_to_id: int, now: Millis) -> int:
    c = messages.c
    counted = select(func.count()).select_from(messages).where(c.cohort_at < before, c.id <= up_to_id)
    held = archive_holds.c
    for day in connection.execute(select(held.day).where(held.until > now, held.day < before // DAY_MS)).scalars():
        counted = counted.where(or_(c.cohort_at < day * DAY_MS, c.cohort_at >= (day + 1) * DAY_MS))
    every = [0, *connection.execute(select(numbers.c.id)).scalars()]
    return sum(_number(connection, counted.where(c.number_id == each)) for each in every)


def _number(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar() or 0)
