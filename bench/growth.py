"""How many bytes of database a message costs, table by table, after a month of the reference mix.

    python -m bench.growth [--messages 1000000] [--days 30] [--database URL] [--json FILE]

The bodies of `bench.reference_mix` go through the real parser and digest, in transactions of 4,000; every simulated day
the expiry sweep and the retention run as they do in life. What stays is then weighed by the database's own count of
pages (SQLite: dbstat; PostgreSQL: relation sizes), so half-empty pages are weighed too. Aims (SPEC.md section 12): 150
bytes on SQLite, 260 on PostgreSQL; 110 for a raw body. The database is a new one in a temporary folder, unless
--database names one, which must be empty.

With fewer messages choose as many fewer days (100,000 in 3 days): roll-ups weigh less per message in dense traffic.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from sqlalchemy import Connection, inspect

from bench.reference_mix import DAY_MS, START, ReferenceMix, batches
from wabawatch.app_parts import translate
from wabawatch.domain.rollups import TIERS, Tier, floor_at, packed_before
from wabawatch.flows.digest import Opened, take_in
from wabawatch.flows.expiry import Expiry
from wabawatch.flows.retention import RETRY_HORIZON_DAYS
from wabawatch.meta.countries import country_of
from wabawatch.ports import Body, BodyKind, StoredBody
from wabawatch.storage.bodies import pack_block
from wabawatch.storage.books import SqlBooks
from wabawatch.storage.database import Database
from wabawatch.storage.figures import SqlFigures
from wabawatch.storage.inbox import SqliteInbox
from wabawatch.storage.migrations import migrate
from wabawatch.storage.partitions import Partitions
from wabawatch.storage.schema import metadata
from wabawatch.storage.sealed import Keyring

BATCH = 4_000
PACKED = 20_000
BLOCK = 1_000
TEMPORARY = frozenset({"bodies", "parked", "raw_blocks", "rechecks", "kept_hours", "imports"})
"""Tables whose rows go after days; of those with tiers, the tiers that are not kept for a year."""
TIERED = ("rollups", "counters", "histograms", "packed_counts")
_TEMPORARY_TIERS = [
    int(tier) for tier, rule in TIERS.items() if rule.keep_ms is not None and rule.keep_ms < 365 * DAY_MS
]


class HandClock:
    """A clock that the bench turns."""

    def __init__(self, now: int) -> None:
        self.at = now

    def now(self) -> int:
        """The time it was turned to."""
        return self.at


@dataclass(frozen=True, slots=True)
class Weight:
    """The bytes of one table or index."""

    name: str
    table: str
    size: int
    rows: int
    temporary: float
    """The share of it that goes after days"""


class Filling:
    """One database being filled with the mix."""

    def __init__(self, database: Database, folder: Path, mix: ReferenceMix) -> None:
        self.database = database
        self.mix = mix
        self.clock = HandClock(START)
        keyring = Keyring.generate()
        migrate(database, START)
        self.books = SqlBooks(database, keyring, country_of)
        self.expiry = Expiry(SqlBooks(database, keyring, country_of), self.clock)
        self.inbox = SqliteInbox(folder / "inbox.db", keyring)
        self.figures = SqlFigures(database, self.inbox, self.clock)
        self.newest_by_day: dict[int, int] = {}
        self.cpu_s = 0.0

    def run(self) -> int:
        """Digest everything. Gives how many bodies there were."""
        count, day = 0, START // DAY_MS
        for batch in batches(takewhile(lambda body: body.received_at < self.mix.end, self.mix.bodies()), BATCH):
            self.clock.at = batch[-1].received_at
            stored = [StoredBody(count + i, body) for i, body in enumerate(batch, 1)]
            count += len(batch)
            self._take_in(stored)
            if self.clock.at // DAY_MS != day:
                self.newest_by_day[day] = count
                day = self.clock.at // DAY_MS
                self._end_day()
                print(f"\r{count:,} bodies, day {day - START // DAY_MS}", end="", file=sys.stderr, flush=True)
        self.clock.at = max(self.clock.at, self.mix.end)
        self._end_day()
        print("\r", end="", file=sys.stderr)
        return count

    def _take_in(self, stored: Sequence[StoredBody]) -> None:
        began = time.process_time()
        parcel = [Opened(each, translate(each)) for each in stored]
        with self.books.writing() as ledger:
            take_in(ledger, parcel)
        self.cpu_s += time.process_time() - began

    def _end_day(self) -> None:
        now = self.clock.at
        while self.expiry.step():
            pass
        oldest_day = now // DAY_MS - RETRY_HORIZON_DAYS
        bodies_up_to = max((n for day, n in self.newest_by_day.items() if day < oldest_day), default=0)
        while self.figures.drop_old({tier: floor_at(tier, now) for tier in Tier}, bodies_up_to):
            pass
        while self.figures.pack_old(packed_before(now)):
            pass


def weigh(connection: Connection) -> Iterator[Weight]:
    """Every table and index, the heaviest first."""
    sizes = _sqlite_sizes(connection) if connection.dialect.name == "sqlite" else _postgres_sizes(connection)
    for name, table, size in sorted(sizes, key=lambda each: -each[2]):
        rows = int(connection.exec_driver_sql(f'SELECT COUNT(*) FROM "{table}"').scalar() or 0)
        yield Weight(name, table, size, rows, _temporary_share(connection, table, rows))


def _sqlite_sizes(connection: Connection) -> list[tuple[str, str, int]]:
    query = (
        "SELECT s.name, COALESCE(m.tbl_name, s.name), SUM(s.pgsize) FROM dbstat AS s"
        " LEFT JOIN sqlite_master AS m ON m.name = s.name WHERE s.aggregate = 1 GROUP BY 1, 2"
    )
    return [(row[0], row[1], int(row[2])) for row in connection.exec_driver_sql(query)]


def _postgres_sizes(connection: Connection) -> list[tuple[str, str, int]]:
    """The main and other forks of each table and index; those of a partition under the name of its whole."""
    query = """
        WITH RECURSIVE whole AS (
            SELECT c.oid, c.oid AS top FROM pg_class AS c WHERE NOT c.relispartition
            UNION ALL SELECT i.inhrelid, whole.top FROM pg_inherits AS i JOIN whole ON whole.oid = i.inhparent
        )
        SELECT top.relname, COALESCE(owner.relname, top.relname), SUM(pg_table_size(c.oid))
        FROM pg_class AS c JOIN whole ON whole.oid = c.oid JOIN pg_class AS top ON top.oid = whole.top
        LEFT JOIN pg_index AS x ON x.indexrelid = top.oid LEFT JOIN pg_class AS owner ON owner.oid = x.indrelid
        WHERE c.relkind IN ('r', 'i', 'p', 'I') AND c.relnamespace = current_schema()::regnamespace
        GROUP BY 1, 2"""
    return [(row[0], row[1], int(row[2])) for row in connection.exec_driver_sql(query)]


def _temporary_share(connection: Connection, table: str, rows: int) -> float:
    if table in TEMPORARY:
        return 1.0
    if table not in TIERED or not rows:
        return 0.0
    tiers = ", ".join(map(str, _TEMPORARY_TIERS))
    some = connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table} WHERE tier IN ({tiers})").scalar()
    return float(some or 0) / rows


def packed_size(mix: ReferenceMix) -> dict[str, float]:
    """Bytes of a raw body in blocks as they are kept for replay: of all kinds, of webhooks only, and unpacked."""
    bodies = list(islice(mix.bodies(), PACKED))
    webhooks = [body for body in bodies if body.kind is BodyKind.WEBHOOK]
    plain = sum(len(body.content) + len(body.signature) for body in bodies)
    return {"sealed": _sealed(bodies), "webhooks": _sealed(webhooks), "plain": plain / len(bodies)}


def _sealed(bodies: Sequence[Body]) -> float:
    keyring = Keyring.generate()
    stored = [StoredBody(i, body) for i, body in enumerate(bodies, 1)]
    blocks = [stored[i : i + BLOCK] for i in range(0, len(stored), BLOCK)]
    return sum(len(pack_block(block, keyring, context=b"bench")) for block in blocks) / len(bodies)


def report(weights: Sequence[Weight], messages: int, bodies: int) -> dict[str, object]:
    """Print the table, and give it as values."""
    print(f"{'table or index':32} {'rows':>10} {'permanent':>10} {'temporary':>10}   bytes per message")
    lines = {}
    for weight in weights:
        each = weight.size / messages
        kept, gone = each * (1 - weight.temporary), each * weight.temporary
        lines[weight.name] = {"rows": weight.rows, "permanent": round(kept, 2), "temporary": round(gone, 2)}
        if each >= 0.05:
            print(f"{weight.name:32} {weight.rows:10,} {kept:10.1f} {gone:10.1f}")
    permanent = sum(w.size * (1 - w.temporary) for w in weights) / messages
    temporary = sum(w.size * w.temporary for w in weights) / messages
    print(f"{'sum':32} {'':10} {permanent:10.1f} {temporary:10.1f}")
    return {"messages": messages, "bodies": bodies, "permanent": permanent, "temporary": temporary, "tables": lines}


def _size_of(connection: Connection) -> int:
    if connection.dialect.name != "sqlite":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)
    pages, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_count", "page_size"))
    return int(pages or 0) * int(size or 0)


def measure(url: str, folder: Path, mix: ReferenceMix) -> dict[str, object]:
    """Fill the database at *url* and weigh it."""
    database = Database(url)
    with database.engine.connect() as connection:
        if set(inspect(connection).get_table_names()) & metadata.tables.keys():
            raise SystemExit("the database is not empty: name another one")
    began = time.monotonic()
    filling = Filling(database, folder, mix)
    bodies = filling.run()
    cpu, took = filling.cpu_s / bodies * 1e6, time.monotonic() - began
    if database.engine.dialect.name != "sqlite":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        # As the server does with each week that is over; here all is written in one.
        Partitions(database).pack_indexes(also_young=True)
    with database.engine.connect() as connection:
        found = report(list(weigh(connection)), mix.messages, bodies)
        found["file_bytes"] = _size_of(connection)
    found["cpu_us_per_body"] = cpu
    found["packed"] = packed = packed_size(mix)
    print(f"{mix.messages:,} messages, {bodies:,} bodies, database of {found['file_bytes']:,} bytes")
    sizes = f"{packed['sealed']:.1f} bytes of {packed['plain']:.0f} (a webhook: {packed['webhooks']:.1f})"
    print(f"a raw body, sealed: {sizes}")
    print(f"{took:.0f} s, CPU {cpu:.0f} us a body from JSON to commit, peak {_peak_mib():.0f} MiB")
    database.close()
    return found


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty database; default: a new SQLite file, deleted afterwards")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    args = parser.parse_args()
    mix = ReferenceMix(args.messages, args.seed, args.days)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(args.database or f"sqlite:///{folder}/main.db", Path(folder), mix)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
