"""False alerts in quiet months: `make quiet-days` lets every rule watch fifty numbers with which nothing is wrong.

Prints for each seed how many alerts of which rule there were. See `bench/quiet_world.py` for the noise.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from bench.quiet_books import watch
from bench.quiet_world import START, World
from wabawatch.domain.alerts import Transition
from wabawatch.domain.standing import DAY_MS


def told(alert: Transition) -> str:
    """One false alert, for somebody who looks for its cause."""
    day, rest = divmod(alert.at - START, DAY_MS)
    return f"day {day + 1}, {rest / DAY_MS * 24:05.2f} h: {alert.rule} {alert.scope}: {alert.reading.words}"


def main() -> int:
    """Watch as many months as were asked for. 1: there was more than one false alert in one of them."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ask.add_argument("--numbers", type=int, default=50)
    ask.add_argument("--days", type=int, default=30)
    args = ask.parse_args()
    console, most = Console(), 0
    columns = (*Progress.get_default_columns()[:3], TimeElapsedColumn(), TextColumn("{task.fields[said]}"))
    with Progress(*columns, console=console) as progress:
        for seed in args.seeds:
            world, began = World(seed, args.numbers), time.process_time()
            fired: list[Transition] = []
            bar = progress.add_task(f"seed {seed}", total=args.days * 24, said="")
            for alerts in watch(world, args.days):
                for alert in alerts[len(fired) :]:
                    console.print(told(alert), highlight=False)
                fired = list(alerts)
                progress.update(bar, advance=1, said=f"{len(fired)} alerts")
            most = max(most, len(fired))
            rules = ", ".join(f"{rule} {n}" for rule, n in sorted(Counter(each.rule for each in fired).items()))
            took = time.process_time() - began
            words = f"{world.sent:,} sends in {args.days} days: {len(fired)} false alerts {rules}({took:.0f} s of CPU)"
            console.print(f"seed {seed}: {words}", highlight=False)
    return int(most > 1)


if __name__ == "__main__":
    sys.exit(main())
