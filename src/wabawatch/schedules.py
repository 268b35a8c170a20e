"""When recurring things happen: cron expressions in a time zone. It asks no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

MOST_OCCURRENCES = 100_000
"""Of one schedule in one question: more would be a mistake of the asker's."""


def check_cron(expression: str) -> str:
    """*expression* as it is, if it is a cron expression of five fields that ever comes true; else raises ValueError."""
    if len(expression.split()) != 5:
        raise ValueError(f"{expression!r} is no cron expression: it has five fields, such as '0 2 * * SUN'")
    try:
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as wrong:
        raise ValueError(f"{expression!r} is no cron expression: {wrong}") from wrong
    except StopIteration:
        raise ValueError(f"{expression!r} never comes true") from None
    return expression


def check_zone(name: str) -> str:
    """*name* as it is, if it is a time zone such as `Europe/Berlin`; else raises ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; give a name such as Europe/Berlin or UTC") from None
    return name


def occurrences(expression: str, zone: str, duration_ms: int, since: int, until: int) -> Iterator[tuple[int, int]]:
    """Begin and end of every occurrence that touches *since* to *until* (milliseconds UTC), in order.

    The begin is by the wall clock of *zone*; the end is *duration_ms* later by the real clock. What would begin in the
    hour that summer time takes away begins when that hour is over; what would begin in the hour that comes twice begins
    once, the first time (as Debian's cron does it).
    """
    at = datetime.fromtimestamp((since - duration_ms) / 1000, ZoneInfo(zone)) - timedelta(seconds=1)
    for count, begin in enumerate(CronSim(expression, at)):
        start = round(begin.timestamp() * 1000)
        if start >= until or count >= MOST_OCCURRENCES:
            return
        if start + duration_ms > since:
            yield start, start + duration_ms


class Due(NamedTuple):
    """One occurrence of a schedule, and the whole days since the one before it."""

    at: int
    start: int
    """Midnight in the zone of the schedule, as `end`"""
    end: int


def due(expression: str, zone: str, after: int, until: int, most: int) -> list[Due]:
    """The occurrences after *after*, up to *until* (milliseconds UTC), in order: the newest *most* of them. One that
    comes on the day of the one before is left out: no day lies between them."""
    found: list[Due] = []
    for at, _ in occurrences(expression, zone, 1, after + 1, until + 1):
        now = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
        before = next(CronSim(expression, now, reverse=True))
        if before.date() < now.date():
            found.append(Due(at, _midnight(before), _midnight(now)))
    return found[-most:]


def _midnight(at: datetime) -> int:
    return round(datetime.combine(at.date(), time(), at.tzinfo).timestamp() * 1000)
