"""How long the compliance report of thirty days takes, with a million messages stored and with ten, and with some
thousand sends against the template rule scattered over them.

    python -m bench.reports [--messages 1000000] [--rounds 3] [--database sqlite|postgresql]

Each round makes the report of the last thirty days anew, signed and kept, of another hour, so that none is there yet;
the slowest counts. Beside it stands how long the newest takes as PDF, with the process that typesets it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bench.figures import Measured
from bench.filling import opened
from bench.serving import filled
from bench.stage import SQLITE, Stage, alone
from wabawatch.app import System
from wabawatch.domain.facts import Millis
from wabawatch.domain.overview import EVERYTHING
from wabawatch.domain.report_formats import ReportFormat
from wabawatch.domain.standing import DAY_MS, HOUR_MS
from wabawatch.report_ports import Kept
from wabawatch.signed_reports import decode

KEYS = {1_000_000: "report.1m", 10_000_000: "report.10m"}
BROKEN = 0.15
"""Of failed template sends: some 3,400 of a million"""


def measure(stage: Stage, *, messages: str = "1000000", rounds: int = 3, database: str = SQLITE) -> Sequence[Measured]:
    """The report at each of these numbers of messages; at the first with sends against the rule, too."""
    totals = [int(total) for total in messages.split(",")]
    made = [_made(stage, total, rounds, database, KEYS.get(total, "report.1m")) for total in totals]
    return [*made, _made(stage, totals[0], rounds, database, "report.scattered", BROKEN)]


def _made(stage: Stage, total: int, rounds: int, database: str, key: str, broken: float = 0.0) -> Measured:
    with opened(filled(stage, total, database, broken)) as system:
        now, took = system.clock.now(), list[float]()
        for hours in range(1, rounds + 1):
            took.append(_timed(system, now - hours * HOUR_MS)[0])
        seconds, kept = _timed(system, now)
        took.append(seconds)
        report = decode(kept.document)
        began = time.perf_counter()
        printed = system.reports.file(kept, ReportFormat.PDF)
        printing = time.perf_counter() - began
    note = (
        f"{report.messages.attempted:,} sends, {len(report.templates)} templates, {len(report.numbers)} numbers,"
        f" {report.template_use.violations:,} sends against the rule; {len(kept.document) >> 10} KiB of JSON; as PDF"
        f" {printing:.1f} s more, {len(printed.content) >> 10} KiB"
    )
    return Measured(key, max(took), database, note)


def _timed(system: System, end: Millis) -> tuple[float, Kept]:
    began = time.perf_counter()
    kept = system.reports.reporting.make(end - 30 * DAY_MS, end, EVERYTHING, "bench")
    return time.perf_counter() - began, kept


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
