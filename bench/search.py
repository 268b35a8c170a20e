"""How long the first page of a search takes, whatever is looked for, with a million messages stored and with ten.

    python -m bench.search [--messages 1000000] [--rounds 5] [--database sqlite|postgresql]

Each filter of `FILTERS` is asked for a page of 50 in this process, *rounds* times with other values, over all thirty
days where nothing else is said; the time goes from the filter to the JSON. The 95th percentile of all of them counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import median, quantiles
from typing import NamedTuple

from sqlalchemy import select

from bench.figures import Measured
from bench.filling import BenchClock, opened
from bench.reference_mix import DAY_MS
from bench.serving import filled
from bench.stage import SQLITE, Stage, alone
from wabawatch.app import System
from wabawatch.domain.search import Compliance, Direction, MessageFilter, State
from wabawatch.domain.standing import Origin, Purpose, Role
from wabawatch.storage import schema
from wabawatch.storage.contact_keys import unpack
from wabawatch.web.api_messages import page_of
from wabawatch.wire import write

KEYS = {1_000_000: "search.1m", 10_000_000: "search.10m"}
PAGE = 50


class World(NamedTuple):
    """The words there are to look for."""

    numbers: list[str]
    wabas: list[str]
    templates: list[str]
    languages: list[str]
    users: list[str]
    contacts: list[str]
    since: int
    day: int


Make = Callable[[World, Random], MessageFilter]

FILTERS: dict[str, Make] = {
    "last day": lambda w, _: MessageFilter(since=w.day),
    "everything": lambda w, _: MessageFilter(since=w.since),
    "number": lambda w, r: MessageFilter(since=w.since, numbers=[r.choice(w.numbers)]),
    "waba": lambda w, r: MessageFilter(since=w.since, wabas=[r.choice(w.wabas)]),
    "failed": lambda w, _: MessageFilter(since=w.since, states=[State.FAILED]),
    "expired (none)": lambda w, _: MessageFilter(since=w.since, states=[State.EXPIRED]),
    "inbound": lambda w, _: MessageFilter(since=w.since, direction=Direction.INBOUND),
    "template": lambda w, r: MessageFilter(since=w.since, templates=[r.choice(w.templates)]),
    "template and failed": lambda w, r: MessageFilter(
        since=w.since, templates=[r.choice(w.templates)], states=[State.FAILED]
    ),
    "language": lambda w, r: MessageFilter(since=w.since, languages=[r.choice(w.languages)]),
    "category": lambda w, r: MessageFilter(since=w.since, categories=["authentication"]),
    "country": lambda w, r: MessageFilter(since=w.since, countries=[r.choice(["AE", "BR", "DE", "FI", "IN"])]),
    "user": lambda w, r: MessageFilter(since=w.since, users=[r.choice(w.users)]),
    "contact": lambda w, r: MessageFilter(since=w.since, contacts=[r.choice(w.contacts)]),
    "error": lambda w, r: MessageFilter(since=w.since, error_codes=[r.choice([131026, 131049, 131050, 130472])]),
    "opt-outs": lambda w, _: MessageFilter(since=w.since, purposes=[Purpose.OPT_OUT]),
    "violations": lambda w, _: MessageFilter(since=w.since, compliance=[Compliance.VIOLATION]),
    "orphans": lambda w, _: MessageFilter(since=w.since, roles=[Role.ORPHAN]),
    "partial failures": lambda w, _: MessageFilter(since=w.since, partial_failure=True),
    "origin": lambda w, _: MessageFilter(since=w.since, origins=[Origin.BUSINESS_APP]),
    "conversation": lambda w, r: MessageFilter(since=w.since, conversations=[str(r.random())]),
}
"""By name: what is looked for"""


def measure(stage: Stage, *, messages: str = "1000000", rounds: int = 5, database: str = SQLITE) -> Sequence[Measured]:
    """For each of the numbers of *messages* (1000000 or 10000000) that are stored."""
    return [_measure(stage, int(each), rounds, database) for each in messages.split(",")]


def _measure(stage: Stage, total: int, rounds: int, database: str) -> Measured:
    where = filled(stage, total, database)
    now = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    with opened(where, BenchClock(now)) as system:
        times = times_ms(system, now, rounds)
    everything = [each for some in times.values() for each in some]
    slowest = max(times, key=lambda name: median(times[name]))
    note = (
        f"{len(times)} filters, {rounds} times each; median {median(everything):.1f} ms, max {max(everything):.1f} ms;"
        f" slowest: {slowest}, {median(times[slowest]):.1f} ms"
    )
    return Measured(KEYS[total], quantiles(everything, n=20)[-1], database, note)


def times_ms(system: System, now: int, rounds: int) -> dict[str, list[float]]:
    """How long each filter took, each time."""
    world, random = _world(system, now), Random(7)
    times: dict[str, list[float]] = {name: [] for name in FILTERS}
    for _ in range(rounds):
        for name, make in FILTERS.items():
            wanted = make(world, random)
            began = time.perf_counter()
            write(page_of(system.browsing.search(wanted, PAGE)))
            times[name].append((time.perf_counter() - began) * 1000)
    return times


def _world(system: System, now: int) -> World:
    labels = select(schema.labels.c.value).where(schema.labels.c.kind == 0).limit(1_000)
    with system.database.reading() as connection:

        def words(query: object) -> list[str]:
            return sorted({str(word) for word in connection.execute(query).scalars()})  # type: ignore[call-overload]

        contacts = connection.execute(select(schema.contacts.c.packed).limit(1_000)).scalars()
        return World(
            words(select(schema.numbers.c.phone_number_id)),
            words(select(schema.wabas.c.waba_id)),
            words(select(schema.templates.c.name)),
            words(select(schema.templates.c.language)),
            words(labels),
            sorted(unpack(bytes(each)).value for each in contacts),
            now - 31 * DAY_MS,
            now - DAY_MS,
        )


if __name__ == "__main__":
    sys.exit(alone(measure, __doc__))
