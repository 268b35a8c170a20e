"""What the two runs measure, in which order and for how long."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from bench import (
    acceptance,
    alerts,
    archive,
    cpu,
    cycle,
    exports,
    forwarding,
    gateway,
    kill,
    log_page,
    memory,
    pages,
    reports,
    search,
    start,
    webhooks,
    weighing,
)
from bench.figures import Measured
from bench.stage import POSTGRESQL, SQLITE, Stage
from bench.weighing import Weighing


@dataclass(frozen=True, slots=True)
class Step:
    """One measurement of a run."""

    name: str
    database: str
    measure: Callable[[Stage], Sequence[Measured]]


def short() -> list[Step]:
    """`make bench`: everything that minutes can tell."""
    growth = _Growth()
    return [
        _step(acceptance.measure, seconds=5.0, rounds=2),
        _step(acceptance.measure, POSTGRESQL, seconds=4.0, rounds=1),
        _step(webhooks.measure, seconds=60.0),
        _step(webhooks.measure, POSTGRESQL, seconds=30.0),
        _step(gateway.measure, seconds=4.0, rounds=3),
        _step(forwarding.measure, seconds=8.0, rounds=3),
        _step(cycle.measure, messages="10000,1000000"),
        _step(cycle.measure, POSTGRESQL, messages="10000"),
        _step(alerts.measure, rounds=6),
        _step(search.measure),
        _step(archive.measure),
        _step(pages.measure),
        _step(reports.measure),
        _step(start.measure, rounds=5),
        _step(start.measure, POSTGRESQL, rounds=3, messages=0),
        _step(cpu.measure, settle=20.0, seconds=45.0),
        growth.begin(60_000, 3.0, SQLITE),
        _step(kill.measure, events=50_000, every=3.0),
        _step(kill.measure, POSTGRESQL, events=20_000, every=3.0),
        _step(memory.measure, seconds=60.0, peak_seconds=15.0),
        growth.end(SQLITE),
    ]


def long() -> list[Step]:
    """`make bench-long`: what needs ten minutes of load, a million events or ten million messages."""
    growth = _Growth()
    return [
        _step(webhooks.measure, seconds=600.0),
        _step(webhooks.measure, POSTGRESQL, seconds=120.0),
        _step(cycle.measure, messages="10000,1000000,10000000"),
        _step(cycle.measure, POSTGRESQL, messages="10000,1000000"),
        _step(alerts.measure, rounds=50),
        _step(alerts.measure, POSTGRESQL, rounds=20),
        _step(search.measure, messages="1000000,10000000"),
        _step(search.measure, POSTGRESQL),
        _step(log_page.measure, seconds=60.0),
        _step(exports.measure),
        _step(reports.measure, messages="1000000,10000000"),
        _step(archive.measure),
        growth.begin(weighing.MESSAGES, weighing.DAYS, SQLITE),
        growth.begin(weighing.MESSAGES, weighing.DAYS, POSTGRESQL),
        _step(kill.measure, events=1_000_000, every=10.0),
        _step(kill.measure, POSTGRESQL, events=100_000, every=5.0),
        _step(memory.measure, seconds=1_200.0, peak_seconds=30.0),
        growth.end(SQLITE),
        growth.end(POSTGRESQL),
    ]


def chosen(steps: Sequence[Step], databases: Collection[str], only: str) -> list[Step]:
    """Those of *steps* on *databases* whose names stand in *only* (with commas between; "": all).

    Raises SystemExit, which names what there is, for a name that is none.
    """
    names = {step.name for step in steps}
    wanted = set(only.split(",")) if only else names
    if strange := wanted - names:
        raise SystemExit(f"--only: {', '.join(sorted(strange))} is none of {', '.join(sorted(names))}")
    return [step for step in steps if step.name in wanted and step.database in databases]


def _step(measure: Callable[..., Sequence[Measured]], database: str = SQLITE, **options: object) -> Step:
    name = measure.__module__.rpartition(".")[2]
    return Step(name, database, partial(measure, database=database, **options))


class _Growth:
    """Growth is weighed beside what is not timed (kill, memory): begun before it, asked after it."""

    def __init__(self) -> None:
        self._running: dict[str, Weighing] = {}

    def begin(self, messages: int, days: float, database: str) -> Step:
        """Start it."""

        def begin(stage: Stage) -> Sequence[Measured]:
            self._running[database] = Weighing(stage, messages, days, database)
            return []

        return Step("growth", database, begin)

    def end(self, database: str) -> Step:
        """Wait for it."""
        return Step("growth", database, lambda stage: self._running[database].result(stage))
