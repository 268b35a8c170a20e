"""How often rate rules alarm by chance, and how soon they see a fall: thirty quiet days of 50 numbers, many times.

`python -m bench.quiet_days` prints the figures of `docs/alerts.md`. The messages are drawn, not simulated one by one:
each number has its volume, its day and week, and its true delivery of 96 to 99 %, which wobbles from hour to hour as
that of real numbers does (one country's network, one template). The rules and the state machine are the real ones.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log, pi, sin

from wabawatch.domain.alert_rates import Seen, judged, window_at
from wabawatch.domain.alert_rules import BY_NAME
from wabawatch.domain.alerting import step
from wabawatch.domain.alerts import NEVER, AlertScope, AlertState, Phase, ScopeKind
from wabawatch.domain.metrics import Rate
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS

CYCLE = 5 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Sender:
    """One number."""

    per_hour: float
    arrives: float
    wobble: float
    """Standard deviation of the true rate from hour to hour"""
    works_at_night: bool


def senders(rng: random.Random, n: int, wobble: float) -> list[Sender]:
    """Numbers of all sizes: most of them small."""
    return [Sender(10 ** rng.uniform(0.3, 3.3), rng.uniform(0.96, 0.99), wobble, rng.random() < 0.2) for _ in range(n)]


def traffic(rng: random.Random, sender: Sender, days: int, fall: float | None, at: int) -> Iterator[tuple[int, int]]:
    """How many were sent and how many of these arrived, cycle by cycle. *fall*: the true rate from cycle *at* on."""
    rate = sender.arrives
    for cycle in range(days * DAY_MS // CYCLE):
        if cycle % (HOUR_MS // CYCLE) == 0:
            rate = min(1.0, max(0.5, rng.gauss(sender.arrives, sender.wobble)))
        hour, day = cycle % 288 / 12, cycle // 288 % 7
        shape = 1.0 if sender.works_at_night else max(0.02, sin(pi * (hour - 7) / 14)) if 7 < hour < 21 else 0.02
        mean = sender.per_hour / 12 * shape * (0.4 if day > 4 else 1.0)
        n = poisson(rng, mean)
        true = rate if fall is None or cycle < at else fall
        yield n, n - failures(rng, n, 1 - true)


def failures(rng: random.Random, n: int, share: float) -> int:
    """How many of *n* fail, each with the chance *share*: from one failure to the next."""
    if share <= 0 or share >= 1:
        return n if share >= 1 else 0
    found, place = 0, 0
    while True:
        place += 1 + int(log(1 - rng.random()) / log(1 - share))
        if place > n:
            return found
        found += 1


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson number; for large means the normal one that is close."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    n, left = 0, rng.expovariate(1.0)
    while left < mean:
        n += 1
        left += rng.expovariate(1.0)
    return n


def run(rng: random.Random, sender: Sender, days: int, fall: float | None = None, at: int = 0) -> list[int]:
    """In which cycles the rule fired."""
    rule, scope = BY_NAME["DELIVERY_RATE_LOW"], AlertScope(ScopeKind.NUMBER, "1")
    seen: list[tuple[int, int]] = []
    state: AlertState = NEVER
    fired = []
    for cycle, counted in enumerate(traffic(rng, sender, days, fall, at), 1):
        seen.append(counted)
        window = window_at(cycle * CYCLE, rule.window_ms)
        some = seen[max(0, window.start // CYCLE) :]
        rate = Rate(sum(hits for _, hits in some), sum(n for n, _ in some))
        state, change = step(rule, state, judged(rule, scope, window, Seen(rate), "messages arrived"), window.end)
        if change is not None and change.became is Phase.FIRING:
            fired.append(cycle)
    return fired


def quiet(seed: int, numbers: int, days: int, wobble: float) -> int:
    """How many alerts there are in a month in which nothing is wrong."""
    rng = random.Random(seed)
    return sum(len(run(rng, sender, days)) for sender in senders(rng, numbers, wobble))


def delay(seed: int, per_hour: float, fall: float, times: int) -> tuple[float, float]:
    """After how many cycles a fall to *fall* is seen: median and 95th percentile; 999: not within a day."""
    rng = random.Random(seed)
    took = []
    for _ in range(times):
        at = rng.randrange(12, 24)
        fired = [c for c in run(rng, Sender(per_hour, 0.975, 0.005, True), 1, fall, at) if c > at]
        took.append(fired[0] - at if fired else 999)
    took.sort()
    return took[times // 2], took[int(times * 0.95)]


def main() -> None:
    """Print both tables."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--months", type=int, default=10)
    ask.add_argument("--numbers", type=int, default=50)
    ask.add_argument("--days", type=int, default=30)
    args = ask.parse_args()
    for wobble in (0.0, 0.005, 0.01):
        found = Counter(quiet(seed, args.numbers, args.days, wobble) for seed in range(args.months))
        print(f"wobble {wobble:.1%}: false alerts a month: {sorted(found.elements())}", flush=True)
    for per_hour in (60, 300, 1_500):
        for fall in (0.0, 0.5, 0.8, 0.9):
            median, worst = delay(1, per_hour, fall, 40)
            print(f"{per_hour:>5}/h falls to {fall:.0%}: seen after {median} cycles, 95 %: {worst}", flush=True)


if __name__ == "__main__":
    main()
