"""When trouble can first be known: worked out from the simulator's own books, apart from what the product counts.

What proves a rate is what `docs/alerts.md` says of it ("Rates: early, and not by chance"), written down here a second
time: a watchman that needs longer than two cycles from then on has slept. Everything is asked at one moment, of what
had happened and been told until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

from tests.support.day import HOUR, Days
from wabawatch.cli.turned import MINUTE
from wabawatch.domain.facts import Millis
from wabawatch.simulator.truth import TruthMessage
from wabawatch.simulator.world import Template

GRACE, CARRIED, MISSING = 15 * MINUTE, 15 * MINUTE, 5 * MINUTE
"""What a fall of delivery waits; how much earlier an hour's window begins; after which time a status is missing"""
FIVE = 5 * MINUTE
LOOKED_BACK = 3 * HOUR
LEAST, SILENT, HITS = 30, 5, 10
"""The least sample of a rate, of silence, and how many hits of a limit within an hour are none too many"""
CLUSTERS = 1.5
WEIGHTS = {"delivery": 0.30, "failure": 0.20, "number": 0.25, "template": 0.15}
"""Of the quality score. What webhooks are answered like is in no scene known to be anything but good"""
WORTH = {"GREEN": 1.0, "YELLOW": 0.7, "RED": 0.3}
_OURS = ("api", "unknown")


@dataclass(slots=True)
class Now:
    """One moment of a scene."""

    found: Days
    broke_at: Millis
    rows: list[TruthMessage]
    """The messages of the last hours, as they stand"""

    @property
    def at(self) -> Millis:
        return self.found.now

    def numbers(self) -> list[list[str]]:
        """Each number alone."""
        return [[one.id] for one in self.found.simulation.world.numbers]

    def accounts(self) -> list[list[str]]:
        """The numbers of each account."""
        world = self.found.simulation.world
        return [[one.id for one in world.numbers if one.waba.id == waba.id] for waba in world.wabas]


Sign = Callable[[Now], bool]
"""Whether it can be known now"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """By what an alert is judged to be in time."""

    sign: Sign
    lasts: Millis = 0
    """For so long it must be so before the rule fires: an account waits for its numbers"""


def look(found: Days, broke_at: Millis) -> Now:
    """The present moment."""
    since = found.now - LOOKED_BACK
    rows = [row for row in found.simulation.truth(found.now) if row["cohort_at"] >= since and _is_counted(row)]
    return Now(found, broke_at, rows)


def at_once(now: Now) -> bool:
    """It is so at Meta or at ours from the beginning, and needs only to be looked at."""
    return True


def failing(now: Now) -> bool:
    """That more than 5 % of a number's sends fail."""
    start, fraction = _window(now.at)
    return any(_is_proved(*_failed(_of(now.rows, each, start, now.at)), 0.05, fraction) for each in now.numbers())


def not_arriving(now: Now) -> bool:
    """That fewer than 95 % of a number's messages arrive: of those that have had the grace time to do so."""
    start, fraction = _window(now.at)
    return any(_is_proved(*_lost(now.rows, each, start, now.at), 0.05, fraction) for each in now.numbers())


def silent(now: Now) -> bool:
    """That statuses of a number are missing: five sends in a row have none, and none later has one."""
    return any(_missing(_of(now.rows, each, now.at - HOUR, now.at), now.at) >= SILENT for each in now.numbers())


def throttled(now: Now) -> bool:
    """That a number was refused more than ten times in the hour that runs; in its first quarter, also in the one
    before."""
    start = max(_hits_from(now.at), now.broke_at)
    return any(_refused(now.rows, each, start, now.at) > HITS for each in now.numbers())


def refused(now: Now) -> bool:
    """That a send was refused."""
    return any(_refused(now.rows, each, now.broke_at, now.at) > 0 for each in now.numbers())


def used(template: Callable[[Days], Template]) -> Sign:
    """That this template was sent since."""

    def sign(now: Now) -> bool:
        name = template(now.found).name
        return any(row["template"] == name and row["cohort_at"] >= now.broke_at for row in now.rows)

    return sign


def low_score(whole: bool = False) -> Sign:
    """That the quality score of a number, or of an account as a *whole*, is below 0.9."""

    def sign(now: Now) -> bool:
        return any(_is_low(now, each) for each in (now.accounts() if whole else now.numbers()))

    return sign


def unusual(now: Now) -> bool:
    """That by 3 percentage points more than yesterday fails in a country, in the hour that runs."""
    midnight, began = now.at // (24 * HOUR) * 24 * HOUR, (now.at - 1) // HOUR * HOUR
    homes = {each.address: each.country for each in now.found.simulation.world.contacts}
    for country in sorted(set(homes.values())):
        mine = [row for row in now.rows if homes.get(row["recipient"]) == country]
        before_bad, before = _failed([row for row in mine if row["cohort_at"] < midnight])
        bad, n = _failed([row for row in mine if row["cohort_at"] >= began])
        if before >= 200 and _is_proved(bad, n, before_bad / before + 0.03, (now.at - began) / HOUR, 0.9999):
            return True
    return False


