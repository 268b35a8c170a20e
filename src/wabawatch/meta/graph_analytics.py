"""Meta's own counts of messages: how they are asked for, and read as UTC days. Never raises on content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from wabawatch.domain.reconciliation import MetaDay
from wabawatch.meta.reading import Json, integer, items, mapping

DAY_S: Final = 86_400
WIDEST_S: Final = 1_800
"""Half an hour. Meta's own days begin at midnight where the account is, so UTC days are put together of these."""

MOST: Final = 10**12
"""No half-hour has more: what is above it is no count."""


def field(start_s: int, end_s: int, number: str = "") -> str:
    """The field of a WABA that has its counts of a time; *number*: as dialled, digits only; "" all of them."""
    only = f'.phone_numbers(["{number}"])' if number else ""
    return f"analytics.start({start_s}).end({end_s}).granularity(HALF_HOUR){only}"


def read_days(node: Json, start_s: int, end_s: int) -> tuple[MetaDay, ...]:
    """The counts of each UTC day from *start_s* up to *end_s*. Of a day without points, Meta counted nothing.

    None at all where the answer has no analytics, or points so wide that no UTC day can be made of them.
    """
    if not isinstance(node.get("analytics"), dict):
        return ()
    sent: Counter[int] = Counter()
    delivered: Counter[int] = Counter()
    for point in _points(mapping(node.get("analytics"))):
        start = integer(point.get("start"))
        if integer(point.get("end")) - start > WIDEST_S:
            return ()
        sent[start // DAY_S] += _counted(point.get("sent"))
        delivered[start // DAY_S] += _counted(point.get("delivered"))
    return tuple(MetaDay(day, sent[day], delivered[day]) for day in range(start_s // DAY_S, end_s // DAY_S))


def _counted(value: object) -> int:
    return min(max(0, integer(value)), MOST)


def _points(analytics: Json) -> Iterator[Json]:
    """Its points: they stand in it, or, as with its newer kin, in a list of groups."""
    for group in (analytics, *map(mapping, items(analytics.get("data")))):
        yield from map(mapping, items(group.get("data_points")))
