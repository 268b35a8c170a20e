"""What a log holds, added up: over time by what became of the messages, and by all that one may filter by. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from wabawatch.domain.facts import Millis
from wabawatch.domain.metrics import Tally
from wabawatch.domain.overview import SliceKind
from wabawatch.domain.rollups import TIERS, Scope, Tier
from wabawatch.domain.search import Direction, MessageFilter, State
from wabawatch.domain.standing import DAY_MS, HOUR_MS, MINUTE_MS, Role, Standing

MOST_MATCHES = 50_000
"""So many of the newest matches are added up: sums of more read "≥"."""
APART = "apart"
"""What is stacked of messages that stand in no figure (echoes, history): of those the roll-ups know no status"""


class Facet(StrEnum):
    """What messages are added up by; the value is the filter's name in an address."""

    STATUS = "status"
    DIRECTION = "direction"
    TYPE = "type"
    NUMBER = "phone_number_id"
    TEMPLATE = "template"
    ERROR = "error"
    CATEGORY = "category"
    COUNTRY = "country"


FIELDS: Mapping[Facet, str] = {
    Facet.STATUS: "states",
    Facet.DIRECTION: "direction",
    Facet.TYPE: "types",
    Facet.NUMBER: "numbers",
    Facet.TEMPLATE: "templates",
    Facet.ERROR: "error_codes",
    Facet.CATEGORY: "categories",
    Facet.COUNTRY: "countries",
}
"""The field of a `MessageFilter` that each facet sets"""


class FacetSums(NamedTuple):
    """How many messages there are of each value."""

    values: Mapping[str, int]
    is_least: bool = False
    """There may be more of each"""
    is_by_hours: bool = False
    """Whole hours were counted, so that those at the edges of the period are in it as well"""


@dataclass(frozen=True, slots=True)
class Matches:
    """The newest messages that fit a filter, added up."""

    n: int
    is_cut: bool
    """There may be more, that were not counted"""
    back_to: Millis | None
    """Everything is counted from here on; None: all of it"""
    buckets: Mapping[Millis, Mapping[str, int]]
    """By the start of each bucket that holds anything, by `State`"""
    facets: Mapping[Facet, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class LogSums:
    """The histogram of a log, and what it can be filtered by."""

    start: Millis
    end: Millis
    width_ms: int
    total: int
    is_least: bool
    counted_back_to: Millis | None
    buckets: Mapping[Millis, Mapping[str, int]]
    facets: Mapping[Facet, FacetSums] = field(default_factory=dict)

    def with_facets(self, facets: Mapping[Facet, FacetSums]) -> LogSums:
        """The same with some facets more, or replaced."""
        return replace(self, facets={**self.facets, **facets})


_WIDTHS = tuple(MINUTE_MS * n for n in (1, 2, 5, 15, 30)) + tuple(HOUR_MS * n for n in (1, 2, 3, 6, 12))
MOST_BARS = 120


def grain(start: Millis, end: Millis, now: Millis, of: SliceKind = SliceKind.ALL) -> tuple[Tier, int]:
    """Which buckets make up a histogram from *start* to *end*, and how wide its bars are: at most `MOST_BARS`.

    Only of tiers that are kept so long, and that are counted for such a slice.
    """
    scope = {SliceKind.ALL: Scope.ALL, SliceKind.WABA: Scope.WABA, SliceKind.NUMBER: Scope.NUMBER}[of]
    width = next((each for each in _WIDTHS if end - start <= each * MOST_BARS), 0)
    width = width or -(-(end - start) // (DAY_MS * MOST_BARS)) * DAY_MS
    fitting = [
        tier
        for tier, rule in TIERS.items()
        if scope in rule.scopes and (rule.keep_ms is None or start >= now - rule.keep_ms)
    ]
    under = [tier for tier in fitting if TIERS[tier].width_ms <= width and width % TIERS[tier].width_ms == 0]
    tier = max(under, default=min(fitting))
    return tier, max(width, TIERS[tier].width_ms)


def lane(standing: Standing) -> str:
    """What a message that counts as *standing* is stacked as: its `State`, or `APART`."""
    match standing.role:
        case Role.INBOUND:
            return State.RECEIVED
        case Role.APART:
            return APART
        case _:
            return State(standing.status)


def lanes(tally: Tally) -> Counter[str]:
    """How many messages of a tally there are in each lane."""
    found: Counter[str] = Counter()
    for standing, n in tally.items():
        found[lane(standing)] += n
    return found


def of_statuses(counted: Mapping[str, int]) -> dict[Facet, FacetSums]:
    """Status and direction of what is counted by lane. What stands apart may have any status and direction."""
    is_least = counted.get(APART, 0) > 0
    statuses = {name: n for name, n in counted.items() if name != APART and n}
    received = statuses.get(State.RECEIVED, 0)
    directions = {
        str(Direction.OUTBOUND): sum(statuses.values()) - received,
        str(Direction.INBOUND): received,
    }
    return {
        Facet.STATUS: FacetSums(statuses, is_least),
        Facet.DIRECTION: FacetSums({name: n for name, n in directions.items() if n}, is_least),
    }


def joined(series: Mapping[Millis, Tally], width_ms: int) -> dict[Millis, dict[str, int]]:
    """Buckets put together to bars of *width_ms*, by lane."""
    found: dict[Millis, Counter[str]] = {}
    for at, tally in series.items():
        found.setdefault(at // width_ms * width_ms, Counter()).update(lanes(tally))
    return {at: {name: n for name, n in some.items() if n} for at, some in sorted(found.items())}


def chosen(wanted: MessageFilter, facet: Facet) -> bool:
    """Whether *wanted* asks for certain values of *facet*."""
    return bool(getattr(wanted, FIELDS[facet]))


def without(wanted: MessageFilter, facet: Facet) -> MessageFilter:
    """*wanted* with any value of *facet*."""
    nothing: Any = None if facet is Facet.DIRECTION else ()  # of whatever type that field is
    return replace(wanted, **{FIELDS[facet]: nothing})