# ---------------------------------------------------------------- what was sent, and what became of it


def _is_counted(row: TruthMessage) -> bool:
    return row["direction"] == "outbound" and row["origin"] in _OURS and not row["orphan"]


def _of(rows: Iterable[TruthMessage], numbers: list[str], start: Millis, end: Millis) -> list[TruthMessage]:
    return [row for row in rows if row["number"] in numbers and start <= row["cohort_at"] < end]


def _failed(rows: list[TruthMessage]) -> tuple[int, int]:
    """How many failed, of how many."""
    known = [row for row in rows if not row["unlinked"]]
    return sum(row["status"] == "failed" for row in known), len(known)


def _lost(rows: list[TruthMessage], numbers: list[str], start: Millis, end: Millis) -> tuple[int, int]:
    """How many did not arrive within the grace time, of how many."""
    rated = [row for row in _of(rows, numbers, start - GRACE, end - GRACE) if row["accepted"] and not row["reaction"]]
    return sum(row["status"] not in ("delivered", "read") for row in rated), len(rated)


def _refused(rows: list[TruthMessage], numbers: list[str], start: Millis, end: Millis) -> int:
    return sum(row["rejected"] for row in _of(rows, numbers, start, end))


def _missing(rows: list[TruthMessage], at: Millis) -> int:
    """The newest sends in a row that are without a status though it is time; 0 when a younger one has one."""
    sent = sorted((row for row in rows if row["accepted"]), key=lambda row: row["cohort_at"])
    if any(row["stamps"] for row in sent if row["cohort_at"] + MISSING > at):
        return 0
    found = 0
    for row in reversed(sent):
        if row["cohort_at"] + MISSING <= at:
            if row["stamps"]:
                return found
            found += 1
    return found


def _hits_from(at: Millis) -> Millis:
    began = at // HOUR * HOUR
    return began if at - began > HOUR // 4 else began - HOUR


def _window(at: Millis) -> tuple[Millis, float]:
    """When the window of a look began, and which part of it there is."""
    began = (at - 1) // HOUR * HOUR - CARRIED
    return began, (at - began) / (HOUR + CARRIED)


# ---------------------------------------------------------------- what is no chance


def _is_proved(bad: int, n: int, line: float, fraction: float, confidence: float = 0.999) -> bool:
    """That more than the share *line* is bad: with messages that share their fate, looked at again and again."""
    if n < LEAST:
        return False
    reach = _reach(fraction, confidence)
    if _lowest(bad, n, reach) <= line:
        return False
    return n * line >= 400 or _tail(round(bad / CLUSTERS), round(n / CLUSTERS), line) <= 1 - NormalDist().cdf(reach)


def _reach(fraction: float, confidence: float = 0.999) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2) / sqrt(fraction)


def _lowest(hits: int, n: int, reach: float) -> float:
    """The lower end of Wilson's interval, of so many cases as tell as much as these."""
    cases, share, square = n / CLUSTERS, hits / n, reach**2
    middle = share + square / (2 * cases)
    half = reach * sqrt(share * (1 - share) / cases + square / (4 * cases**2))
    return (middle - half) / (1 + square / cases)


def _tail(k: int, n: int, share: float) -> float:
    """The chance of *k* hits or more in *n* tries."""
    hit, missed = log(share), log1p(-share)
    ways = (lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * hit + (n - i) * missed for i in range(k, n + 1))
    return sum(map(exp, ways))


def _is_low(now: Now, numbers: list[str]) -> bool:
    """Whether the score is below 0.9 even with each of its rates at its best."""
    start, fraction = _window(now.at)
    mine, reach = _of(now.rows, numbers, start, now.at), _reach(fraction)
    failed, sent = _failed(mine)
    lost, rated = _lost(now.rows, numbers, start, now.at)
    templates = sum(row["template"] is not None for row in mine)
    if min(sent, rated, templates) < LEAST:
        return False
    rating = {one.number.id: WORTH[one.quality] for one in now.found.simulation.standing.numbers.values()}
    best = {"delivery": 1 - _lowest(lost, rated, reach), "failure": 1 - _lowest(failed, sent, reach), "template": 1.0}
    accepted = {each: sum(row["accepted"] for row in mine if row["number"] == each) for each in numbers}
    if whole := sum(accepted.values()):
        best["number"] = sum(rating[each] * n for each, n in accepted.items()) / whole
    return sum(WEIGHTS[name] * share for name, share in best.items()) / sum(map(WEIGHTS.__getitem__, best)) < 0.9
