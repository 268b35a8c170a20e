"""The traffic of some numbers, added up: each number is looked through once, whatever rules and parents ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wabawatch.domain.alert_evidence import Traffic
from wabawatch.domain.metrics import Rate, delivery_rate, failure_rate, read_rate, template_health
from wabawatch.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Part:
    """What some numbers sent together."""

    delivered: Rate
    failed: Rate
    healthy: Rate
    """Of template sends"""
    read: Rate
    """Of those that arrived"""
    on_time: float
    """Which part of what arrives at all has usually arrived by now, weighted by what each number had accepted"""
    ratings: Mapping[str, int]
    """Accepted messages by the rating of their number"""


class _Number(NamedTuple):
    """What one number sent."""

    delivered: Rate
    failed: Rate
    healthy: Rate
    read: Rate
    accepted: int
    on_time: float
    rating: str


class Parts:
    """The parts of *traffic*."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.numbers = sorted(traffic.tallies.keys() | traffic.matured.keys())
        """All that sent anything"""
        self._numbers: dict[str, _Number] = {}
        self._parts: dict[tuple[str, ...], Part] = {}

    def of(self, numbers: Sequence[str]) -> Part:
        """What *numbers* sent together."""
        key = tuple(numbers)
        if key not in self._parts:
            self._parts[key] = _added([self._of_number(number) for number in numbers])
        return self._parts[key]

    def _of_number(self, number: str) -> _Number:
        if number not in self._numbers:
            self._numbers[number] = _number(self.traffic, number)
        return self._numbers[number]


def _number(traffic: Traffic, number: str) -> _Number:
    nothing: dict[Standing, int] = {}
    mine, matured = traffic.tallies.get(number, nothing), traffic.matured.get(number, nothing)
    return _Number(
        delivery_rate(matured),
        failure_rate(mine),
        template_health(mine),
        read_rate(matured),
        sum(n for standing, n in mine.items() if standing.is_accepted),
        traffic.on_time.get(number, 1.0),
        traffic.ratings.get(number, ""),
    )


def _added(some: Sequence[_Number]) -> Part:
    ratings = Counter[str]()
    on_time = weight = 0.0
    for each in some:
        ratings[each.rating] += each.accepted
        on_time += each.on_time * max(1, each.accepted)
        weight += max(1, each.accepted)
    return Part(
        _sum([each.delivered for each in some]),
        _sum([each.failed for each in some]),
        _sum([each.healthy for each in some]),
        _sum([each.read for each in some]),
        on_time / weight if weight else 1.0,
        ratings,
    )


def _sum(rates: Sequence[Rate]) -> Rate:
    return Rate(sum(rate.hits for rate in rates), sum(rate.n for rate in rates))
