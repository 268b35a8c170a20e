"""How small the archive is, how fast it is made, searched and restored.

    python -m bench.archive [--messages 100000] [--days 3] [--database URL]

The reference mix at its density is digested as in `bench.growth`; then the clock is turned by 200 days, and everything
is archived as the server does, a day at a time: read, written, read back, compared, deleted. Aim (SPEC.md section 12):
35 bytes a message. A search without a filter, and one for a user, look for the newest 50 messages.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.figures import Measured
from bench.growth import Filling, HandClock
from bench.reference_mix import DAY_MS, START, ReferenceMix
from bench.stage import SQLITE, Stage
from wabawatch.app_archive import new_suffix
from wabawatch.archives.folder import Folder
from wabawatch.archives.searching import ArchivedMessages
from wabawatch.domain.search import MessageFilter
from wabawatch.flows.archiving import Archiving, Rules
from wabawatch.meta.countries import country_of
from wabawatch.storage.archives import SqlArchives
from wabawatch.storage.database import Database

RULES = Rules(90, 396)
LIMIT = 50


def measure(stage: Stage, *, messages: int = 100_000, days: float = 3.0, database: str = SQLITE) -> Sequence[Measured]:
    """Size, and messages a second. On SQLite only."""
    assert database == SQLITE
    with stage.task(f"archive of {messages:,} messages"), tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder), f"sqlite:///{folder}/main.db", ReferenceMix(messages, 1, days))


def measured(folder: Path, url: str, mix: ReferenceMix) -> Sequence[Measured]:
    """Fill the database at *url*, which is empty, and archive everything in it."""
    database = Database(url)
    Filling(database, folder, mix).run()
    clock = HandClock(START + 40 * DAY_MS)
    books, store = SqlArchives(database, country_of), Folder(folder / "archive")
    books.note(clock.now())
    clock.at = START + 200 * DAY_MS
    archiving = Archiving(books, store, clock, RULES, new_suffix)
    took_s, cpu_s = _timed(lambda: _all(archiving))
    parts = books.parts()
    n, octets = sum(part.held for part in parts), sum(part.bytes for part in parts)
    note = f"{n:,} messages in {len(parts)} files, {took_s:.0f} s, {cpu_s:.0f} s of CPU"
    found = [
        Measured("archive.bytes", octets / n, SQLITE, note),
        Measured("archive.rate", n / cpu_s, SQLITE, "by its own CPU: read, written, compared, deleted"),
    ]
    archived = ArchivedMessages(database, books, store, country_of)
    for name, wanted in (("any", MessageFilter()), ("user", MessageFilter(users=("nobody",)))):
        took_s, cpu_s = _timed(lambda wanted=wanted: archived.search(wanted, None, LIMIT))  # type: ignore[misc]
        found.append(Measured(f"archive.search.{name}", cpu_s * 1_000, SQLITE, f"{took_s:.1f} s, of CPU {cpu_s:.1f} s"))
    took_s, cpu_s = _timed(lambda: archiving.restore(parts[-1].day, parts[0].day, 30, "bench"))
    found.append(Measured("archive.restored", n / cpu_s, SQLITE, f"{n:,} messages in {took_s:.0f} s"))
    database.close()
    return found


def _all(archiving: Archiving) -> None:
    while archiving.step():
        pass


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--days", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty database; default: a new SQLite file, deleted afterwards")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = args.database or f"sqlite:///{folder}/main.db"
        for each in measured(Path(folder), url, ReferenceMix(args.messages, args.seed, args.days)):
            print(f"{each.key}: {each.value:,.1f}  ({each.note})")


if __name__ == "__main__":
    main()
