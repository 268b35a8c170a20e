"""How fast exports are made of many messages, how much memory that takes, and what it costs who is served meanwhile.

    python -m bench.exports [--messages 1000000] [--database sqlite|postgresql] [--formats csv,xlsx,jsonl,parquet]

Each file is made as the server makes it: by a process of its own, of all columns, masked. Its memory is the most that
was ever resident (VmHWM). The process is as nice as always: where others work, its own processor time tells more.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.filling import Installation
from bench.reference_mix import DAY_MS
from bench.serving import filled
from bench.stage import SQLITE, Stage
from wabawatch.app_places import places_of
from wabawatch.domain.export_columns import NAMES
from wabawatch.domain.exports import Broken, Format, Made, Order, Progress
from wabawatch.domain.search import MessageFilter
from wabawatch.exports.crew import Crew
from wabawatch.settings import load

DAYS = 32


class Measured(NamedTuple):
    """One file."""

    made: Made
    seconds: float
    cpu_seconds: float
    resident_mib: float


def measure(where: Installation, format: Format) -> Measured:
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
            return Measured(news, time.perf_counter() - began, cpu, most)


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


def main() -> int:
    """Measure what the command line asks for, and print a row of a table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--database", default=SQLITE)
    parser.add_argument("--formats", default=",".join(Format))
    asked = parser.parse_args()
    with Stage() as stage:
        where = filled(stage, asked.messages, asked.database)
        print(
            "| format | messages | seconds | messages/s | processor s | messages/s | bytes | resident, at most |\n"
            "| --- | --- | --- | --- | --- | --- | --- | --- |"
        )
        for format in asked.formats.split(","):
            made, seconds, cpu, mib = measure(where, Format(format))
            speed = f"{seconds:.1f} | {made.rows / seconds:,.0f} | {cpu:.1f} | {made.rows / cpu:,.0f}"
            print(f"| {format} | {made.rows:,} | {speed} | {made.bytes:,} | {mib:.0f} MiB |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
