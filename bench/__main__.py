"""All figures, in one table beside those that are stored.

    python -m bench [--long] [--store] [--only acceptance,webhooks] [--database sqlite|postgresql|both]

Without `--long` ten minutes at most, with it an hour. It stops by itself when its time is over, with what it has.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from bench.figures import BY_KEY, Measured
from bench.machine import machine
from bench.plan import Step, chosen, long, short
from bench.results import Row, change, load, merged, row_of, store
from bench.stage import POSTGRESQL, SQLITE, Stage

SHORT_S, LONG_S = 590.0, 3_580.0


class TimeIsUp(Exception):
    """The run has taken as long as it may."""


def main() -> int:
    """Measure and show; 1 when something went wrong (a figure that was missed is no error), 130 after Ctrl-C."""
    asked = _arguments()
    databases = (SQLITE, POSTGRESQL) if asked.database == "both" else (asked.database,)
    steps = chosen(long() if asked.long else short(), databases, asked.only)
    run = "bench-long" if asked.long else "bench"
    found, trouble = _measured(steps, LONG_S if asked.long else SHORT_S)
    rows = [row_of(each, run, date.today().isoformat(), machine()) for each in found]
    stored = load()
    if rows:
        _show(stored, rows)
    if asked.store:
        store(merged(stored, rows))
    for line in trouble:
        print(line, file=sys.stderr)
    return 1 if trouble else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="the long run: up to an hour")
    parser.add_argument("--store", action="store_true", help="write bench/results.json and bench/RESULTS.md")
    parser.add_argument("--only", default="", help="names of measurements, with commas between")
    parser.add_argument("--database", default="both", choices=(SQLITE, POSTGRESQL, "both"))
    return parser.parse_args()


def _measured(steps: Sequence[Step], limit_s: float) -> tuple[list[Measured], list[str]]:
    """What was measured, and what went wrong. Ends at *limit_s* or by Ctrl-C with what there is."""
    found: list[Measured] = []
    trouble: list[str] = []
    signal.signal(signal.SIGALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    with Stage() as stage:
        for number, step in enumerate(steps):
            try:
                new = step.measure(stage)
            except (KeyboardInterrupt, TimeIsUp) as stop:
                left = ", ".join(f"{each.name} ({each.database})" for each in steps[number:])
                trouble.append(
                    f"{'stopped' if isinstance(stop, KeyboardInterrupt) else 'time is up'}; not measured: {left}"
                )
                break
            except Exception as error:
                trouble.append(f"{step.name} ({step.database}): {error}\n{traceback.format_exc()}")
            else:
                for each in new:
                    stage.say(f"  {BY_KEY[each.key].what}, {each.database}: {BY_KEY[each.key].show(each.value)}")
                found += new
        signal.setitimer(signal.ITIMER_REAL, 0)
    return found, trouble


def _time_is_up(number: int, frame: object) -> None:
    raise TimeIsUp


def _show(stored: Sequence[Row], rows: Sequence[Row]) -> None:
    before = {row.place: row for row in stored}
    table = Table(title=machine(), title_justify="left")
    for heading in ("what", "on", "to reach", "measured", "verdict", "stored", "change", "how"):
        table.add_column(heading)
    for row in merged([], rows):
        figure, old = BY_KEY[row.key], before.get(row.place)
        verdict = figure.verdict(row.value)
        was = f"{figure.show(old.value)} ({old.on})" if old else ""
        style = "red" if verdict.startswith("missed") else None
        cells = (
            figure.what,
            row.database,
            figure.aim,
            figure.show(row.value),
            verdict,
            was,
            change(old, row),
            row.note,
        )
        table.add_row(*cells, style=style)
    console = Console()
    console.width = max(console.width, 160)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
