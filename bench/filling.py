"""Installations to measure on: new ones, and ones that hold many messages already.

Digesting ten million messages would take an hour, so one day of the reference mix is digested as usual, and that day is
copied over the thirty days before now, as often as it takes: the rows as they are, with other ids and times, and the
roll-ups as many times. `wabawatch rebuild --verify` finds no difference on the result (a test says so).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, literal, literal_column, select

from bench.reference_mix import DAY_MS, START, ReferenceMix
from bench.stage import Show
from wabawatch.app import System
from wabawatch.app_parts import translate
from wabawatch.domain.rollups import TIERS, Tier
from wabawatch.flows.digest import Opened, take_in
from wabawatch.meta.countries import country_of
from wabawatch.ports import DIGESTED, StoredBody
from wabawatch.settings import load
from wabawatch.storage import counts
from wabawatch.storage.books import SqlBooks, read_floors
from wabawatch.storage.dialect import chunks
from wabawatch.storage.schema import message_errors, messages

DAYS = 30
BASE = 8_334
"""Messages that are digested; 120 times as many are a million"""
_ROLLUP_ROWS = 50_000

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Installation:
    """Where one installation is, and the settings it needs besides."""

    folder: Path
    settings: Mapping[str, str]


class BenchClock:
    """A clock that the bench turns."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        """The time it was turned to."""
        return self.at


@contextmanager
def opened(where: Installation, clock: BenchClock | None = None) -> Iterator[System]:
    """The installation in this process, as `wabawatch serve` would open it on the same folder."""
    system = System(load({"WABAWATCH_DATA_DIR": str(where.folder / "data"), **where.settings}), clock)
    try:
        yield system
    finally:
        system.close()


def fill(where: Installation, total: int, show: Show, broken: float = 0.0) -> int:
    """Fill the new installation *where* with about *total* messages of the last thirty days (*broken*: see
    `ReferenceMix`). Gives how many."""
    base = min(BASE, total // DAYS)
    copies = max(1, round(total / DAYS / base))
    with opened(where) as system:
        _digest(system, base, broken)
        with system.database.reading() as connection:
            rows = list(counts.read_all(connection).items())
        now = time.time_ns() // 1_000_000
        _settle(system)  # from here on old buckets are no longer kept
        _copy_rollups(system, rows, now, copies, show)
        _settle(system)
        _copy_rows(system, now, copies, show)
        with system.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(messages)).scalar() or 0)


def _digest(system: System, base: int, broken: float) -> None:
    books = SqlBooks(system.database, system.keyring, country_of)
    mix = ReferenceMix(base, days=1, broken=broken)
    stored = [StoredBody(number, body) for number, body in enumerate(mix.bodies(), 1)]
    for some in chunks(stored, 2_000):
        with books.writing() as ledger:
            take_in(ledger, [Opened(each, translate(each)) for each in some])
            ledger.set_mark(DIGESTED, some[-1].id)


def _settle(system: System) -> None:
    """Do what the retention would do in time: drop what is no longer kept, pack what hardly changes."""
    while system.retention.drop():
        pass


def _shifts(now: int) -> list[int]:
    """By how much the base day is moved to get each of the days before *now*, in ms."""
    newest = (now // DAY_MS - 1) * DAY_MS - START
    return [newest - back * DAY_MS for back in range(DAYS)]


def _copy_rollups(system: System, rows: list[tuple[Key, int]], now: int, copies: int, show: Show) -> None:
    """Count the copies: whole days later a message falls into buckets that are as much later, in every tier."""
    with system.database.reading() as connection:
        floors = read_floors(connection)
    for done, shift in enumerate(_shifts(now)):
        show(done, "roll-ups")
        for some in chunks(rows, _ROLLUP_ROWS):
            moved = {
                (key[0], bucket, *key[2:]): n * copies
                for key, n in some
                if (bucket := key[1] + shift // TIERS[Tier(key[0])].width_ms) >= floors.get(Tier(key[0]), 0)
            }
            with system.database.writing() as writer:
                counts.add_rows(writer, moved)


def _copy_rows(system: System, now: int, copies: int, show: Show) -> None:
    with system.database.writing() as connection:
        base = int(connection.execute(select(func.max(messages.c.id))).scalar() or 0)
        indexes = list(messages.indexes)
        for index in indexes:  # built at the end in one go: a tenth of the work
            index.drop(connection)
    for done, shift in enumerate(_shifts(now)):
        show(done, "messages")
        for copy in range(copies):
            number = done * copies + copy + 1
            with system.database.writing() as connection:
                _copy(connection, messages, base, number, shift)
                _copy(connection, message_errors, base, number, shift)
    show(DAYS, "indexes")
    with system.database.writing() as connection:
        for index in indexes:
            index.create(connection)


def _copy(connection: Connection, table: Table, base: int, number: int, shift: int) -> None:
    """Copy the rows of the first *base* messages: the copy with this *number*, *shift* ms later."""
    id_ = table.c["id" if table is messages else "message_id"]
    changed = {id_.name: id_ + literal(base * number)}
    for name in ("cohort_at", "expires_at", "at"):
        if name in table.c:
            changed[name] = table.c[name] + literal(shift)
    if table is messages:
        changed["wamid"] = literal_column(_wamid(connection, number))
    columns = [changed.get(column.name, column) for column in table.c]
    rows = select(*columns).where(id_ <= base)
    connection.execute(insert(table).from_select([column.name for column in table.c], rows))


def _wamid(connection: Connection, number: int) -> str:
    """SQL for another packed wamid: its last three bytes, which are the end of a random id, become *number*."""
    head = "substr(wamid, 1, length(wamid) - 3)"
    if connection.dialect.name == "sqlite":
        return f"CAST({head} || X'{number:06x}' AS BLOB)"
    return f"{head} || '\\x{number:06x}'::bytea"
