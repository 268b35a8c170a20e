"""Months in which nothing is wrong, as the rules see them: what fifty numbers of all sizes send, drawn, not simulated.

Real are all rules, their readings and the state machine; made up are the books they read. The noise is that of real
numbers: day, night and weekend, in several time zones; a true delivery of 96 to 99 % that wobbles by number, country
and hour; receipts that come hours late, by night more; statuses that never come; minutes in which all webhooks of a
number come late; an application that is slow now and then, and is restarted every day.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import log, pi, sin
from random import Random

from wabawatch.domain.facts import Millis
from wabawatch.domain.histograms import index_of
from wabawatch.domain.standing import MINUTE_MS, Outcome, Pace, Role, Standing, TemplateUse

START: Millis = 1_767_571_200_000
"""Monday, 5 January 2026, 00:00 UTC"""
BIN = 5
"""Minutes"""
DAY, HOUR = 1440, 60
"""Minutes"""

_GOOD = {
    "is_accepted": True, "is_recorded": True, "in_delivery": True, "in_failure": True,
    "template_use": TemplateUse.COMPLIANT, "template_health": "healthy",
}  # fmt: skip
ARRIVED, WITHIN_HOUR, WITHIN_DAY, SENT, PENDING, FAILED, REJECTED = range(7)
STANDINGS = (
    Standing(Role.ATTEMPTED, Outcome.DELIVERED, pace=Pace.FIVE_MINUTES, **_GOOD),  # type: ignore[arg-type]
    Standing(Role.ATTEMPTED, Outcome.DELIVERED, pace=Pace.HOUR, **_GOOD),  # type: ignore[arg-type]
    Standing(Role.ATTEMPTED, Outcome.DELIVERED, pace=Pace.DAY, **_GOOD),  # type: ignore[arg-type]
    Standing(Role.ATTEMPTED, Outcome.SENT, **_GOOD),  # type: ignore[arg-type]
    Standing(Role.ATTEMPTED, Outcome.PENDING, **_GOOD),  # type: ignore[arg-type]
    Standing(Role.ATTEMPTED, Outcome.FAILED, fault="recipient", **_GOOD),  # type: ignore[arg-type]
    Standing(Role.ATTEMPTED, Outcome.FAILED, is_rejected=True, in_failure=True, is_recorded=True, fault="rate_limit"),
)
"""By number: the names above"""
COUNTRIES = {"DE": 1, "BR": -3, "IN": 5, "MX": -6, "ID": 8, "US": -5, "ES": 1, "NG": 1}
"""With the hours by which their clocks differ from UTC"""
FAILURES = ((131026, 60), (131053, 12), (131000, 8), (131047, 20))
OF_MARKETING = ((131049, 60), (131026, 22), (130472, 8), (131050, 6), (131053, 4))
REFUSALS = ((131026, 5), (130429, 3), (131056, 2), (131009, 2), (131000, 1))


@dataclass(frozen=True, slots=True)
class Noise:
    """How restless the quiet is."""

    wobble: float = 0.3
    """Standard deviation of the logarithm of the risk to fail, by number and hour"""
    country_wobble: float = 0.2
    """The same by country and hour"""
    night_late: float = 3.0
    """By night so many times as many messages arrive late"""
    status_late: float = 0.004
    """Of statuses: brought minutes or hours after they happened"""
    never: float = 0.001
    """Of sends: no status ever comes"""
    laggings: float = 0.1
    """So many times a day all webhooks of a number come late for 3 to 15 minutes"""
    lag: tuple[int, int] = (1, 4)
    """By so many minutes"""


@dataclass(frozen=True, slots=True)
class Sender:
    """One number."""

    id: str
    waba: str
    per_hour: float
    """On a working day at noon"""
    fails: float
    undelivered: float
    """Stays `sent` for ever"""
    late: float
    """By day: arrives a quarter of an hour to eight hours after it was sent"""
    is_marketing: bool
    works_at_night: bool
    countries: tuple[str, str]
    """Four fifths go to the first"""

    def mean(self, minute: int) -> float:
        """How many sends are to be expected in the bin of that minute."""
        local = minute + 60 * COUNTRIES[self.countries[0]]
        hour, day = local % DAY / HOUR, local // DAY % 7
        shape = max(0.01, sin(pi * (hour - 7) / 14)) if 7 < hour < 21 else 0.01
        return self.per_hour * BIN / HOUR * (1.0 if self.works_at_night else shape) * (0.4 if day > 4 else 1.0)

    def is_night(self, minute: int) -> bool:
        """Whether people sleep where it sends."""
        return not 8 <= (minute + 60 * COUNTRIES[self.countries[0]]) % DAY / HOUR < 22


def senders(rng: Random, n: int, wabas: int = 8) -> list[Sender]:
    """Numbers of all sizes, most of them small, of which 96 to 99 % of the messages arrive in the end."""
    found = []
    for i in range(n):
        lost = rng.uniform(0.01, 0.04)
        countries = rng.sample(sorted(COUNTRIES), 2)
        found.append(
            Sender(
                f"{1_000 + i}", f"{9_000 + i % wabas}", 10 ** rng.uniform(0.3, 3.3), lost * 0.75, lost * 0.25,
                rng.uniform(0.002, 0.02), rng.random() < 0.5, rng.random() < 0.2, (countries[0], countries[1]),
            )
        )  # fmt: skip
    return found


class World:
    """What the books would hold at `now`, in minutes since the start. Everything comes from the seed."""

    def __init__(self, seed: int, numbers: int = 50, noise: Noise | None = None) -> None:
        self.rng = Random(seed)
        self.senders = senders(self.rng, numbers)
        self.now = 0
        self._noise, self._seed = noise or Noise(), seed
        self._order = 0
        self._due: list[tuple[int, int, tuple[Sender, str, int, int, int]]] = []
        self._lagging: dict[str, tuple[int, int]] = {}
        self.bins: defaultdict[str, dict[int, list[int]]] = defaultdict(dict)
        self.hours: defaultdict[str, dict[int, list[int]]] = defaultdict(dict)
        self.lands: defaultdict[str, dict[int, list[int]]] = defaultdict(dict)
        """By country and hour"""
        self.minutes: defaultdict[str, dict[int, list[int]]] = defaultdict(dict)
        """Sends, and those of them without a status"""
        self.codes: defaultdict[int, Counter[tuple[str, int]]] = defaultdict(Counter)
        """By hour: failures by number and code"""
        self.delays: defaultdict[str, defaultdict[int, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
        """By number and hour: how long statuses took to come"""
        self.sent = 0

    def turn_to(self, minute: int) -> None:
        """Let time pass up to the beginning of *minute*."""
        while self.now < minute:
            if self.now % BIN == 0:
                self._fill(self.now)
            self.now += 1
            while self._due and self._due[0][0] <= self.now:
                self._move(*heapq.heappop(self._due)[2])

    def at(self) -> Millis:
        """The time."""
        return START + self.now * MINUTE_MS

    def _fill(self, minute: int) -> None:
        """All sends of one bin."""
        for sender in self.senders:
            n = poisson(self.rng, sender.mean(minute))
            lag = self._lag(sender, minute)
            elsewhere = thinned(self.rng, n, 0.2)
            for country, some in zip(sender.countries, (n - elsewhere, elsewhere), strict=True):
                if some:
                    self._send(sender, country, minute, some, lag)
        if minute % HOUR == 0:
            self._forget(minute)

    def _lag(self, sender: Sender, minute: int) -> int:
        """By how many minutes the number's webhooks are late now."""
        if self.rng.random() < self._noise.laggings * BIN / DAY:
            self._lagging[sender.id] = (minute + self.rng.randrange(3, 16), self.rng.randint(*self._noise.lag))
        until, lag = self._lagging.get(sender.id, (0, 0))
        return lag if minute < until else 0

    def _send(self, sender: Sender, country: str, minute: int, n: int, lag: int) -> None:
        self.sent += n
        row = [0] * len(STANDINGS)
        row[ARRIVED] = n
        self._add(sender.id, country, minute, row)
        hour = minute // HOUR
        self.delays[sender.id][hour][index_of(2_500 + lag * MINUTE_MS)] += n
        minutes = self.minutes[sender.id]
        for i in range(BIN):
            share = n // BIN + (1 if i < n % BIN else 0)
            if share:
                minutes.setdefault(minute + (i * 2) % BIN, [0, 0])[0] += share
        if lag:
            for at in range(minute, minute + BIN):
                while (sent := minutes.get(at, (0, 0)))[0] > sent[1]:
                    self._one(sender, country, at, PENDING, ARRIVED, at + lag)
            return
        risk = self._strain(sender.id, hour, self._noise.wobble) * self._strain(
            country, hour, self._noise.country_wobble
        )
        fails, late = sender.fails * risk, sender.late * (self._noise.night_late if sender.is_night(minute) else 1)
        odds = (fails, sender.undelivered * risk, late, self._noise.status_late, self._noise.never)
        for _ in range(thinned(self.rng, n, min(0.5, sum(odds)))):
            self._oddity(sender, country, minute, odds)

    def _oddity(self, sender: Sender, country: str, minute: int, odds: tuple[float, ...]) -> None:
        """One message of the bin that does not simply arrive."""
        kind = self.rng.choices(range(len(odds)), odds)[0]
        at = minute + self.rng.randrange(BIN)
        if kind == 0:
            refused = self.rng.random() < 0.1
            kinds = REFUSALS if refused else OF_MARKETING if sender.is_marketing else FAILURES
            code = self.rng.choices([code for code, _ in kinds], [weight for _, weight in kinds])[0]
            self.codes[minute // HOUR][sender.id, code] += 1
            self._one(sender, country, at, REJECTED if refused else FAILED)
        elif kind == 1:
            self._one(sender, country, at, SENT)
        elif kind == 2:
            wait = int(15 * 32 ** self.rng.random()) + 1
            self._one(sender, country, at, SENT, WITHIN_HOUR if wait <= HOUR else WITHIN_DAY, at + wait)
        elif kind == 3:
            wait = int(240 ** self.rng.random()) + 1
            self.delays[sender.id][minute // HOUR][index_of(wait * MINUTE_MS)] += 1
            self._one(sender, country, at, PENDING, ARRIVED, at + wait)
        else:
            self._one(sender, country, at, PENDING)

    def _one(
        self, sender: Sender, country: str, minute: int, first: int, then: int | None = None, when: int = 0
    ) -> None:
        """One of those that seemed to arrive does not, or not until *when*."""
        self._move(sender, country, minute, ARRIVED, first)
        if then is not None:
            self._order += 1
            heapq.heappush(self._due, (when, self._order, (sender, country, minute, first, then)))

    def _move(self, sender: Sender, country: str, minute: int, before: int, after: int) -> None:
        row = [0] * len(STANDINGS)
        row[before], row[after] = -1, 1
        self._add(sender.id, country, minute, row)
        silent = (after == PENDING) - (before == PENDING)
        if silent and (counted := self.minutes[sender.id].get(minute)):
            counted[1] += silent

    def _add(self, number: str, country: str, minute: int, row: list[int]) -> None:
        hour = minute // HOUR
        for book, key in ((self.bins[number], minute // BIN), (self.hours[number], hour), (self.lands[country], hour)):
            if key in book or minute >= self.now - BIN:
                known = book.setdefault(key, [0] * len(row))
                for i, n in enumerate(row):
                    known[i] += n

    def _forget(self, minute: int) -> None:
        """What no rule looks at any more."""
        for sender in self.senders:
            _drop(self.bins[sender.id], (minute - 4 * HOUR) // BIN)
            _drop(self.minutes[sender.id], minute - HOUR - 2 * BIN)
            _drop(self.hours[sender.id], (minute - 9 * DAY) // HOUR)
            _drop(self.delays[sender.id], (minute - 30 * DAY) // HOUR)
        for book in self.lands.values():
            _drop(book, (minute - 9 * DAY) // HOUR)

    def _strain(self, what: str, hour: int, wobble: float) -> float:
        return Random(f"{self._seed}/{what}/{hour}").lognormvariate(-(wobble**2) / 2, wobble)


def _drop(book: dict[int, object] | dict[int, list[int]] | defaultdict[int, Counter[int]], before: int) -> None:
    for key in [key for key in book if key < before]:
        del book[key]


def added(rows: Iterator[list[int]]) -> dict[Standing, int]:
    """*rows* as one tally."""
    return {standing: n for standing, n in zip(STANDINGS, map(sum, zip(*rows, strict=True)), strict=False) if n}


def poisson(rng: Random, mean: float) -> int:
    """A Poisson number; for large means the normal one that is close."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    n, left = 0, rng.expovariate(1.0)
    while left < mean:
        n += 1
        left += rng.expovariate(1.0)
    return n


def thinned(rng: Random, n: int, share: float) -> int:
    """How many of *n* meet something of which the chance is *share* each (0-1): from one to the next."""
    if share <= 0 or not n:
        return 0
    found, place, reach = 0, 0, log(1 - share)
    while True:
        place += 1 + int(log(1 - rng.random()) / reach)
        if place > n:
            return found
        found += 1
