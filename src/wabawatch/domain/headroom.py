"""How much more may be sent: messages per second of a number, and people per day of a portfolio (META.md 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wabawatch.domain.facts import DAY_MS, Millis
from wabawatch.domain.platform import Kind, Known, States, Subject, value


class NumberPlace(NamedTuple):
    """A number and whose it is, as last seen. "" where that is not known."""

    number: str
    waba: str
    portfolio: str

    @property
    def owner(self) -> str:
        """Whose messaging limit it shares: the portfolio's; while that is unknown, the WABA's, else its own."""
        return self.portfolio or self.waba or self.number


def placed(places: Iterable[NumberPlace], states: States) -> list[NumberPlace]:
    """*places*, with what polling knows of those that no webhook told of: a number that never sent shares the limit
    of its portfolio, too."""
    found = []
    for number, waba, portfolio in places:
        known_waba = waba or value(states.get(Subject(Kind.NUMBER, number), {}), "waba")
        owner = portfolio or value(states.get(Subject(Kind.WABA, known_waba), {}), "portfolio")
        found.append(NumberPlace(number, known_waba, owner))
    return found


# ---------------------------------------------------------------- messages per second

THROUGHPUT_MPS = {"STANDARD": 80, "HIGH": 1_000}
"""Messages per second of a number, in and out, by its level."""
COEXISTENCE_MPS = 20
"""Of a number that is also used with the WhatsApp Business app, whatever its level."""
ASSUMED_LEVEL = "STANDARD"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a number was at its busiest."""

    at: Millis | None
    """The busiest minute; None: there was no message"""
    per_minute: int
    """Messages in that minute, in and out"""
    per_second: int
    """Messages in the busiest second that was found: those of the few busiest minutes were looked at"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """A number's pace against what it may do."""

    number: str
    level: str
    """STANDARD | HIGH | COEXISTENCE, or what Meta says next"""
    is_assumed: bool
    """Nobody told us the level"""
    limit_mps: int
    pace: Pace

    @property
    def mean_mps(self) -> float:
        """Messages per second over the busiest minute: at least so many there were in one of its seconds."""
        return self.pace.per_minute / 60

    @property
    def head_room_mps(self) -> float:
        """How many more a second there could have been at the busiest; never below 0."""
        return max(0.0, self.limit_mps - max(self.mean_mps, float(self.pace.per_second)))


def throughput(number: str, states: States, pace: Pace) -> Throughput:
    """How *number* stands to its throughput limit."""
    aspects = states.get(Subject(Kind.NUMBER, number), {})
    if value(aspects, "on_business_app") == "true":
        return Throughput(number, "COEXISTENCE", False, COEXISTENCE_MPS, pace)
    level = value(aspects, "throughput")
    if level in THROUGHPUT_MPS:
        return Throughput(number, level, False, THROUGHPUT_MPS[level], pace)
    return Throughput(number, level or ASSUMED_LEVEL, True, THROUGHPUT_MPS[ASSUMED_LEVEL], pace)


# ---------------------------------------------------------------- people per day

LIMIT_WINDOW_MS = DAY_MS
"""People are counted in a moving 24 hours."""

TIERS: Mapping[str, int | None] = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": None,
}
"""People who may be reached outside their service window in 24 hours; None: any number."""


@dataclass(frozen=True, slots=True)
class MessagingLimit:
    """A portfolio's messaging limit, and how much of it is used at least: no API tells that."""

    owner: str
    """The portfolio; while that is unknown the WABA, else the number"""
    tier: str
    """As Meta calls it; "" nobody told us"""
    told_at: Millis | None
    numbers: tuple[str, ...]
    used: int | None
    """People reached in the last 24 hours, as far as we know of; None: not counted yet, or there is no finite limit"""
    is_whole: bool = True
    """False: there were more messages than are looked at, so that even more people were reached"""

    @property
    def is_known(self) -> bool:
        """Whether we know what the limit is."""
        return self.tier in TIERS

    @property
    def limit(self) -> int | None:
        """How many people; None: any number, or unknown."""
        return TIERS.get(self.tier)

    @property
    def head_room(self) -> int | None:
        """How many more people at most; None where there is no finite limit, or it is not known."""
        return None if self.limit is None or self.used is None else max(0, self.limit - self.used)


def limit_of(owner: str, places: Iterable[NumberPlace], states: States) -> tuple[str, Millis | None]:
    """The tier of the messaging limit that the numbers of *owner* share, and when it was told: the newest word."""
    words: list[Known] = []
    for place in places:
        if place.owner == owner:
            for subject in (Subject(Kind.NUMBER, place.number), Subject(Kind.WABA, place.waba)):
                if known := states.get(subject, {}).get("limit"):
                    words.append(known)
    newest = max((word for word in words if word.value), key=lambda word: (word.at, word.told_at), default=None)
    return (newest.value, newest.told_at) if newest else ("", None)


def messaging_limit(
    owner: str, places: Iterable[NumberPlace], states: States, count: Callable[[Sequence[str]], tuple[int, bool]]
) -> MessagingLimit:
    """The limit of *owner*. *count* tells of some numbers how many people they reached, and whether that is all; it is
    asked for finite limits only."""
    some = list(places)
    numbers = tuple(place.number for place in some if place.owner == owner)
    tier, told_at = limit_of(owner, some, states)
    if TIERS.get(tier) is None:
        return MessagingLimit(owner, tier, told_at, numbers, None)
    return MessagingLimit(owner, tier, told_at, numbers, *count(numbers))


class Send(NamedTuple):
    """A message that we sent and Meta accepted."""

    person: int
    number: int
    at: Millis


Windows = Mapping[tuple[int, int], Iterable[tuple[Millis, Millis]]]
"""By person and number: when each service window opened, and when it ended."""


def reached(sends: Iterable[Send], windows: Windows) -> dict[int, Millis]:
    """The people whom *sends* reached outside their service window (it was the business that began), and when last."""
    last: dict[int, Millis] = {}
    for send in sends:
        if send.at <= last.get(send.person, -1):
            continue
        if not any(opened <= send.at < ended for opened, ended in windows.get((send.person, send.number), ())):
            last[send.person] = send.at
    return last
