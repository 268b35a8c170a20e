"""How fast exports are made of many messages, and how much memory that takes.

    python -m bench.exports [--messages 1000000] [--database sqlite|postgresql] [--formats csv,xlsx,jsonl,parquet]

Each file is made as the server makes it: by a process of its own, of all columns, masked. Its memory is the most that
was ever resident (VmHWM). The process is as nice as always: where others work, its own processor time tells more.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Measured
from bench.filling import Installation
from bench.reference_mix import DAY_MS
from bench.serving import filled
from bench.stage import SQLITE, Stage, alone
from wabawatch.app_places import places_of
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Broken, Format, Made, Order, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.crew import Crew
from wabawatch.settings import load

DAYS = 32


def measure(
    stage: Stage, *, messages: int = 1_000_000, formats: str = ",".join(Format), database: str = SQLITE
) -> Sequence[Measured]:
    """A file of all messages in each of *formats*, one after the other."""
    where = filled(stage, messages, database)
    found = []
    for format in formats.split(","):
        with stage.task(f"export as {format}"):
            found.append(_file(where, Format(format), database))
    return found


def _file(where: Installation, format: Format, database: str) -> Measured:
    """Make one file of everything in *where*, and delete it."""
    settings = load({"WABAWATCH_DATA_DIR": str(where.folder / "data"), **where.settings})
    now = time.time_ns() // 1_000_000
    path = where.folder / f"export.{format}"
    began, most, cpu = time.perf_counter(), 0.0, 0.0
    making = Crew(places_of(settings).database_url).begin(
        Order(format, NAMES), MessageFilter(since=now - DAYS * DAY_MS, until=now + DAY_MS), path
    )
    while True:
        news = making.look(0.25)
        most, cpu = max(most, _resident_mib(making.pid)), max(cpu, _cpu_s(making.pid))
        if isinstance(news, Broken):
            raise RuntimeError(news.why)
        if news is not None and not isinstance(news, Progress):
            path.unlink()
            return _measured(format, database, news, time.perf_counter() - began, cpu, most)


def _measured(format: Format, database: str, made: Made, took_s: float, cpu_s: float, mib: float) -> Measured:
    note = (
        f"{made.rows:,} messages in {took_s:.0f} s, {cpu_s:.0f} s of CPU; {made.bytes / 1e6:,.0f} MB,"
        f" {mib:.0f} MiB resident at most"
    )
    return Measured(f"exports.{format}", made.rows / took_s, database, note)


def _resident_mib(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0.0)


def _cpu_s(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
