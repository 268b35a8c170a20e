"""The sums of a log as they are drawn: bars, and lists of what one may filter by. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wabawatch.domain.error_codes import lookup
from wabawatch.domain.facts import Millis
from wabawatch.domain.log_sums import APART, Facet, FacetSums, LogSums
from wabawatch.domain.search import Compliance, Direction, State
from wabawatch.web.pages.log_query import LANGUAGE, RULE, LogQuery
from wabawatch.web.pages.places import Whereabouts

STATES: Mapping[State, tuple[str, str]] = {
    State.PENDING: ("none", "Pending"),
    State.SENT: ("none", "Sent"),
    State.DELIVERED: ("good", "Delivered"),
    State.READ: ("good", "Read"),
    State.FAILED: ("bad", "Failed"),
    State.EXPIRED: ("warn", "Expired"),
    State.RECEIVED: ("none", "Received"),
}
"""Of each status its colour and its word"""
LANES: Mapping[str, str] = {
    State.FAILED: "Failed",
    State.EXPIRED: "Expired",
    State.PENDING: "Pending",
    State.SENT: "Sent",
    State.DELIVERED: "Delivered",
    State.READ: "Read",
    State.RECEIVED: "Received",
    APART: "In no figure (echoes, history)",
}
"""What bars are stacked of, from the bottom up: what is wrong stands on the ground, where its height can be seen"""
TITLES: Mapping[Facet, str] = {
    Facet.STATUS: "Status",
    Facet.DIRECTION: "Direction",
    Facet.TYPE: "Kind",
    Facet.ERROR: "Error",
    Facet.TEMPLATE: "Template",
    Facet.NUMBER: "Number of ours",
    Facet.CATEGORY: "Category",
    Facet.COUNTRY: "Country",
}
FILTERED: Mapping[str, str] = {**dict[str, str](TITLES.items()), LANGUAGE: "Language", RULE: "Template use"}
"""Everything that one may filter by, but for the search line: the last two come by links, for nothing counts them"""
RULES = {
    Compliance.COMPLIANT: "Compliant",
    Compliance.VIOLATION: "Against the rule",
    Compliance.UNVERIFIED: "Unverified",
}
DIRECTIONS = {Direction.OUTBOUND: "Sent by us", Direction.INBOUND: "Received"}
AT_ONCE, MOST = 6, 60
"""Values of a facet that are seen at once, and that can be unfolded"""
HEIGHT, STEP, BAR = 100, 10, 8.6
"""Of the bars, in their own units: they are stretched to their place"""


@dataclass(frozen=True, slots=True)
class Piece:
    """One lane of a bar."""

    lane: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time."""

    x: int
    start: Millis
    end: Millis
    pieces: Sequence[Piece]
    said: str
    """What it holds, in words"""
    href: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """All bars, the lines below them, and what the colours mean."""

    width: int
    start: Millis
    """Where the first bar begins: before the period, if that begins within a bar"""
    end: Millis
    width_ms: int
    bars: Sequence[Bar]
    most: int
    """The highest bar's messages"""
    ticks: Sequence[Millis]
    legend: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet."""

    name: str
    word: str
    more: str
    """What it means; "" where that is plain"""
    n: int | None
    """None: it is chosen, and none was counted"""
    is_on: bool
    href: str


@dataclass(frozen=True, slots=True)
class FacetShown:
    """The values of one facet, those that are chosen first, then the most frequent."""

    title: str
    first: Sequence[Value]
    rest: Sequence[Value]
    left_out: int
    is_least: bool
    is_by_hours: bool


def histogram(sums: LogSums, at: Whereabouts, query: LogQuery) -> Histogram:
    """The bars of *sums*."""
    width = sums.width_ms
    start, end = sums.start // width * width, -(-sums.end // width) * width
    most = max((sum(lanes.values()) for lanes in sums.buckets.values()), default=0)
    bars = [
        _bar(bucket, lanes, (bucket - start) // width * STEP, most, width, at, query)
        for bucket, lanes in sums.buckets.items()
        if start <= bucket < end
    ]
    used: Counter[str] = Counter()
    for lanes in sums.buckets.values():
        used.update(lanes)
    return Histogram(
        width=max(1, (end - start) // width) * STEP,
        start=start,
        end=end,
        width_ms=width,
        bars=bars,
        most=most,
        ticks=[start + (end - start) * i // 4 for i in range(5)],
        legend=[(lane, word) for lane, word in LANES.items() if used[lane]],
    )


def _bar(
    start: Millis, lanes: Mapping[str, int], x: int, most: int, width: int, at: Whereabouts, query: LogQuery
) -> Bar:
    pieces: list[Piece] = []
    y = float(HEIGHT)
    for lane in LANES:
        if n := lanes.get(lane, 0):
            height = max(0.8, n / most * HEIGHT)
            y = max(0.0, y - height)
            pieces.append(Piece(lane, round(y, 2), round(height, 2)))
    said = ", ".join(f"{lanes[lane]:,} {word.lower()}" for lane, word in LANES.items() if lanes.get(lane))
    span = replace(at, range="", start=start, end=start + width)
    return Bar(x, start, start + width, pieces, said, span.link("/logs", **query.given))


def facets(sums: LogSums, at: Whereabouts, query: LogQuery) -> list[FacetShown]:
    """What one may filter by. A number that the whole page is of is chosen there."""
    shown = [
        _facet(facet, sums.facets.get(facet, FacetSums({})), at, query)
        for facet in TITLES
        if not (facet is Facet.NUMBER and at.number)
    ]
    return [each for each in shown if each.first]


def _facet(facet: Facet, found: FacetSums, at: Whereabouts, query: LogQuery) -> FacetShown:
    on = query.of(facet)
    order = sorted(found.values, key=lambda name: (name not in on, -found.values[name], name))
    names = [name for name in on if name not in found.values] + order
    values = [
        Value(
            name,
            *_words(facet, name),
            n=found.values.get(name),
            is_on=name in on,
            href=at.link(
                "/logs", **(query.without_value(facet, name) if name in on else query.with_value(facet, name))
            ),
        )
        for name in names[:MOST]
    ]
    first = max(AT_ONCE, sum(each.is_on for each in values))
    first = len(values) if len(values) <= first + 1 else first  # one more is as short as the line that hides it
    left_out = max(0, len(names) - MOST)
    return FacetShown(TITLES[facet], values[:first], values[first:], left_out, found.is_least, found.is_by_hours)


def _words(facet: str, name: str) -> tuple[str, str]:
    match facet:
        case Facet.STATUS if name in list(State):
            return STATES[State(name)][1], ""
        case Facet.DIRECTION if name in list(Direction):
            return DIRECTIONS[Direction(name)], ""
        case Facet.ERROR:
            known = lookup(int(name)) if name.lstrip("-").isdecimal() else None
            return name, known.title if known else ""
        case str() if facet == RULE and name in list(Compliance):
            return RULES[Compliance(name)], ""
        case _:
            return name, ""


def chips(at: Whereabouts, query: LogQuery) -> list[tuple[str, str, str]]:
    """What is filtered by: its name, its value in words, and the address without it."""
    found = [
        (title, _words(filtered, name)[0], at.link("/logs", **query.without_value(filtered, name)))
        for filtered, title in FILTERED.items()
        for name in query.of(filtered)
    ]
    if query.searched:
        found.insert(0, ("Search", query.searched, at.link("/logs", **{**query.given, "q": ()})))
    return found


def lasted(ms: Millis) -> str:
    """A time between two events, exactly where it is short: `840 ms`, `2.4 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`."""
    if ms < 1_000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    seconds = ms // 1000
    for unit, smaller, width, part in (("d", "h", 86_400, 3_600), ("h", "min", 3_600, 60)):
        if seconds >= width:
            return f"{seconds // width} {unit} {seconds % width // part} {smaller}"
    return f"{seconds // 60} min {seconds % 60} s"
